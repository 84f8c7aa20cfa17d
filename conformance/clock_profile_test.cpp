// SPDX-License-Identifier: Apache-2.0
// Calibration of a target of whose interfaces every refusal looks alike: nothing is concluded from one.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace clock_profile_test {

using json = nlohmann::ordered_json;

/// A billing server by that clock, which answers 0 to whatever it refuses.
reports::CheckRecord check_billing(std::chrono::minutes utc_offset, const std::map<std::string, std::string>& fixtures, std::vector<auth::App> apps,
                                   std::vector<reports::DescribedRowRecord> rows = {}) {
  test::Clock clock;
  mockserver::MockOptions mock_options = test::settings_for(test::specification());
  mock_options.utc_offset = utc_offset;
  mockserver::MockState state(test::specification(), mock_options, test::sample_fixtures(test::specification()));
  CheckOptions options = test::options_for("billing");
  options.fixtures = fixtures;
  options.apps = std::move(apps);
  options.rows = std::move(rows);
  return check(test::specification(), options,
               test::environment_for(
                   [&](const net::HttpRequest& request) {
                     net::Exchange exchange = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
                     json reply = json::parse(exchange.body, nullptr, false);
                     if (reply.is_object() && reply["ResultCode"] != 1) reply["ResultCode"] = 0;
                     exchange.body = reply.dump();
                     return exchange;
                   },
                   clock));
}

const std::vector<auth::App> known = {{"demo", "demo-secret"}, {"other", "other-secret"}};
const std::map<std::string, std::string> third_party_meter = {{"user", "U0004"}, {"meter", "860000000005"}};

TEST(ClockProfile, WhereEveryRefusalLooksAlikeASuccessDecides) {
  for (const int hours : {8, 0}) {
    const auto record = check_billing(std::chrono::hours(hours), third_party_meter, known);
    EXPECT_EQ(test::calibration_of(record, "time-zone"), hours == 8 ? "+08:00" : "+00:00");
    for (const auto& one : record.cases)
      EXPECT_NE(one.verdict, reports::Verdict::failed) << hours << ": " << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
  }
}

TEST(ClockProfile, WithoutASuccessNothingIsJudged) {
  for (const auto& [what, fixtures, apps] : {std::tuple("no row is named", std::map<std::string, std::string>(), known),
                                             std::tuple("a wrong secret", third_party_meter, std::vector<auth::App>{{"demo", "wrong"}})}) {
    const auto record = check_billing(std::chrono::hours(0), fixtures, apps);
    EXPECT_EQ(record.exit_code, 4) << what;
    EXPECT_EQ(test::calibration_of(record, "time-zone"), "") << what;
    EXPECT_TRUE(std::any_of(record.notes.begin(), record.notes.end(), [](const i18n::Message& note) { return note.id == "check.refusals-alike"; })) << what;
    for (const auto& one : record.cases) EXPECT_NE(one.verdict, reports::Verdict::failed) << what << ": " << one.id;
  }
}

// A target that refuses the row it was to be tried with, and none other, is tried with one of those that were described.
TEST(ClockProfile, ADescribedRowTakesThePlaceOfARefusedOne) {
  const std::map<std::string, std::string> unknown = {{"user", "U0004"}, {"meter", "860000000099"}};
  const auto described = [](const std::string& user, const std::string& meter) {
    return reports::DescribedRowRecord{"ReportData", {{"UserCode", user}, {"MeterAddr", meter}}};
  };
  const auto named = described("U0004", "860000000099"), refused = described("U0001", "860000000098"), taken = described("U0004", "860000000005");
  for (const int hours : {8, 0}) {
    const auto record = check_billing(std::chrono::hours(hours), unknown, known, {named, refused, taken});
    EXPECT_EQ(record.exit_code, 1) << "a described row is refused";
    EXPECT_EQ(test::calibration_of(record, "time-zone"), hours == 8 ? "+08:00" : "+00:00");
    EXPECT_TRUE(std::any_of(record.notes.begin(), record.notes.end(), [](const i18n::Message& note) { return note.id == "check.other-row-used"; }));
    for (const auto& one : record.cases)
      if (one.verdict == reports::Verdict::failed) EXPECT_NE(one.id.find("described"), std::string::npos) << one.id;
  }
  // Where no row is taken, nothing is concluded.
  const auto record = check_billing(std::chrono::hours(8), unknown, known, {named, refused});
  EXPECT_EQ(record.exit_code, 4);
  for (const auto& one : record.cases) EXPECT_NE(one.verdict, reports::Verdict::failed) << one.id;
}

TEST(ClockProfile, AnAppThatIsRefusedLikeEverythingElseIsLeftOut) {
  const auto record = check_billing(std::chrono::hours(8), third_party_meter, {{"demo", "demo-secret"}, {"nobody", "x"}});
  ASSERT_EQ(record.apps.size(), 2U);
  EXPECT_TRUE(record.apps[0].used);
  EXPECT_FALSE(record.apps[1].used);
}

}  // namespace clock_profile_test
}  // namespace meterproof::conformance
