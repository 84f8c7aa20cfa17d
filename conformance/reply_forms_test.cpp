// SPDX-License-Identifier: Apache-2.0
#include "conformance/reply_forms.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace reply_forms_test {

using Kind = FormFault::Kind;

const core::Interface& named(const char* name) { return *test::specification().interface(name); }

struct Told {
  const char* interface;
  std::string body;
  std::vector<FormFault> faults;
  std::string type = "application/json;charset=utf-8";
  int status = 200;
};

int place_of(const char* interface, const std::string& field) {
  const auto& reply = named(interface).reply;
  return static_cast<int>(std::find_if(reply.begin(), reply.end(), [&](const core::Field& one) { return one.name == field; }) - reply.begin());
}

void note(ReplyForms& forms, const Told& told, const std::string& request = "{}", bool is_asked = true) {
  const core::Interface& interface = named(told.interface);
  net::Exchange exchange;
  exchange.transport = net::TransportResult::replied;
  exchange.status = told.status;
  exchange.headers = {{"Content-Type", told.type}};
  exchange.body = told.body;
  const net::HttpRequest asked{"POST", interface.path, {}, request};
  const Reply reply = read_reply(exchange, test::specification());
  forms.note({is_asked ? &interface : nullptr, asked, exchange, reply, true});
}

std::vector<FormFault> faults_of(const ReplyForms& forms, const char* interface) {
  std::vector<FormFault> out;
  for (const auto& [fault, witness] : forms.seen(named(interface)).faults) out.push_back(fault);
  return out;
}

std::string row(const std::string& members) { return R"({"ResultCode":1,"Message":"","DataList":[{)" + members + "}]}"; }

TEST(ReplyForms, TellWhatIsNotAsPrinted) {
  const FormFault encoding{Kind::encoding, 0}, code{Kind::code, 0}, message{Kind::message, 0};
  const Told table[] = {
      {"GetUserInfo", R"({"ResultCode":1,"Message":"","DataList":[],"extra":{"resultcode":"1"}})", {}},
      {"GetUserInfo", R"({"DataList":null,"Message":"","ResultCode":-202})", {}, "application/json", 401},
      {"GetUserInfo", row(R"("UserCode":"","Phone":null,"PayType":1.0)"), {}},
      {"GetUserInfo", R"({"ResultCode":-2})", {message}},
      {"GetUserInfo", R"({"ResultCode":"-2","Message":7})", {code, message}},
      {"GetUserInfo", R"({"resultCode":-2,"Message":""})", {code}},
      {"GetUserInfo", R"({"ResultCode":1,"Message":"","DataList":{}})", {encoding}},
      {"GetUserInfo", R"({"ResultCode":-2,"Message":""})", {encoding}, "text/html"},
      {"GetUserInfo", R"({"ResultCode":-2,"Message":""})", {}, "application/problem+json; charset=utf-8"},
      {"GetUserInfo", R"({"ResultCode":-2,"Message":""})", {}, "text/json"},
      {"GetUserInfo", R"({"ResultCode":-3,"Message":""})", {{Kind::unlisted_code, -3}}},
      {"GetUserInfo", R"({"ResultCode":429,"Message":""})", {}, "application/json", 429},
      {"GetUserInfo", row(R"("PayType":"1")"), {{Kind::field, place_of("GetUserInfo", "PayType")}}},
      {"GetUserInfo", row(R"("PayType":3)"), {{Kind::field, place_of("GetUserInfo", "PayType")}}},
      {"GetUserInfo", row(R"("DoorPlate":null)"), {{Kind::field, place_of("GetUserInfo", "Doorplate")}}},
      {"GetUserInfo", R"({"ResultCode":1,"Message":"","DataList":[{"Phone":"1"},{"Phone":1}]})", {{Kind::field, place_of("GetUserInfo", "Phone")}}},
      {"GetPayList", row(R"("Money":12.50,"PayDate":"2026/01/15 10:30:00")"), {{Kind::field, place_of("GetPayList", "PayDate")}}},
      {"CreateMeter", R"({"ResultCode":-1,"Message":""})", {{Kind::unlisted_code, -1}}},
      {"ReportData", R"({"ResultCode":0,"Message":""})", {}},
  };
  for (const Told& told : table) {
    const redact::Redactor redactor({});
    ReplyForms forms(test::specification(), redactor);
    note(forms, told, R"({"ReadNumber":1})");
    EXPECT_EQ(faults_of(forms, told.interface), told.faults) << told.body;
    EXPECT_EQ(forms.seen(named(told.interface)).replies, 1U) << told.body;
  }
}

TEST(ReplyForms, WhatCannotBeReadIsJudgedWhereItWasAskedFor) {
  const redact::Redactor redactor({});
  ReplyForms forms(test::specification(), redactor);
  note(forms, {"GetUserInfo", "<html></html>", {}, "text/html", 502});
  note(forms, {"GetUserInfo", R"({"ResultCode":true})", {}});
  EXPECT_EQ(forms.seen(named("GetUserInfo")).replies, 0U);
}

TEST(ReplyForms, WhatSaysThatItIsJsonMustBe) {
  const redact::Redactor redactor({});
  ReplyForms forms(test::specification(), redactor);
  const std::string broken = row(R"("CurPrice":NaN)");
  note(forms, {"GetData", broken, {}}, "{");  // what that was is the server's guess
  note(forms, {"GetData", broken, {}, "text/plain"});
  note(forms, {"GetData", broken, {}, "application/json", 502});
  note(forms, {"GetData", row(R"("UserName":"\uD83D")"), {}});  // what it was sent
  EXPECT_EQ(forms.seen(named("GetData")).replies, 0U);
  note(forms, {"GetData", broken, {}});
  EXPECT_EQ(faults_of(forms, "GetData"), (std::vector<FormFault>{{Kind::encoding, 0}}));
}

// 3.5 and 3.6 share a path. Who asked knows; else a field tells that only one of them has.
TEST(ReplyForms, AReplyBelongsToTheInterfaceThatWasAsked) {
  const redact::Redactor redactor({});
  ReplyForms forms(test::specification(), redactor);
  const Told told{"ReportData", R"({"ResultCode":0})", {}};
  ASSERT_EQ(named("ReportData").path, named("GetData").path);
  note(forms, told, "{", true);
  EXPECT_EQ(forms.seen(named("ReportData")).replies, 1U);
  note(forms, told, R"({"MeterAddr":"1","ReadNumber":1})", false);
  EXPECT_EQ(forms.seen(named("ReportData")).replies, 2U);
  note(forms, told, R"({"MeterAddr":"1"})", false);
  EXPECT_EQ(forms.seen(named("GetData")).replies, 1U);
  note(forms, told, "{", false);
  EXPECT_EQ(forms.seen(named("ReportData")).replies + forms.seen(named("GetData")).replies, 3U);
  // Nor does a code say anything, where either may have answered.
  note(forms, {"ReportData", R"({"ResultCode":-2,"Message":""})", {}}, R"({"MeterAddr":""})", true);
  EXPECT_EQ(faults_of(forms, "ReportData"), (std::vector<FormFault>{{Kind::message, 0}}));
}

// The witness is the first of the interface's own cases, whichever worker was faster.
TEST(ReplyForms, TheWitnessDoesNotDependOnTheWorkers) {
  const redact::Redactor redactor({});
  ReplyForms forms(test::specification(), redactor);
  const auto in_part = [&](std::size_t number, const char* interface, const std::string& message) {
    std::thread([&] {
      const ReplyForms::Part part(forms, number, named(interface));
      note(forms, {"GetUserInfo", R"({"ResultCode":"-2","Message":")" + message + "\"}", {}});
      note(forms, {"GetUserInfo", R"({"ResultCode":"-2","Message":"later"})", {}});
    }).join();
  };
  const auto witness = [&] { return forms.seen(named("GetUserInfo")).faults.begin()->second; };
  note(forms, {"GetUserInfo", R"({"ResultCode":"-2","Message":"calibration"})", {}});
  EXPECT_NE(witness().exchange.body.find("calibration"), std::string::npos);
  in_part(0, "CreateMeter", "of another");
  EXPECT_NE(witness().exchange.body.find("of another"), std::string::npos);
  in_part(9, "GetUserInfo", "of its second part");
  in_part(4, "GetUserInfo", "of its own");
  in_part(1, "RemotePay", "of a third");
  EXPECT_NE(witness().exchange.body.find("of its own"), std::string::npos);
  EXPECT_EQ(witness().count, 9U);
}

TEST(ReplyForms, OnlyADateThatWasTakenMayHaveAnotherFormat) {
  const redact::Redactor redactor({});
  const char* const wrong_row = R"("ReadDate":"someday","MeterAddr":7,"ReadNumber":"abc")";
  const auto faults_after = [&](const std::string& taken) {
    ReplyForms forms(test::specification(), redactor);
    forms.expect_values_of(taken);
    note(forms, {"GetData", row(wrong_row), {}});
    return faults_of(forms, "GetData");
  };
  const FormFault date{Kind::field, place_of("GetData", "ReadDate")}, key{Kind::field, place_of("GetData", "MeterAddr")},
      number{Kind::field, place_of("GetData", "ReadNumber")};
  std::vector<FormFault> all = {date, key, number}, but_the_date = {key, number};
  std::sort(all.begin(), all.end());
  std::sort(but_the_date.begin(), but_the_date.end());
  EXPECT_EQ(faults_after(R"({"ReadDate":"another day"})"), all);
  EXPECT_EQ(faults_after(R"({"ReadDate":"someday","MeterAddr":"7","ReadNumber":"abc"})"), but_the_date);
  EXPECT_EQ(faults_after(R"(["someday"])"), all) << "no object";
}

TEST(ReplyForms, KeepLittleOfALongReply) {
  const redact::Redactor redactor({});
  ReplyForms forms(test::specification(), redactor);
  note(forms, {"GetUserInfo", R"({"ResultCode":"1","Message":")" + std::string(100'000, 'x') + "\"}", {}});
  EXPECT_LT(forms.seen(named("GetUserInfo")).faults.begin()->second.exchange.body.size(), 5'000U);
}

}  // namespace reply_forms_test
}  // namespace meterproof::conformance
