// SPDX-License-Identifier: Apache-2.0
// What a vendor has named is not called a mistake for what the target itself does: a reply that cannot be read, a report that is not newer than the last.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/support/in_process.hpp"
#include "tests/support/json.hpp"

namespace meterproof {
namespace named_rows_unread_test {

using json = nlohmann::ordered_json;

TEST(NamedRows, ARowIsNotUnknownWhereTheReplyThatShouldTellCannotBeRead) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  conformance::CheckOptions options = test::options_for("platform");
  options.fixtures = {{"meter.cancelled", "860000000009"}};
  options.selection.only = {"GetPayList/1/*"};
  const auto send = [&](const net::HttpRequest& request) {
    net::Exchange exchange = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
    const bool is_list = request.path.ends_with("/GetPayList");
    if (is_list && exchange.body.size() > 2) exchange.body.resize(exchange.body.size() - 2);  // a length that counts characters
    if (!is_list && request.body.find("860000000009") != std::string::npos) exchange.body = R"({"ResultCode":-1,"Message":"unknown"})";
    return exchange;
  };
  const auto record = conformance::check(test::specification(), options, test::environment_for(send, clock));
  EXPECT_EQ(record.exit_code, 1) << test::notes_of(record);
  EXPECT_EQ(test::notes_of(record).find("does not know this row"), std::string::npos) << test::notes_of(record);
}

// The target is calibrated by reports of the named meter; who takes no second reading of one second is not asked for one.
TEST(NamedRows, AReportIsNewerThanThoseOfTheCalibration) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  conformance::CheckOptions options = test::options_for("billing");
  options.fixtures = {{"meter", "860000000005"}, {"user", "U0004"}};
  options.selection.only = {"ReportData/1/*"};
  std::map<std::string, std::string> reading;  // by meter and moment
  const auto send = [&](const net::HttpRequest& request) {
    net::Exchange exchange = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
    const json body = test::json_of(request.body), reply = test::json_of(exchange.body);
    if (!body.is_object() || !body.contains("ReadNumber") || !reply.is_object() || reply.value("ResultCode", 0) != 1) return exchange;
    const auto [known, is_new] = reading.try_emplace(body["MeterAddr"].dump() + body["ReadDate"].dump(), body["ReadNumber"].dump());
    if (!is_new && known->second != body["ReadNumber"].dump()) exchange.body = R"({"ResultCode":0,"Message":"another reading of the same second"})";
    return exchange;
  };
  const auto record = conformance::check(test::specification(), options, test::environment_for(send, clock));
  EXPECT_EQ(record.exit_code, 0) << test::notes_of(record);
}

}  // namespace named_rows_unread_test
}  // namespace meterproof
