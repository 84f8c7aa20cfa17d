// SPDX-License-Identifier: Apache-2.0
#include "conformance/timestamp_pool.hpp"

#include <gtest/gtest.h>

#include <set>

namespace meterproof::conformance {
namespace timestamp_pool_test {

using core::SecondSet;
using std::chrono::seconds;

SecondSet set(std::initializer_list<SecondSet::Span> spans) {
  SecondSet out;
  for (const auto& [from, to] : spans) out.add(from, to);
  return out;
}

std::vector<std::int64_t> all_of(TimestampPool& pool, core::DateTime now, const std::string& path = "") {
  std::vector<std::int64_t> out;
  while (const auto slot = pool.take(now, path)) out.push_back(slot->timestamp.seconds);
  return out;
}

TEST(TimestampPool, PassesOverWhatEarlierRunsUsedAndCountsTheRest) {
  TimestampPool pool(2);
  pool.set_window(seconds(5), seconds(5));
  pool.set_earlier({set({{995, 1000}}), set({{1003, 1010}})});
  pool.exclude({1001});
  const core::DateTime now{1000};
  EXPECT_EQ(pool.left(now), 12U);
  ASSERT_TRUE(pool.take_for(0, now, ""));
  EXPECT_EQ(pool.left(now), 11U);
  std::set<std::pair<std::size_t, std::int64_t>> taken;
  while (const auto slot = pool.take(now, "")) EXPECT_TRUE(taken.emplace(slot->app, slot->timestamp.seconds).second);
  EXPECT_EQ(taken.size(), 11U);
  for (const auto& [app, second] : taken) EXPECT_TRUE(app == 0 ? second >= 1000 : second < 1003) << app << " " << second;
  EXPECT_EQ(pool.left(now), 0U);
  pool.forget_earlier();
  EXPECT_GT(pool.left(now), 0U);
}

TEST(TimestampPool, WhereAnyAppUsesASecondUpEarlierOnesCountForAll) {
  TimestampPool pool(2);
  pool.set_window(seconds(2), seconds(2));
  pool.set_repeats(ReplayScope::anywhere);
  pool.set_earlier({set({{998, 1000}}), set({{1001, 1002}})});
  EXPECT_EQ(pool.left({1000}), 2U);
  EXPECT_EQ(all_of(pool, {1000}), (std::vector<std::int64_t>{1000, 1002}));
}

TEST(TimestampPool, TakesOnlyWhatItCouldClaim) {
  TimestampPool pool(1);
  pool.set_window(seconds(20), seconds(20));
  SecondSet elsewhere = set({{985, 990}, {1010, 1015}});  // of another run
  std::size_t asked = 0;
  pool.set_claim([&](std::size_t app, std::int64_t from, std::int64_t to, std::size_t most) {
    EXPECT_EQ(app, 0U);
    ++asked;
    SecondSet got;
    for (std::int64_t at = elsewhere.first_not_in(from); at < to && most > 0; at = elsewhere.first_not_in(at + 1), --most) got.add_second(at);
    elsewhere.add(got);
    return got;
  });
  const auto taken = all_of(pool, {1000});
  EXPECT_EQ(taken.size(), 31U);
  for (const std::int64_t second : taken) EXPECT_TRUE((second < 985 || second >= 990) && (second < 1010 || second >= 1015)) << second;
  EXPECT_LE(asked, 4U) << "several at once";
  EXPECT_EQ(all_of(pool, {1000}, "/another/path"), (std::vector<std::int64_t>{})) << "an app's second is used on one path";
  pool.set_repeats(ReplayScope::by_app_path);
  EXPECT_EQ(all_of(pool, {1000}, "/another/path"), taken) << "what was claimed serves every path";
}

}  // namespace timestamp_pool_test
}  // namespace meterproof::conformance
