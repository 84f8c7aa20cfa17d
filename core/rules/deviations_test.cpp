// SPDX-License-Identifier: Apache-2.0
#include "core/rules/deviations.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <map>

namespace meterproof::rules {
namespace deviations_test {

using core::JsonMember;
using core::Value;
using Kind = Deviation::Kind;

class DeviationsTest : public testing::Test {
 protected:
  DeviationsTest() {
    for (const auto& [name, type] : {std::pair("UserCode", core::Type::text), {"MeterAddr", core::Type::text}, {"Money", core::Type::decimal}}) {
      core::Field field;
      field.name = name;
      field.type = type;
      interface_.request.push_back(field);
    }
    core::Header accept, content_type;
    accept.name = "Accept";
    accept.value = "application/json";
    content_type.name = "Content-Type";
    content_type.value = "application/json;charset=utf-8";
    authentication_.headers = {accept, content_type};
  }

  std::vector<Kind> kinds(const std::vector<JsonMember>& members) {
    core::Request request;
    request.interface = &interface_;
    request.values.resize(interface_.request.size());
    for (const JsonMember& one : members)
      if (const auto field = interface_.field(one.name)) request.values[*field] = one.value;
    GivenForm form;
    form.authentication = &authentication_;
    form.header = [this](std::string_view name) {
      const auto found = headers_.find(name);
      return found == headers_.end() ? std::nullopt : std::optional<std::string_view>(found->second);
    };
    form.target = target_;
    form.body = body_;
    form.has_bare_lf = has_bare_lf_;
    form.request = &request;
    form.members = &members;
    std::vector<Kind> out;
    for (const Deviation& one : deviations(form)) {
      EXPECT_NE(one.text.zh, one.text.en);
      out.push_back(one.kind);
    }
    return out;
  }
  static Value text(std::string_view value) { return {Value::Kind::text, value, {}}; }
  static Value number(std::string_view value) { return {Value::Kind::number, value, core::Decimal::parse(value)}; }

  core::Interface interface_;
  core::Authentication authentication_;
  std::map<std::string, std::string, std::less<>> headers_ = {
      {"Host", "h"}, {"Accept", "application/json"}, {"Content-Type", "application/json;charset=utf-8"}};
  std::string target_ = "/path", body_ = "{}";
  bool has_bare_lf_ = false;
};

TEST_F(DeviationsTest, AreNoneInWhatTheSpecificationAllows) {
  EXPECT_EQ(kinds({{"UserCode", text("U1")}, {"Money", number("0.5")}}), std::vector<Kind>());
  headers_["Accept"] = "application/json, text/plain, */*";
  headers_["Content-Type"] = "Application/JSON; Charset=\"UTF-8\"";
  EXPECT_EQ(kinds({{"Money", text("")}, {"UserCode", {Value::Kind::null, {}, {}}}}), std::vector<Kind>());
}

TEST_F(DeviationsTest, AreToldByTheirKinds) {
  EXPECT_EQ(kinds({{"Foo", text("x")}}), std::vector{Kind::unknown_member});
  has_bare_lf_ = true;
  EXPECT_EQ(kinds({}), std::vector{Kind::line_end});
  has_bare_lf_ = false;
  EXPECT_EQ(kinds({{"userCode", text("x")}}), std::vector{Kind::misspelt_member});
  EXPECT_EQ(kinds({{"userCode", text("x")}, {"UserCode", text("y")}}), std::vector{Kind::unknown_member}) << "the right one is there as well";
  EXPECT_EQ(kinds({{"UserCode", text("x")}, {"UserCode", text("y")}}), std::vector{Kind::repeated_member});
  EXPECT_EQ(kinds({{"UserCode", number("1")}, {"Money", text("1")}}), (std::vector{Kind::exchanged_type, Kind::exchanged_type}));
  target_ = "/path?x=1";
  body_ = "\xEF\xBB\xBF{}";
  headers_ = {{"Accept", "text/html"}};
  EXPECT_EQ(kinds({}), (std::vector{Kind::header, Kind::header, Kind::host, Kind::query, Kind::byte_order_mark}));
}

TEST_F(DeviationsTest, OfAHostileBodyAreBounded) {
  std::vector<std::string> names;
  for (int i = 0; i < 100'000; ++i) names.push_back("UserCode" + std::to_string(i));
  std::vector<JsonMember> members;
  for (const std::string& name : names) members.push_back({name, text("x")});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_LE(kinds(members).size(), 5U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5)) << "comparing each name with each other takes minutes";
}

TEST_F(DeviationsTest, NameWhatWasWrittenInsteadOfAMissingField) {
  core::Request request;
  request.interface = &interface_;
  request.values.resize(interface_.request.size());
  const std::vector<JsonMember> members = {{"meter_addr", text("1")}, {"Mony", number("1")}};
  EXPECT_NE(written_instead({{1, false, {}}}, request, members).en.find("you wrote \"meter_addr\""), std::string::npos);
  EXPECT_NE(written_instead({{2, false, {}}}, request, members).zh.find("Mony"), std::string::npos);
  EXPECT_EQ(written_instead({{0, false, {}}}, request, members).en, "");
}

TEST_F(DeviationsTest, FloatingPointIsNamedAsTheCause) {
  const core::Field& money = interface_.request[2];
  const auto noise = explain_places(money, number("0.30000000000000004"), 2);
  ASSERT_TRUE(noise);
  EXPECT_NE(noise->en.find("send 0.30"), std::string::npos) << noise->en;
  const auto three = explain_places(money, text("0.125"), 2);
  ASSERT_TRUE(three);
  EXPECT_EQ(three->en.find("binary"), std::string::npos) << three->en;
  EXPECT_FALSE(explain_places(money, number("0.500"), 2));
}

}  // namespace deviations_test
}  // namespace meterproof::rules
