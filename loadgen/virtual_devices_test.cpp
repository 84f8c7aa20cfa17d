// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>

#include "core/json/request_body_parser.hpp"
#include "loadgen/virtual_devices.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::loadgen {
namespace virtual_devices_test {

using std::chrono::seconds;

TEST(VirtualDevices, ReportsAreValidAndCountersOnlyGrow) {
  const core::Interface& interface = *test::specification().interface("ReportData");
  const core::Workload workload = test::reports_of(test::specification());
  VirtualDevices devices(test::specification(), workload, {3, 10}, 1, 1);
  json::RequestBodyParser reader;
  core::Request request;
  std::map<std::string, core::Decimal> last;
  const std::size_t reading = *interface.field("ReadNumber");
  const std::size_t usage = *interface.field("PeriodDosage");
  for (int i = 0; i < 300; ++i) {
    std::string body;
    DeviceCall call;
    devices.append_next(body, call, core::DateTime{1'800'000'000});
    ASSERT_TRUE(reader.parse(body)) << body;
    json::map_to_fields(reader.members(), interface, request);
    for (std::size_t field = 0; field < interface.request.size(); ++field) {
      EXPECT_FALSE(request[field].empty()) << interface.request[field].name;
      EXPECT_TRUE(rules::is_well_formed(interface.request[field], request[field])) << interface.request[field].name;
    }
    const std::string address(request[*interface.field("MeterAddr")].text);
    EXPECT_EQ(address, devices.request_template(0).device_name(call.device));
    const core::Decimal now = *request[reading].decimal();
    if (last.count(address) > 0) EXPECT_EQ(now, *core::Decimal::add(last[address], *request[usage].decimal()));
    last[address] = now;
  }
  EXPECT_EQ(last.size(), 3U);
  EXPECT_EQ(last.begin()->first, "990000000010");
}

TEST(VirtualDevices, FollowsTheReplies) {
  const core::Interface& interface = *test::specification().interface("ReportData");
  const core::Workload workload = test::reports_of(test::specification());
  VirtualDevices devices(test::specification(), workload, {1, 0}, 1, 1);
  json::RequestBodyParser reader;
  core::Request request;
  const auto next = [&](DeviceCall& call) {
    std::string body;
    devices.append_next(body, call, core::DateTime{1'800'000'000});
    EXPECT_TRUE(reader.parse(body));
    json::map_to_fields(reader.members(), interface, request);
  };
  const auto field = [&](const char* name) { return std::string(request[*interface.field(name)].text); };
  json::ResponseScanner scanner = devices.request_template(0).scanner();
  DeviceCall call;
  next(call);
  EXPECT_EQ(field("ValveState"), "1");
  const auto error_of = [&](const std::string& reply) {
    return render(devices.request_template(0).on_response(call, scanner.scan(reply)), i18n::Language::en);
  };
  EXPECT_EQ(error_of(R"({"ResultCode":1,"DataList":[{"MeterAddr":"990000000000","Remnant":12.50,"UnitPrice":2,"ValveMode":2}]})"), "");
  next(call);
  EXPECT_EQ(field("ValveState"), "2");
  // The balance is the one of the reply, less the usage since then at the price of the reply; fractions of a cent are cut off.
  const double used = std::stod(field("PeriodDosage"));
  EXPECT_NEAR(std::stod(field("Reserve")), 12.50 - 2 * used, 0.01);
  EXPECT_EQ(error_of(R"({"ResultCode":1,"DataList":[{"MeterAddr":"999999999999"}]})"), "another MeterAddr");
  EXPECT_EQ(error_of(R"({"ResultCode":1,"DataList":[]})"), "no MeterAddr in the reply");
  for (const char* odd : {R"("1e18")", R"("-1e17")", R"("x")", "null", R"("")", "99999999999999999999"})
    error_of(std::string(R"({"ResultCode":1,"DataList":[{"MeterAddr":"990000000000","Remnant":)") + odd + R"(,"UnitPrice":)" + odd + "}]}");
  next(call);
}

}  // namespace virtual_devices_test
}  // namespace meterproof::loadgen
