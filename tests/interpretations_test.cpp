// SPDX-License-Identifier: Apache-2.0
// Every reading that the specification leaves open, taken by the mock: the suite must fail none of them.
#include <gtest/gtest.h>

#include "tests/support/in_process.hpp"
#include "tests/support/sanitized.hpp"

namespace meterproof {
namespace interpretations_test {

std::vector<std::string> all_readings(const core::Spec& spec) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& id, const core::OpenQuestion& question) {
    for (const std::string& interpretation : question.interpretations) out.push_back(id + "=" + interpretation);
    for (const core::Code code : question.accepted_codes) out.push_back(id + "=" + std::to_string(code.value));
  };
  for (const core::OpenQuestion& question : spec.open_questions) add(question.id, question);
  for (const core::Interface& interface : spec.interfaces)
    for (const core::OpenQuestion& question : interface.open_questions) add(question.when ? interface.name + "/" + question.id : question.id, question);
  return out;
}

TEST(Readings, NoneIsFailed) {
  const auto interpretations = all_readings(test::specification());
  ASSERT_GT(interpretations.size(), 50U);
  for (std::size_t i = 0; i < interpretations.size(); ++i) {
    if (test::is_left_out(i)) continue;
    const std::string& interpretation = interpretations[i];
    mockserver::MockOptions mock_options = test::settings_for(test::specification());
    ASSERT_TRUE(mockserver::apply_interpretation(mock_options, test::specification(), interpretation).empty());
    const auto record = test::check_mock(test::specification(), mock_options, test::options_for("both"));
    for (const auto& one : record.cases)
      EXPECT_NE(one.verdict, reports::Verdict::failed)
          << interpretation << ": " << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
    EXPECT_EQ(record.exit_code, 0) << interpretation;
  }
}

TEST(Readings, NoneIsFailedByBillingAlone) {
  const auto interpretations = all_readings(test::specification());
  for (std::size_t i = 0; i < interpretations.size(); ++i) {
    if (test::is_left_out(i)) continue;
    const std::string& interpretation = interpretations[i];
    mockserver::MockOptions mock_options = test::settings_for(test::specification());
    ASSERT_TRUE(mockserver::apply_interpretation(mock_options, test::specification(), interpretation).empty());
    mock_options.only = core::Role::billing;
    auto options = test::options_for("billing");
    options.fixtures = {{"meter", "860000000005"}, {"user", "U0004"}};
    const auto record = test::check_mock(test::specification(), mock_options, options);
    for (const auto& one : record.cases)
      EXPECT_NE(one.verdict, reports::Verdict::failed)
          << interpretation << ": " << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
    EXPECT_EQ(record.exit_code, 0) << interpretation;
  }
}

TEST(Readings, AllAtOnceAreNotFailed) {
  constexpr std::uint64_t seeds = test::is_sanitized ? 5 : 60;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    mockserver::MockOptions mock_options = test::settings_for(test::specification());
    mockserver::apply_random_interpretations(mock_options, test::specification(), seed);
    ASSERT_GT(mock_options.interpretations.size(), 25U);
    auto options = test::options_for("both");
    options.random_steps = 100;
    const auto record = test::check_mock(test::specification(), mock_options, options);
    for (const auto& one : record.cases)
      EXPECT_NE(one.verdict, reports::Verdict::failed)
          << "seed " << seed << ": " << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
    EXPECT_EQ(record.exit_code, 0) << "seed " << seed;
  }
}

// Lengths that are not stated: a page of a proxy answers, and what comes next is served.
TEST(Readings, ALimitOnBodiesAndHeadersIsNotFailed) {
  for (const std::size_t most : {std::size_t{16 * 1024}, std::size_t{2 * 1024}}) {
    test::Clock clock;
    mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
    std::size_t refused = 0;
    const auto send = [&](const net::HttpRequest& request) {
      const std::string bytes = request.bytes({"in-process", 80, ""});
      if (bytes.size() <= most) return test::through(state, bytes, clock.now());
      ++refused;
      net::Exchange page;
      page.transport = net::TransportResult::replied;
      page.status = request.body.size() > most / 2 ? 413 : 431;
      page.headers = {{"Content-Type", "text/html"}};
      page.body = "<html><h1>Request Entity Too Large</h1></html>";
      return page;
    };
    const auto record = conformance::check(test::specification(), test::options_for("both"), test::environment_for(send, clock));
    EXPECT_GT(refused, 0U);
    for (const auto& one : record.cases)
      EXPECT_NE(one.verdict, reports::Verdict::failed) << most << ": " << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
    EXPECT_EQ(record.exit_code, 0) << most;
  }
}

TEST(Readings, AMistypedReadingIsRefusedWithASuggestion) {
  mockserver::MockOptions mock_options = test::settings_for(test::specification());
  EXPECT_NE(
      render(mockserver::apply_interpretation(mock_options, test::specification(), "tokencase=any"), i18n::Language::en).find("did you mean \"token-case\""),
      std::string::npos);
  EXPECT_NE(render(mockserver::apply_interpretation(mock_options, test::specification(), "token-case=uper"), i18n::Language::en).find("did you mean \"upper\""),
            std::string::npos);
}

}  // namespace interpretations_test
}  // namespace meterproof
