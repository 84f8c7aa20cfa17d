// SPDX-License-Identifier: Apache-2.0
#include "conformance/random_sequences.hpp"

#include <gtest/gtest.h>

#include "mutation/mutation.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace {

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

reports::CaseRecord explore_mock(const core::Spec& served, std::uint64_t seed) {
  auto options = test::options_for("both");
  options.filter = "GetUserInfo/1/both";
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

}  // namespace
}  // namespace meterproof::conformance
