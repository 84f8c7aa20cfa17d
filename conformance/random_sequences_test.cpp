// SPDX-License-Identifier: Apache-2.0
#include "conformance/random_sequences.hpp"

#include <gtest/gtest.h>

#include "conformance/sequence_runner.hpp"
#include "mutation/mutation.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace random_sequences_test {

std::string written(const core::Sequence& sequence) {
  std::string out;
  for (const auto& step : sequence.steps) {
    out += test::specification().interfaces[step.interface].name + " " + std::to_string(step.variant) + " " + std::to_string(step.actor);
    for (const auto& [field, value] : step.with) out += " " + std::to_string(field) + "=" + value.text;
    out += "\n";
  }
  return out;
}

TEST(Exploration, TheSameSeedIsTheSameSequence) {
  const Scope scope;
  EXPECT_EQ(written(generate_sequence(test::specification(), scope, 7, 3)), written(generate_sequence(test::specification(), scope, 7, 3)));
  EXPECT_NE(written(generate_sequence(test::specification(), scope, 7, 3)), written(generate_sequence(test::specification(), scope, 8, 3)));
  EXPECT_NE(written(generate_sequence(test::specification(), scope, 7, 3)), written(generate_sequence(test::specification(), scope, 7, 4)));
}

TEST(Exploration, DaysThatAreLeftOutAreNotOrdered) {
  core::Spec spec = test::specification();
  for (core::Interface& interface : spec.interfaces)
    for (core::Field& field : interface.request)
      if (field.format == core::Format::date) field.required = false;
  std::size_t ordered = 0;
  for (std::uint64_t number = 0; number < 200; ++number) {
    const core::Sequence sequence = generate_sequence(spec, {}, 1, number);
    for (const core::SequenceStep& step : sequence.steps) {
      std::vector<int> days_ago;
      for (const auto& [field, value] : step.with)
        if (spec.interfaces[step.interface].name == "GetPayList" && value.text.starts_with("@-")) days_ago.push_back(std::stoi(value.text.substr(2)));
      if (days_ago.size() != 2) continue;
      EXPECT_GE(days_ago[0], days_ago[1]);
      ++ordered;
    }
  }
  EXPECT_GT(ordered, 0U);
}

TEST(Exploration, StepsBeforeARowThatCannotBeMadeCount) {
  const core::Spec& spec = test::specification();
  test::Clock clock;
  mockserver::MockState state(spec, test::settings_for(spec), test::sample_fixtures(spec));
  const auto send = [&](const net::HttpRequest& request) {
    if (request.path == spec.interface("CreateMeter")->path) return net::Exchange();
    return test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
  };
  TargetSession session(spec, {{"demo", "demo-secret"}}, test::environment_for(send, clock));
  FixtureFactory fixtures(session, {}, {});
  core::Sequence sequence;
  for (const char* name : {"CreatePrice", "GetUserInfo"}) {
    core::SequenceStep& step = sequence.steps.emplace_back();
    step.interface = static_cast<std::size_t>(spec.interface(name) - spec.interfaces.data());
  }
  const auto result = SequenceRunner(fixtures, std::chrono::milliseconds(0), true).run(sequence);
  EXPECT_EQ(result.steps, 1U);
  EXPECT_EQ(result.ending, SequenceResult::Ending::open);
  EXPECT_FALSE(result.reason.empty());
  EXPECT_THROW((void)SequenceRunner(fixtures, std::chrono::milliseconds(0), false).run(sequence), Inconclusive);
}

reports::CaseRecord explore_mock(const core::Spec& served, std::uint64_t seed) {
  auto options = test::options_for("both");
  options.selection.only = {"GetUserInfo/1/both"};
  options.random_steps = 3000;
  options.seed = seed;
  mockserver::MockOptions settings = test::settings_for(served);
  settings.refuse_replays = false;
  const auto record = test::check_mock(served, settings, options);
  return record.cases.back();
}

TEST(Exploration, AFaithfulMockAgreesWithTheModel) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const auto found = explore_mock(test::specification(), seed);
    EXPECT_EQ(found.verdict, reports::Verdict::passed) << found.id << ": " << test::english(found.observed) << ", " << test::english(found.reason) << "\n"
                                                       << found.curl;
  }
}

TEST(Exploration, ADisagreementIsShrunkToAFewCurlLines) {
  const mutation::Mutant broken = test::mutant_of("GetPayList/effect/1-find-any-day");
  const auto found = explore_mock(broken.spec, 1);
  ASSERT_EQ(found.verdict, reports::Verdict::failed) << test::english(found.observed);
  const auto lines = std::count(found.curl.begin(), found.curl.end(), '\n') + 1;
  EXPECT_LE(lines, 6) << found.curl;  // a price, a meter, a payment, and the query that lists it
  EXPECT_NE(found.curl.find("RemotePay"), std::string::npos);
  EXPECT_NE(found.curl.find("GetPayList"), std::string::npos);
  EXPECT_EQ(found.interface, "GetPayList");
}

TEST(Exploration, ATargetThatIsWrongTwiceIsShownAsItWasThen) {
  const core::Spec& spec = test::specification();
  mockserver::MockOptions settings = test::settings_for(spec);
  settings.refuse_replays = false;
  test::Clock clock;
  mockserver::MockState state(spec, settings, test::sample_fixtures(spec));
  int wrong = 0;
  const auto send = [&](const net::HttpRequest& request) {
    if (request.path != spec.interface("ControlValve")->path || wrong == 2) return test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
    ++wrong;
    net::Exchange refusal;
    refusal.transport = net::TransportResult::replied;
    refusal.status = 200;
    refusal.body = test::reply_of(core::Code{-999});
    return refusal;
  };
  auto options = test::options_for("both");
  options.selection.only = {"GetUserInfo/1/both"};
  options.random_steps = 3000;
  const auto found = check(spec, options, test::environment_for(send, clock)).cases.back();
  EXPECT_EQ(wrong, 2);
  EXPECT_EQ(found.verdict, reports::Verdict::failed);
  EXPECT_EQ(test::english(found.observed), "-999");
  EXPECT_NE(test::english(found.expected), "");
  EXPECT_EQ(found.interface, "ControlValve");
  EXPECT_NE(found.curl.find("ControlValve"), std::string::npos);
}

}  // namespace random_sequences_test
}  // namespace meterproof::conformance
