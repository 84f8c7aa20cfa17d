// SPDX-License-Identifier: Apache-2.0
#include "conformance/cases/shown_values.hpp"

#include <gtest/gtest.h>

#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace shown_values_test {

/// "GetPayList.Money GetData.CurPrice"
std::string shown(const std::string& interface, const std::string& field, const Scope& scope = {}) {
  const core::Interface& about = *test::specification().interface(interface);
  std::string out;
  for (const ShownValue& one : shown_values(test::specification(), scope, about, *about.field(field)))
    out += (out.empty() ? "" : " ") + one.query->name + "." + one.query->reply[one.field].name;
  return out;
}

TEST(ShownValues, FollowTheEffects) {
  const struct {
    const char *interface, *field, *shown;
  } table[] = {{"CreateMeter", "UserName", "GetUserInfo.UserName GetData.UserName"},
               {"CreateMeter", "DoorPlate", "GetUserInfo.Doorplate"},
               {"CreateMeter", "Phone", "GetUserInfo.Phone"},
               {"CreateMeter", "PayType", ""},    // how it maps is open
               {"CreateMeter", "MeterBase", ""},  // need not be shown
               {"CreateMeter", "Remark", ""},
               {"RemotePay", "Money", "GetPayList.Money"},
               {"RemotePay", "PayDate", "GetPayList.PayDate"},
               {"RemotePay", "PayWay", ""},
               {"CreatePrice", "Price1", "GetData.CurPrice"},
               {"CreatePrice", "Price2", ""},
               {"ChangeMeter", "PeriodDosage", ""},
               {"ReportData", "Voltage", ""},  // of meters that the query is not meant for
               {"ControlValve", "ValveMode", ""}};
  for (const auto& row : table) EXPECT_EQ(shown(row.interface, row.field), row.shown) << row.interface << "." << row.field;
  Scope without;
  without.absent = {"GetUserInfo"};
  EXPECT_EQ(shown("CreateMeter", "UserName", without), "GetData.UserName");
}

TEST(ShownValues, SumsAndStates) {
  const core::Spec& spec = test::specification();
  const core::Interface& pay = *spec.interface("RemotePay");
  const auto sum = shown_sum(spec, {}, pay, *pay.field("Money"));
  ASSERT_TRUE(sum);
  EXPECT_EQ(sum->query->name + "." + sum->query->reply[sum->field].name, "GetData.Remnant");
  EXPECT_FALSE(shown_sum(spec, {}, pay, *pay.field("PayDate")));
  const struct {
    const char *interface, *query;
  } table[] = {{"SetPrice", "GetData"},        {"ControlValve", "GetData"},    {"CreatePrice", "GetData"},
               {"ChangeMeter", "GetUserInfo"}, {"CreateMeter", "GetUserInfo"}, {"RemotePay", "GetPayList"}};
  for (const auto& row : table) {
    const ShowingQuery showing = showing_query(spec, {}, *spec.interface(row.interface));
    ASSERT_NE(showing.query, nullptr) << row.interface;
    EXPECT_EQ(showing.query->name, row.query) << row.interface;
  }
  EXPECT_EQ(showing_query(spec, {}, *spec.interface("ReportData")).query, nullptr);
}

TEST(ShownValues, RowsOfAnOwnerAreListed) {
  const core::Spec& spec = test::specification();
  const auto payments = listed_rows(spec, {}, *spec.interface("RemotePay"));
  ASSERT_TRUE(payments);
  EXPECT_TRUE(payments->owner_exists);
  EXPECT_EQ(payments->query->name, "GetPayList");
  EXPECT_EQ(payments->query->variants[payments->by_owner].name, "by_meter");
  EXPECT_EQ(payments->query->variants[payments->by_name.value()].name, "by_transaction");
  EXPECT_EQ(payments->query->reply[payments->shown_name].name, "TransId");
  EXPECT_EQ(payments->query->request[payments->first_day.value()].name, "BeginDate");
  EXPECT_EQ(payments->query->reply[payments->moment.value()].name, "PayDate");
  const auto meters = listed_rows(spec, {}, *spec.interface("CreateMeter"));
  ASSERT_TRUE(meters);
  EXPECT_FALSE(meters->owner_exists);
  EXPECT_EQ(meters->query->variants[meters->by_owner].name, "by_user");
  EXPECT_FALSE(meters->first_day);
  for (const char* other : {"ChangeMeter", "CreatePrice", "SetPrice", "GetUserInfo"}) EXPECT_FALSE(listed_rows(spec, {}, *spec.interface(other))) << other;
}

}  // namespace shown_values_test
}  // namespace meterproof::conformance
