// SPDX-License-Identifier: Apache-2.0
// Whole runs, one after the other, and runs that can't be judged: what they end with, and what they say.
#include <gtest/gtest.h>

#include "tests/support/in_process.hpp"

namespace meterproof {
namespace {

/// A mock that outlives the runs against it, and the clock that they share.
class Served {
 public:
  explicit Served(mockserver::MockOptions mock_options)
      : state_(test::specification(), std::move(mock_options), test::sample_fixtures(test::specification())) {}

  reports::CheckRecord check(const conformance::CheckOptions& options) {
    auto environment = test::environment_for(
        [this](const net::HttpRequest& request) {
          return test::through(state_, request.bytes({"in-process", 80, ""}), clock_.now());
        },
        clock_);
    environment.progress = [this](const i18n::Message& line) { said_ += i18n::render(line, i18n::Language::en) + "\n"; };
    return conformance::check(test::specification(), options, std::move(environment));
  }
  const std::string& said() const { return said_; }
  std::chrono::system_clock::time_point now() const { return clock_.now(); }

 private:
  test::Clock clock_;
  mockserver::MockState state_;
  std::string said_;
};

conformance::CheckOptions with_one_app() {
  auto options = test::options_for("platform");
  options.apps.resize(1);
  return options;
}

TEST(Runs, ASecondRunRightAfterTheFirstConforms) {
  Served served(test::settings_for(test::specification()));
  for (int run = 1; run <= 3; ++run) {
    const auto record = served.check(with_one_app());
    EXPECT_EQ(record.exit_code, 0) << "run " << run << ": " << test::notes_of(record);
    EXPECT_EQ(record.count(reports::Verdict::failed), 0U) << "run " << run;
  }
  EXPECT_NE(served.said().find("one request per second and appId"), std::string::npos) << "a wait is announced";
}

TEST(Runs, ATargetThatTakesRepeatsIsNotWaitedFor) {
  mockserver::MockOptions mock_options = test::settings_for(test::specification());
  mock_options.refuse_replays = false;
  Served served(mock_options);
  const auto before = served.now();
  const auto record = served.check(with_one_app());
  EXPECT_EQ(test::calibration_of(record, "repeated-timestamps"), "accepted");
  EXPECT_LT(served.now() - before, std::chrono::seconds(5));
  // The specification forbids repeats, and that alone is what it fails for.
  for (const auto& one : record.cases)
    if (one.verdict == reports::Verdict::failed)
      EXPECT_NE(one.id.find("/-201/same-request-"), std::string::npos) << one.id << ": " << test::english(one.observed);
  EXPECT_EQ(record.exit_code, 1);
}

// "Secret first" is the right token then.
TEST(Runs, AnAppIdThatIsItsOwnSecretForgesNothing) {
  mockserver::MockOptions mock_options = test::settings_for(test::specification());
  mock_options.apps = {{"same", "same"}};
  auto options = test::options_for("both");
  options.apps = mock_options.apps;
  const auto record = Served(mock_options).check(options);
  for (const auto& one : record.cases) EXPECT_NE(one.verdict, reports::Verdict::failed) << one.id << ": " << test::english(one.reason);
  EXPECT_EQ(record.exit_code, 0);
}

TEST(Runs, WithoutAnAcceptedSignatureNothingIsJudged) {
  Served served(test::settings_for(test::specification()));
  auto options = with_one_app();
  options.apps.front().secret = "another";
  const auto record = served.check(options);
  EXPECT_EQ(record.exit_code, 4);
  EXPECT_EQ(record.count(reports::Verdict::inconclusive), record.cases.size());
  EXPECT_NE(test::notes_of(record).find("check the appId and the secret"), std::string::npos);
  EXPECT_LT(record.requests, 20U);
}

TEST(Runs, AClockFarOffIsToldAndNothingIsJudged) {
  mockserver::MockOptions mock_options = test::settings_for(test::specification());
  mock_options.utc_offset = std::chrono::hours(3);
  Served served(mock_options);
  const auto record = served.check(with_one_app());
  EXPECT_EQ(record.exit_code, 4);
  EXPECT_EQ(record.count(reports::Verdict::failed), 0U);
  EXPECT_NE(test::notes_of(record).find("clock"), std::string::npos);
}

}  // namespace
}  // namespace meterproof
