// SPDX-License-Identifier: Apache-2.0
// --budget: the run ends in time, what is worth most was run, and the rest is told.
#include <gtest/gtest.h>

#include "conformance/transcript.hpp"
#include "core/i18n/message.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace budget_test {

using std::chrono::seconds;

/// A mock that takes timestamps of five minutes to either side of the present, of one appId: some 600 at once, then one a second.
struct NarrowTarget {
  explicit NarrowTarget(seconds tolerance = seconds(300)) {
    mockserver::MockOptions settings = test::settings_for(test::specification());
    settings.tolerance = tolerance;
    state.emplace(test::specification(), settings, test::sample_fixtures(test::specification()));
    environment = test::environment_for(
        [this](const net::HttpRequest& request) {
          return test::through(*state, request.bytes({"in-process", 80, ""}), clock.now());
        },
        clock);
    environment.progress = [this](const i18n::Message& line) { told += line.id + " " + test::english(line) + "\n"; };
    options = test::options_for("platform");
    options.apps.resize(1);
  }
  seconds passed() const { return std::chrono::duration_cast<seconds>(clock.steady().time_since_epoch()); }

  test::Clock clock;
  std::optional<mockserver::MockState> state;
  Environment environment;
  CheckOptions options;
  std::string told;
};

std::size_t not_run(const reports::CheckRecord& record) {
  return static_cast<std::size_t>(std::count_if(record.cases.begin(), record.cases.end(), [](const auto& one) { return one.reason.id == "case.not-run"; }));
}

TEST(Budget, EndsInTimeWithTheMostWorthyCases) {
  NarrowTarget target;
  target.options.budget = seconds(60);
  const auto record = check(test::specification(), target.options, target.environment);
  EXPECT_LE(target.passed(), seconds(60 + 15)) << "what was begun may end";
  EXPECT_EQ(record.exit_code, 0) << test::notes_of(record);
  EXPECT_FALSE(record.interrupted);
  EXPECT_GT(not_run(record), 0U);
  ASSERT_TRUE(record.reach);
  EXPECT_TRUE(record.reach->without_control.empty());
  for (const reports::InterfaceReachRecord& one : record.reach->interfaces) EXPECT_GT(one.judged * 2, one.clauses) << one.section;
  EXPECT_NE(target.told.find("progress.budget "), std::string::npos) << target.told;
  // Told by how many requests there are, a longer one reaches no less.
  NarrowTarget longer;
  longer.options.budget = seconds(600);
  const auto more = check(test::specification(), longer.options, longer.environment);
  EXPECT_GE(more.reach->judged, record.reach->judged);
  EXPECT_LT(not_run(more), not_run(record));
}

TEST(Budget, OneThatIsEnoughChangesNothing) {
  NarrowTarget without, with;
  without.options.selection.only = with.options.selection.only = {"GetUserInfo"};
  with.options.budget = std::chrono::hours(1);
  const auto record = check(test::specification(), without.options, without.environment), same = check(test::specification(), with.options, with.environment);
  EXPECT_EQ(not_run(same), 0U);
  ASSERT_EQ(same.cases.size(), record.cases.size());
  for (std::size_t i = 0; i < record.cases.size(); ++i) EXPECT_EQ(same.cases[i].verdict, record.cases[i].verdict) << record.cases[i].id;
  EXPECT_EQ(same.requests, record.requests);
}

TEST(Budget, OneThatIsOverAtOnceJudgesNothing) {
  NarrowTarget target;
  target.options.budget = std::chrono::milliseconds(1);
  const auto record = check(test::specification(), target.options, target.environment);
  EXPECT_EQ(record.exit_code, 4);
  EXPECT_EQ(record.count(reports::Verdict::failed), 0U);
  EXPECT_GT(not_run(record), record.cases.size() / 2) << "but what is judged from any reply";
}

// Whoever waits is told beforehand what a budget would reach.
TEST(Budget, TheEstimateSaysWhatOneWouldReach) {
  NarrowTarget target;
  const auto record = check(test::specification(), target.options, target.environment);
  EXPECT_EQ(not_run(record), 0U);
  EXPECT_NE(target.told.find("progress.budget-would-reach "), std::string::npos) << target.told;
}

// The window that the specification states, and one appId: more cases are paid for with others, or run where there are timestamps for them.
TEST(Budget, TheUsualWindowOfOneAppIdNeedsNoWaiting) {
  NarrowTarget target(test::specification().authentication.tolerance);
  const auto record = check(test::specification(), target.options, target.environment);
  EXPECT_EQ(record.exit_code, 0) << test::notes_of(record);
  EXPECT_EQ(not_run(record), 0U);
  EXPECT_LE(target.passed(), std::chrono::ceil<seconds>(std::chrono::milliseconds(record.requests) + seconds(1))) << "a millisecond each";
}

TEST(Budget, ATranscriptIsJudgedAgainAlike) {
  NarrowTarget target;
  target.options.budget = seconds(30);
  target.options.min_reach = 10;
  reports::TranscriptRecord transcript;
  record_to(test::specification(), target.options, target.environment, transcript);
  auto record = check(test::specification(), target.options, target.environment);
  EXPECT_GT(not_run(record), 0U);
  record.transcript = std::move(transcript);
  const auto again = rejudge(test::specification(), record);
  ASSERT_EQ(again.cases.size(), record.cases.size());
  for (std::size_t i = 0; i < record.cases.size(); ++i) {
    EXPECT_EQ(again.cases[i].id, record.cases[i].id);
    EXPECT_EQ(again.cases[i].verdict, record.cases[i].verdict) << record.cases[i].id;
    EXPECT_EQ(again.cases[i].requests, record.cases[i].requests) << record.cases[i].id;
  }
  EXPECT_EQ(again.reach, record.reach);
  EXPECT_EQ(again.requests_by, record.requests_by);
  EXPECT_EQ(again.min_reach, record.min_reach);
}

}  // namespace budget_test
}  // namespace meterproof::conformance
