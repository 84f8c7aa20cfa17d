#include <gtest/gtest.h>

#include <map>

#include "loadgen/fleet.hpp"
#include "spec/wire/json_request.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::load {
namespace {

using std::chrono::seconds;

TEST(Fleet, ReportsAreValidAndReadingsOnlyGrow) {
  const spec::Interface& interface = *test::paper().interface("ReportData");
  const spec::Scenario scenario = test::reports_of(test::paper());
  Fleet fleet(test::paper(), scenario, {3, 10}, 1, 1);
  wire::JsonReader reader;
  spec::Request request;
  std::map<std::string, spec::Decimal> last;
  const std::size_t reading = *interface.field("ReadNumber");
  const std::size_t usage = *interface.field("PeriodDosage");
  for (int i = 0; i < 300; ++i) {
    std::string body;
    Call call;
    fleet.append_next(body, call, spec::DateTime{1'800'000'000});
    ASSERT_TRUE(reader.read(body)) << body;
    wire::bind(reader.members(), interface, request);
    for (std::size_t field = 0; field < interface.request.size(); ++field) {
      EXPECT_FALSE(request[field].empty()) << interface.request[field].name;
      EXPECT_TRUE(rules::well_formed(interface.request[field], request[field])) << interface.request[field].name;
    }
    const std::string address(request[*interface.field("MeterAddr")].text);
    EXPECT_EQ(address, fleet.caller(0).name_of(call.meter));
    const spec::Decimal now = *request[reading].decimal();
    if (last.count(address) > 0) EXPECT_EQ(now, *spec::Decimal::add(last[address], *request[usage].decimal()));
    last[address] = now;
  }
  EXPECT_EQ(last.size(), 3U);
  EXPECT_EQ(last.begin()->first, "990000000010");
}

TEST(Fleet, ObeysWhatItIsTold) {
  const spec::Interface& interface = *test::paper().interface("ReportData");
  const spec::Scenario scenario = test::reports_of(test::paper());
  Fleet fleet(test::paper(), scenario, {1, 0}, 1, 1);
  wire::JsonReader reader;
  spec::Request request;
  const auto next = [&](Call& call) {
    std::string body;
    fleet.append_next(body, call, spec::DateTime{1'800'000'000});
    EXPECT_TRUE(reader.read(body));
    wire::bind(reader.members(), interface, request);
  };
  const auto field = [&](const char* name) { return std::string(request[*interface.field(name)].text); };
  wire::ReplyScanner scanner = fleet.caller(0).scanner();
  Call call;
  next(call);
  EXPECT_EQ(field("ValveState"), "1");
  EXPECT_EQ(
      fleet.caller(0).hear(call, scanner.scan(R"({"ResultCode":1,"DataList":[{"MeterAddr":"990000000000","Remnant":12.50,"UnitPrice":2,"ValveMode":2}]})")),
      "");
  next(call);
  EXPECT_EQ(field("ValveState"), "2");
  // What is left is what was told, less the usage since at the price told; cents are cut off.
  const double used = std::stod(field("PeriodDosage"));
  EXPECT_NEAR(std::stod(field("Reserve")), 12.50 - 2 * used, 0.01);
  EXPECT_EQ(fleet.caller(0).hear(call, scanner.scan(R"({"ResultCode":1,"DataList":[{"MeterAddr":"999999999999"}]})")), "another MeterAddr");
  EXPECT_EQ(fleet.caller(0).hear(call, scanner.scan(R"({"ResultCode":1,"DataList":[]})")), "no MeterAddr in the reply");
  for (const char* odd : {R"("1e18")", R"("-1e17")", R"("x")", "null", R"("")", "99999999999999999999"})
    fleet.caller(0).hear(
        call, scanner.scan(std::string(R"({"ResultCode":1,"DataList":[{"MeterAddr":"990000000000","Remnant":)") + odd + R"(,"UnitPrice":)" + odd + "}]}"));
  next(call);
}

}  // namespace
}  // namespace meterproof::load
