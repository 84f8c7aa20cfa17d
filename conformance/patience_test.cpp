// SPDX-License-Identifier: Apache-2.0
#include "conformance/patience.hpp"

#include <gtest/gtest.h>

#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace patience_test {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Waited {
  std::size_t looks = 0;
  milliseconds passed{0};
};

/// Looks in vain, as `what`.
Waited wait_in_vain(TargetSession& session, test::Clock& clock, milliseconds timeout, Patience::For what = Patience::For::what_is_due) {
  const core::Interface& query = test::specification().interfaces.front();
  const auto begin = clock.steady();
  Patience patience(session, timeout, query, query, what);
  Waited out;
  do {
    ++out.looks;
  } while (patience.again());
  out.passed = std::chrono::duration_cast<milliseconds>(clock.steady() - begin);
  return out;
}

Environment environment(test::Clock& clock) {
  return test::environment_for([](const net::HttpRequest&) { return net::Exchange(); }, clock);
}

TEST(Patience, LooksMoreAndMoreSeldomUntilTheTimeoutIsOver) {
  const struct {
    milliseconds timeout;
    std::size_t fewest, most;
  } table[] = {{milliseconds(0), 1, 1}, {milliseconds(100), 2, 2}, {seconds(1), 3, 4}, {seconds(10), 10, 14}, {seconds(100), 12, 18}};
  for (const auto& row : table) {
    test::Clock clock;
    TargetSession session(test::specification(), {{"demo", "demo-secret"}}, environment(clock));
    const Waited waited = wait_in_vain(session, clock, row.timeout);
    EXPECT_GE(waited.looks, row.fewest) << row.timeout.count();
    EXPECT_LE(waited.looks, row.most) << row.timeout.count();
    EXPECT_EQ(waited.passed, row.timeout) << "the last look comes when the time is over";
  }
}

TEST(Patience, GivesUpOnAQueryThatWasWaitedForInVain) {
  using For = Patience::For;
  const struct {
    For first, second;
    bool again;
  } table[] = {{For::what_is_due, For::what_is_due, false}, {For::first_row, For::first_row, false},        {For::first_row, For::what_is_due, true},
               {For::what_is_due, For::first_row, true},    {For::what_may_not_be, For::what_is_due, true}, {For::what_is_due, For::what_may_not_be, true},
               {For::what_may_not_be, For::first_row, true}};
  for (const auto& row : table) {
    test::Clock clock;
    TargetSession session(test::specification(), {{"demo", "demo-secret"}}, environment(clock));
    EXPECT_GT(wait_in_vain(session, clock, seconds(2), row.first).looks, 1U);
    EXPECT_EQ(wait_in_vain(session, clock, seconds(2), row.second).looks > 1, row.again) << static_cast<int>(row.first) << static_cast<int>(row.second);
  }
}

TEST(Patience, WaitsForWhatIsKnownToBeLate) {
  test::Clock clock;
  TargetSession session(test::specification(), {{"demo", "demo-secret"}}, environment(clock));
  const core::Interface& query = test::specification().interfaces.front();
  EXPECT_GT(wait_in_vain(session, clock, seconds(2)).looks, 1U);
  EXPECT_EQ(wait_in_vain(session, clock, seconds(2)).looks, 1U) << "it was in vain before";
  {
    Patience seen_late(session, seconds(10), query, query, Patience::For::what_may_not_be);
    for (int looks = 0; looks < 3; ++looks) ASSERT_TRUE(seen_late.again());
  }
  EXPECT_GT(session.usual_delay(query), seconds(1));
  const Waited waited = wait_in_vain(session, clock, seconds(60));
  EXPECT_EQ(waited.passed, session.usual_delay(query)) << "as long as it is known to be late, and some more";
}

TEST(Patience, TellsOnceWhatIsWaitedFor) {
  test::Clock clock;
  Environment told = environment(clock);
  std::size_t lines = 0;
  told.progress = [&](const i18n::Message& line) { lines += line.id == "progress.waiting-for-effect" ? 1U : 0U; };
  TargetSession session(test::specification(), {{"demo", "demo-secret"}}, told);
  (void)wait_in_vain(session, clock, seconds(5));
  EXPECT_EQ(lines, 1U);
}

}  // namespace patience_test
}  // namespace meterproof::conformance
