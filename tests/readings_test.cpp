// Every reading that the paper leaves open, taken by the mock: the suite must fail none of them.
#include <gtest/gtest.h>

#include "tests/support/in_process.hpp"

namespace meterproof {
namespace {

std::vector<std::string> all_readings(const spec::Spec& spec) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& id, const spec::Unclear& question) {
    for (const std::string& reading : question.readings) out.push_back(id + "=" + reading);
    for (const spec::Code code : question.accept) out.push_back(id + "=" + std::to_string(code.value));
  };
  for (const spec::Unclear& question : spec.unclear) add(question.id, question);
  for (const spec::Interface& interface : spec.interfaces)
    for (const spec::Unclear& question : interface.unclear) add(question.when ? interface.name + "/" + question.id : question.id, question);
  return out;
}

TEST(Readings, NoneIsFailed) {
  const auto readings = all_readings(test::paper());
  ASSERT_GT(readings.size(), 50U);
  for (const std::string& reading : readings) {
    mock::Settings settings = test::settings_for(test::paper());
    ASSERT_EQ(mock::take_reading(settings, test::paper(), reading), "");
    const auto record = test::check_mock(test::paper(), settings, test::options_for("both"));
    for (const auto& one : record.cases)
      EXPECT_NE(one.verdict, reports::Verdict::failed) << reading << ": " << one.id << ": " << one.observed << ", " << one.reason;
    EXPECT_EQ(record.exit_code, 0) << reading;
  }
}

TEST(Readings, NoneIsFailedByBillingAlone) {
  for (const std::string& reading : all_readings(test::paper())) {
    mock::Settings settings = test::settings_for(test::paper());
    ASSERT_EQ(mock::take_reading(settings, test::paper(), reading), "");
    settings.only = spec::Role::billing;
    auto options = test::options_for("billing");
    options.known = {{"meter", "860000000005"}, {"user", "U0004"}};
    const auto record = test::check_mock(test::paper(), settings, options);
    for (const auto& one : record.cases)
      EXPECT_NE(one.verdict, reports::Verdict::failed) << reading << ": " << one.id << ": " << one.observed << ", " << one.reason;
    EXPECT_EQ(record.exit_code, 0) << reading;
  }
}

TEST(Readings, AllAtOnceAreNotFailed) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::uint64_t seeds = 5;
#else
  constexpr std::uint64_t seeds = 60;
#endif
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    mock::Settings settings = test::settings_for(test::paper());
    mock::take_readings_by_chance(settings, test::paper(), seed);
    ASSERT_GT(settings.readings.size(), 25U);
    auto options = test::options_for("both");
    options.explore = 100;
    const auto record = test::check_mock(test::paper(), settings, options);
    for (const auto& one : record.cases)
      EXPECT_NE(one.verdict, reports::Verdict::failed) << "seed " << seed << ": " << one.id << ": " << one.observed << ", " << one.reason;
    EXPECT_EQ(record.exit_code, 0) << "seed " << seed;
  }
}

TEST(Readings, AMistypedReadingIsRefusedWithASuggestion) {
  mock::Settings settings = test::settings_for(test::paper());
  EXPECT_NE(mock::take_reading(settings, test::paper(), "tokencase=any").find("did you mean \"token-case\""), std::string::npos);
  EXPECT_NE(mock::take_reading(settings, test::paper(), "token-case=uper").find("did you mean \"upper\""), std::string::npos);
}

}  // namespace
}  // namespace meterproof
