// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "loadgen/run_clock.hpp"
#include "loadgen/timestamp_allocator.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::loadgen {
namespace timestamp_allocator_test {

using std::chrono::seconds;

std::vector<auth::App> apps(std::size_t count) {
  std::vector<auth::App> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back({"app" + std::to_string(i), "secret"});
  return out;
}

TEST(TimestampAllocator, NoSecondOfAnAppIsUsedTwiceInAnyShard) {
  const core::DateTime now{1'800'000'000};
  for (const std::size_t count : {1U, 3U, 8U}) {  // appIds, for four shards
    std::set<std::string> seen;
    std::size_t made = 0;
    for (std::size_t shard = 0; shard < 4; ++shard) {
      TimestampAllocator timestamps(test::specification().authentication, apps(count), {true, seconds(60), {shard, 4}});
      timestamps.use_whole_window();
      for (int second = 0; second < 5; ++second)
        for (std::string lines; timestamps.append_signature(lines, {now.seconds + second}); lines.clear()) {
          EXPECT_TRUE(seen.insert(lines).second) << lines;
          ++made;
        }
    }
    EXPECT_EQ(seen.size(), made);
    EXPECT_GE(made, count * 100);  // 50 s before, 50 s after, and five more
    EXPECT_LE(made, count * 105);
  }
}

TEST(TimestampAllocator, SharedTimestampsAreOfTheCurrentSecond) {
  TimestampAllocator timestamps(test::specification().authentication, apps(1), {false, seconds(60), {}});
  std::string first, second;
  EXPECT_TRUE(timestamps.append_signature(first, {1'800'000'000}));
  EXPECT_TRUE(timestamps.append_signature(second, {1'800'000'000}));
  EXPECT_EQ(first, second);
}

TEST(TimestampAllocator, ExplainsWhatCannotBeSigned) {
  const auto why = [](const char* stages, std::size_t count, std::size_t shards = 1) {
    i18n::Message wrong;
    return i18n::render(check_feasible({*parse_stages(stages, wrong), ArrivalProcess::even, {}, 1}, count, {true, seconds(300), {0, shards}}),
                        i18n::Language::en);
  };
  EXPECT_EQ(why("1:1h", 1), "");
  EXPECT_EQ(why("580:1s", 1), "");           // the tolerance allows it 582
  EXPECT_NE(why("1:1s,1000:900ms", 1), "");  // at its end, which is no whole second
  const std::string message = why("20000:30s", 10);
  for (const char* part : {"600,000 requests", "982 appIds", "10 appIds", "--apps", "--timestamps shared"})
    EXPECT_NE(message.find(part), std::string::npos) << message;
  EXPECT_EQ(why("20000:30s", 20'000), "");
  // With five appIds and four shards each shard has one; the fifth helps only one of them.
  EXPECT_EQ(why("580:1s", 1, 4), "");
  EXPECT_EQ(why("2300:1s", 4, 4), "");
  EXPECT_NE(why("2700:1s", 5, 4), "");
  EXPECT_NE(why("2700:1s", 5, 4).find("8 appIds"), std::string::npos) << why("2700:1s", 5, 4);
}

TEST(TimestampAllocator, TellsWhatIsLeft) {
  const core::DateTime now{1'800'000'000};
  for (const std::size_t count : {1U, 3U, 8U})
    for (std::size_t shard = 0; shard < 4; ++shard) {
      TimestampAllocator timestamps(test::specification().authentication, apps(count), {true, seconds(60), {shard, 4}});
      timestamps.use_whole_window();
      const std::uint64_t told = timestamps.left(now, seconds(5));
      std::uint64_t made = 0;
      for (int second = 0; second <= 5; ++second)
        for (std::string lines; timestamps.append_signature(lines, {now.seconds + second}); lines.clear()) ++made;
      EXPECT_LE(told, made) << count << " appIds, shard " << shard;
      EXPECT_GE(told + timestamps.apps(), made) << "one more of each appId at the most";
      EXPECT_LE(timestamps.left({now.seconds + 5}, seconds(0)), timestamps.apps());
    }
  TimestampAllocator shared(test::specification().authentication, apps(1), {false, seconds(60), {}});
  EXPECT_GT(shared.left(now, seconds(0)), 1'000'000U);
}

TEST(TimestampAllocator, AScheduleIsRefusedByWhatRunsBeforeItUsed) {
  const core::DateTime now{1'800'000'000};
  i18n::Message wrong;
  const ArrivalSchedule schedule(*parse_stages("100:1s", wrong), ArrivalProcess::even, {}, 1);
  TimestampAllocator timestamps(test::specification().authentication, apps(1), {true, seconds(100), {}});  // 181, and one each second
  timestamps.use_whole_window();
  EXPECT_EQ(timestamps.why_not(schedule, now).id, "");
  std::string lines;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(timestamps.append_signature(lines, now));
  const std::string why = i18n::render(timestamps.why_not(schedule, now), i18n::Language::en);
  for (const char* part : {"100 requests within 1 s", "82 are left", "a wait of 18 s"}) EXPECT_NE(why.find(part), std::string::npos) << why;
  EXPECT_EQ(timestamps.why_not(schedule, {now.seconds + 18}).id, "");
}

TEST(TimestampAllocator, PassesOverWhatEarlierRunsUsed) {
  const core::DateTime now{1'800'000'000};
  core::SecondSet earlier;
  earlier.add(now.seconds - 50, now.seconds - 10);
  earlier.add(now.seconds + 20, now.seconds + 30);
  for (const std::size_t count : {1U, 3U, 8U})
    for (std::size_t shard = 0; shard < 4; ++shard) {
      TimestampAllocator timestamps(test::specification().authentication, apps(count), {true, seconds(60), {shard, 4}});
      timestamps.use_whole_window();
      const std::uint64_t before = timestamps.left(now, seconds(0));
      timestamps.remember(std::vector<core::SecondSet>(timestamps.all_apps(), earlier), true);
      EXPECT_TRUE(timestamps.passes_over(now));
      EXPECT_TRUE(timestamps.passes_over(now + seconds(79))) << "it uses all seconds within 50 s";
      EXPECT_FALSE(timestamps.passes_over(now + seconds(80)));
      EXPECT_EQ(timestamps.used_earlier(0, now), core::DateTime{now.seconds - 11});
      const std::uint64_t told = timestamps.left(now, seconds(0));
      EXPECT_LT(told, before);
      std::uint64_t made = 0;
      for (std::string lines; timestamps.append_signature(lines, now); lines.clear()) ++made;
      EXPECT_LE(told, made) << count << " appIds, shard " << shard;
      EXPECT_GE(told + timestamps.apps(), made) << "one more of each appId at the most";
      std::uint64_t noted = 0;
      for (const core::SecondSet& one : timestamps.used()) {
        noted += one.count(0, INT64_MAX);
        for (const auto& [from, to] : earlier.spans()) EXPECT_EQ(one.count(from, to), 0U);
      }
      EXPECT_EQ(noted, made);
      timestamps.forget_earlier();
      EXPECT_TRUE(timestamps.has_forgotten());
      EXPECT_FALSE(timestamps.used_earlier(0, now));
    }
}

TEST(TimestampAllocator, WhatIsExcludedIsPassedOverAndRemembered) {
  const core::DateTime now{1'800'000'000};
  TimestampAllocator timestamps(test::specification().authentication, apps(1), {true, seconds(60), {}});
  EXPECT_FALSE(timestamps.passes_over(now));
  timestamps.exclude(0, now + seconds(1));
  EXPECT_TRUE(timestamps.passes_over(now));
  EXPECT_FALSE(timestamps.passes_over(now + seconds(2))) << "only the present second and later ones are used";
  std::string lines;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(timestamps.append_signature(lines, now));
  auth::Signer signer(test::specification().authentication);
  EXPECT_EQ(lines.find(signer.authorization(apps(1).front(), (now + seconds(1)).compact())), std::string::npos) << lines;
  EXPECT_NE(lines.find(signer.authorization(apps(1).front(), (now + seconds(3)).compact())), std::string::npos) << lines;
  EXPECT_EQ(timestamps.used().front().count(now.seconds, now.seconds + 10), 1U);
}

// The first exchange signs with the present second; a run that needs the whole window begins before it, and repeats none.
TEST(TimestampAllocator, TheWholeWindowLiesBeforeTheFirstExchangeToo) {
  const core::DateTime now{1'800'000'000};
  TimestampAllocator timestamps(test::specification().authentication, apps(1), {true, seconds(60), {}});
  timestamps.remember({core::SecondSet{}}, false);
  std::string lines;
  ASSERT_TRUE(timestamps.append_signature(lines, now));
  timestamps.use_whole_window();
  EXPECT_EQ(timestamps.left(now, seconds(0)), 100U) << "fifty on each side";
  std::uint64_t made = 0;
  for (; timestamps.append_signature(lines, now); lines.clear()) ++made;
  EXPECT_EQ(made, 100U);
  EXPECT_EQ(timestamps.used().front().count(now.seconds - 60, now.seconds + 61), 101U);
}

TEST(TimestampAllocator, AnAppIdThatIsLeftOutSignsNoMore) {
  const core::DateTime now{1'800'000'000};
  TimestampAllocator timestamps(test::specification().authentication, apps(3), {false, seconds(60), {}});
  std::map<std::string, int> used;
  const auto sign = [&](int times) {
    used.clear();
    for (int i = 0; i < times; ++i) {
      std::string lines;
      EXPECT_TRUE(timestamps.append_signature(lines, now));
      ++used[timestamps.id_of(timestamps.last_app())];
    }
  };
  sign(6);
  EXPECT_EQ(used, (std::map<std::string, int>{{"app0", 2}, {"app1", 2}, {"app2", 2}}));
  timestamps.leave_out(0);  // whose turn it is
  timestamps.leave_out(0);
  EXPECT_EQ(timestamps.apps(), 2U);
  sign(4);
  EXPECT_EQ(used, (std::map<std::string, int>{{"app1", 2}, {"app2", 2}}));
  timestamps.leave_out(1);
  timestamps.leave_out(2);
  EXPECT_FALSE(timestamps.available(now));
  std::string lines;
  EXPECT_FALSE(timestamps.append_signature(lines, now));
  EXPECT_EQ(lines, "");
  EXPECT_EQ(timestamps.left(now, seconds(5)), 0U);
}

TEST(RunClock, NobodyWhoSetsTheClockMovesATimestamp) {
  const std::chrono::system_clock::time_point wall{std::chrono::sys_days(std::chrono::year(2026) / 3 / 14)};
  const net::SteadyTime steady{std::chrono::hours(5)};
  const RunClock clock(test::specification(), wall, steady);
  const auto offset = std::chrono::duration_cast<seconds>(test::specification().authentication.utc_offset);
  EXPECT_EQ(clock.at(steady), core::local_time(wall, test::specification().authentication.utc_offset));
  EXPECT_EQ(clock.at(steady + seconds(90)).seconds, clock.at(steady).seconds + 90);
  EXPECT_EQ(clock.at(steady).seconds, std::chrono::duration_cast<seconds>(wall.time_since_epoch()).count() + offset.count());
}

}  // namespace timestamp_allocator_test
}  // namespace meterproof::loadgen
