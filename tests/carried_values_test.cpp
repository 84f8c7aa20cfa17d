// SPDX-License-Identifier: Apache-2.0
// Values and counts through the front door: what they cost, who is not accused, and what is told of who loses something.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/in_process.hpp"
#include "tests/support/json.hpp"

namespace meterproof {
namespace carried_values_test {

using json = nlohmann::ordered_json;

struct Vendor {
  const char* name;
  std::function<bool(const net::HttpRequest& request, const json& body)> refuses;  // with -200, before anything is done
  std::function<void(const net::HttpRequest& request, json& reply)> answers = [](const net::HttpRequest&, json&) {};
};

reports::CheckRecord check_vendor(const Vendor& vendor, conformance::CheckOptions options = test::options_for("both")) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  if (options.selection.is_all()) options.selection.only = {"*/value/*", "*/count/*"};
  return conformance::check(test::specification(), options,
                            test::environment_for(
                                [&](const net::HttpRequest& request) {
                                  const json body = test::json_of(request.body);
                                  const bool refused = body.is_object() && vendor.refuses(request, body);
                                  net::HttpRequest taken = request;
                                  if (refused) taken.body = "[]";  // authenticated, and then not understood
                                  net::Exchange exchange = test::through(state, taken.bytes({"in-process", 80, ""}), clock.now());
                                  json reply = json::parse(exchange.body, nullptr, false);
                                  if (!reply.is_object()) return exchange;
                                  vendor.answers(request, reply);
                                  exchange.body = reply.dump();
                                  return exchange;
                                },
                                clock));
}

bool takes_all(const net::HttpRequest&, const json&) { return false; }

std::map<std::string, const reports::CaseRecord*> by_id(const reports::CheckRecord& record) {
  std::map<std::string, const reports::CaseRecord*> out;
  for (const auto& one : record.cases) out[one.id] = &one;
  return out;
}

bool any_text(const json& body, const std::function<bool(const std::string&)>& is_such) {
  return std::any_of(body.begin(), body.end(), [&](const json& one) { return one.is_string() && is_such(one.get<std::string>()); });
}

TEST(CarriedValues, TheMockKeepsThemAllForALimitedNumberOfRequests) {
  const auto record = check_vendor({"the mock", takes_all});
  std::uint64_t requests = 0;
  for (const auto& one : record.cases) {
    EXPECT_EQ(one.verdict, reports::Verdict::passed) << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
    requests += one.requests.value_or(0);
  }
  EXPECT_GT(record.cases.size(), 120U);
  EXPECT_LE(requests, 710U) << "250 of them only where there are timestamps left over";
  EXPECT_EQ(record.exit_code, 0);
}

TEST(CarriedValues, LimitsThatNobodyStatedAreNotFailed) {
  std::map<std::string, std::size_t> payments;  // by meter
  std::map<std::string, std::string> meters;    // by user
  const Vendor table[] = {
      {"takes no text of more than 60 bytes",
       [](const net::HttpRequest&, const json& body) { return any_text(body, [](const std::string& text) { return text.size() > 60; }); }},
      {"takes no character beyond the BMP",
       [](const net::HttpRequest&, const json& body) {
         return any_text(body, [](const std::string& text) { return text.find('\xF0') != std::string::npos; });
       }},
      {"takes no markup, no quotes",
       [](const net::HttpRequest&, const json& body) {
         return any_text(body, [](const std::string& text) { return text.find_first_of("<'\"\\%") != std::string::npos; });
       }},
      {"takes no amount above 5,000 or below 1",
       [](const net::HttpRequest&, const json& body) {
         return body.contains("Money") && body["Money"].is_number() && (body["Money"] > 5000 || body["Money"] < 1);
       }},
      {"takes no exponent", [](const net::HttpRequest& request, const json&) { return request.body.find("1.25e1") != std::string::npos; }},
      {"takes no payment of an earlier year",
       [](const net::HttpRequest&, const json& body) {
         return body.contains("PayDate") && body["PayDate"].is_string() && body["PayDate"].get<std::string>() < "2026-01-01";
       }},
      {"takes 60 payments of a meter",
       [&](const net::HttpRequest&, const json& body) {
         return body.contains("Money") && body.contains("MeterAddr") && ++payments[body["MeterAddr"].dump()] > 60;
       }},
      {"gives a user one meter",
       [&](const net::HttpRequest&, const json& body) {
         if (!body.contains("MeterTypeID") || !body.contains("UserCode") || !body.contains("MeterAddr")) return false;
         const auto [known, added] = meters.try_emplace(body["UserCode"].dump(), body["MeterAddr"].dump());
         return !added && known->second != body["MeterAddr"].dump();
       }},
  };
  for (const Vendor& vendor : table) {
    const auto record = check_vendor(vendor);
    for (const auto& one : record.cases)
      EXPECT_NE(one.verdict, reports::Verdict::failed)
          << vendor.name << ": " << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
  }
}

TEST(CarriedValues, ARefusalIsTold) {
  const auto record =
      check_vendor({"takes no exponent", [](const net::HttpRequest& request, const json&) { return request.body.find("1.25e1") != std::string::npos; }});
  const auto cases = by_id(record);
  EXPECT_EQ(cases.at("RemotePay/value/money-exponent")->verdict, reports::Verdict::warned);
  EXPECT_EQ(cases.at("RemotePay/value/money-cents-45")->verdict, reports::Verdict::passed);
}

TEST(CarriedValues, WhatNobodyCouldMindMustBeTaken) {
  const auto record = check_vendor({"does not take 50.23", [](const net::HttpRequest&, const json& body) {
                                      return body.contains("Money") && body["Money"].is_number_float() && body["Money"] == 50.23;
                                    }});
  const auto cases = by_id(record);
  EXPECT_EQ(cases.at("RemotePay/value/money-cents-23")->verdict, reports::Verdict::failed);
  EXPECT_EQ(cases.at("RemotePay/value/money-cents-34")->verdict, reports::Verdict::passed);
}

// As where objects are merged: what stands under __proto__ once is in every object from then on.
TEST(CarriedValues, WhatABodyBringsUnderProtoIsNotInLaterOnes) {
  for (const bool merges : {false, true}) {
    test::Clock clock;
    mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
    conformance::CheckOptions options = test::options_for("both");
    options.selection.only = {"*/robust/*"};
    json inherited = json::object();
    const auto send = [&](net::HttpRequest request) {
      json body = test::json_of(request.body);
      if (merges && body.is_object()) {
        if (body.contains("__proto__")) inherited = body["__proto__"];
        for (const auto& [name, value] : inherited.items())
          if (!body.contains(name)) body[name] = value;
        request.body = body.dump();
      }
      return test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
    };
    const auto record = conformance::check(test::specification(), options, test::environment_for(send, clock));
    const auto cases = by_id(record);
    EXPECT_EQ(cases.at("GetUserInfo/robust/prototype")->verdict, merges ? reports::Verdict::failed : reports::Verdict::passed);
    if (!merges) EXPECT_EQ(cases.at("ReportData/robust/prototype")->verdict, reports::Verdict::passed);
  }
}

TEST(Counts, TellAfterHowManyItWentWrong) {
  const auto record = check_vendor({"lists fifty rows", takes_all, [](const net::HttpRequest&, json& reply) {
                                      if (reply.contains("DataList") && reply["DataList"].is_array() && reply["DataList"].size() > 50)
                                        reply["DataList"].erase(reply["DataList"].begin() + 50, reply["DataList"].end());
                                    }});
  const auto cases = by_id(record);
  const auto& rows = *cases.at("RemotePay/count/rows-of-one");
  EXPECT_EQ(rows.verdict, reports::Verdict::failed);
  EXPECT_EQ(test::english(rows.observed), "GetPayList lists 50 of 51 rows; the first that is missing is number 51");
  EXPECT_EQ(cases.at("CreateMeter/count/rows-of-one")->verdict, reports::Verdict::passed);
}

// A billing platform of which one meter is known: nothing says what it costs, and the first reports show it.
TEST(Counts, ReportsOfANamedMeterAreFollowed) {
  mockserver::MockOptions mock_options = test::settings_for(test::specification());
  mock_options.only = core::Role::billing;
  auto options = test::options_for("billing");
  options.fixtures = {{"meter", "860000000005"}, {"user", "U0004"}};
  options.selection.only = {"*/count/*"};
  const auto record = test::check_mock(test::specification(), mock_options, options);
  for (const auto& one : record.cases)
    EXPECT_NE(one.verdict, reports::Verdict::failed) << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
}

}  // namespace carried_values_test
}  // namespace meterproof
