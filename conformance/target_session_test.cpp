// SPDX-License-Identifier: Apache-2.0
#include "conformance/target_session.hpp"

#include <gtest/gtest.h>

#include "conformance/fixtures.hpp"
#include "conformance/open_question_survey.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace target_session_test {

TEST(TargetSession, AReplyThatIsMissingOnAConnectionIsAClosedConnection) {
  test::Clock clock;
  Environment environment = test::environment_for([](const net::HttpRequest&) { return net::Exchange(); }, clock);
  environment.send_raw = [](const net::RawExchange&) { return std::vector<net::Exchange>(); };
  TargetSession session(test::specification(), {{"demo", "demo-secret"}}, environment);
  const auto sent = session.send_raw({}, std::vector<net::HttpRequest>(2));
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_TRUE(sent.back().no_reply());
}

TEST(Survey, MoreAnswersThanTheQuestionHasAreNotConsistent) {
  TargetSession session(test::specification(), {{"demo", "demo-secret"}}, {});
  for (const char* answer : {"accept", "refuse", "neither"}) session.observe("numeric-text", answer);
  for (const char* status : {"200", "400"}) session.observe(refusal_status_question, status);
  std::vector<reports::CaseRecord> records;
  for (const auto& question : survey(test::specification(), test::options_for("both"), session, {}, records))
    EXPECT_EQ(question.inconsistent, question.id == "numeric-text") << question.id;
}

// A tolerance beyond every offset that the calibration tries.
TEST(SignatureCase, SaysThatTheEdgeOfTheToleranceWasNotSeen) {
  auto mock_options = test::settings_for(test::specification());
  mock_options.tolerance = std::chrono::hours(48);
  CheckOptions options = test::options_for("both");
  options.selection.only = {"GetUserInfo/-201/timestamp-just-too-*"};
  const auto record = test::check_mock(test::specification(), mock_options, options);
  ASSERT_EQ(record.cases.size(), 2U);
  for (const auto& one : record.cases) {
    EXPECT_EQ(one.verdict, reports::Verdict::inconclusive) << one.id;
    EXPECT_NE(test::english(one.reason).find("the edge of the tolerance was not seen"), std::string::npos) << one.id << ": " << test::english(one.reason);
  }
}

// A payment that refers to a payment: there is none to begin with.
TEST(FixtureFactory, ATableWhoseRowsNeedARowOfTheirOwnIsNotMade) {
  core::Spec spec = test::specification();
  const std::size_t payment = *spec.table("payment");
  for (core::Interface& interface : spec.interfaces)
    if (interface.name == "RemotePay") interface.request.front().refers = payment;
  test::Clock clock;
  TargetSession session(spec, {{"demo", "demo-secret"}}, test::environment_for([](const net::HttpRequest&) { return net::Exchange(); }, clock));
  FixtureFactory fixtures(session, {}, {});
  FixtureSet rows;
  EXPECT_THROW((void)fixtures.get_or_create(rows, payment), Inconclusive);
}

}  // namespace target_session_test
}  // namespace meterproof::conformance
