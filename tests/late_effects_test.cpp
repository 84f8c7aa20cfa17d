// SPDX-License-Identifier: Apache-2.0
// Vendors whose meters take their time: what comes within --effect-timeout is waited for, and what waits by the specification's own words is no failure.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/in_process.hpp"
#include "tests/support/json.hpp"

namespace meterproof {
namespace late_effects_test {

using json = nlohmann::ordered_json;
using std::chrono::seconds;
using Rewrite = std::function<void(json& reply, const json& request, const std::string& path)>;

/// A right mock whose replies that have rows are rewritten.
reports::CheckRecord check_rewritten(test::Clock& clock, const std::vector<std::string>& only, const Rewrite& rewrite) {
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  conformance::CheckOptions options = test::options_for("platform");
  options.effect_timeout = seconds(10);
  options.selection.only = only;
  return conformance::check(test::specification(), options,
                            test::environment_for(
                                [&](const net::HttpRequest& request) {
                                  net::Exchange exchange = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
                                  json reply = json::parse(exchange.body, nullptr, false);
                                  const json asked = test::json_of(request.body);
                                  if (reply.is_discarded() || !asked.is_object() || !reply.contains("DataList")) return exchange;
                                  rewrite(reply, asked, request.path);
                                  exchange.body = reply.dump();
                                  return exchange;
                                },
                                clock));
}

void expect_no_failure(const reports::CheckRecord& record, const std::string& who) {
  for (const auto& one : record.cases)
    EXPECT_NE(one.verdict, reports::Verdict::failed) << who << ": " << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
}

const reports::CaseRecord* case_of(const reports::CheckRecord& record, const std::string& id) {
  for (const auto& one : record.cases)
    if (one.id == id) return &one;
  return nullptr;
}

bool is_reading(const json& row) { return row.contains("CurPrice"); }

TEST(LateEffects, AFirstRowThatComesLateIsWaitedFor) {
  test::Clock clock;
  std::map<std::string, std::chrono::steady_clock::time_point> first;  // by meter: when it was asked for
  const auto record = check_rewritten(clock, {"ControlValve/effect/*", "ControlValve/constant/*", "SetPrice/effect/*", "RemotePay/effect/*"},
                                      [&](json& reply, const json&, const std::string&) {
                                        json kept = json::array();
                                        for (const json& row : reply["DataList"]) {
                                          if (!is_reading(row)) return;
                                          const auto [since, is_new] = first.try_emplace(row["MeterAddr"].get<std::string>(), clock.steady());
                                          if (clock.steady() - since->second >= seconds(3)) kept.push_back(row);
                                        }
                                        reply["DataList"] = kept;
                                      });
  expect_no_failure(record, "rows after three seconds");
  for (const auto& one : record.cases) EXPECT_EQ(one.verdict, reports::Verdict::passed) << one.id << ": " << test::english(one.reason);
}

TEST(LateEffects, WhatIsPaidAndWaitsNeedNotBeThere) {
  for (const int outcome : {0, 2}) {
    test::Clock clock;
    const auto record = check_rewritten(clock, {"RemotePay/effect/*", "*/sequence/*"}, [&](json& reply, const json&, const std::string&) {
      for (json& row : reply["DataList"]) {
        if (is_reading(row)) row["Remnant"] = 0;
        if (row.contains("PayResult")) row["PayResult"] = outcome;
      }
    });
    expect_no_failure(record, "PayResult " + std::to_string(outcome));
    const auto* one = case_of(record, "RemotePay/effect/get-data");
    ASSERT_NE(one, nullptr);
    EXPECT_EQ(one->verdict, reports::Verdict::inconclusive);
    EXPECT_NE(test::english(one->reason).find("has not been carried out"), std::string::npos) << test::english(one->reason);
  }
  // Who says that it was carried out must show it.
  test::Clock clock;
  const auto record = check_rewritten(clock, {"RemotePay/effect/*"}, [&](json& reply, const json&, const std::string&) {
    for (json& row : reply["DataList"])
      if (is_reading(row)) row["Remnant"] = 0;
  });
  EXPECT_EQ(case_of(record, "RemotePay/effect/get-data")->verdict, reports::Verdict::failed);
}

TEST(LateEffects, APriceMayComeWithTheNextReading) {
  for (const int age : {0, 60}) {  // seconds: in the second of the change nobody knows which was first
    test::Clock clock;
    std::map<std::string, std::pair<std::string, json>> readings;  // by meter: when it was taken, and the price of that time
    const auto record = check_rewritten(clock, {"SetPrice/effect/*"}, [&](json& reply, const json&, const std::string&) {
      for (json& row : reply["DataList"]) {
        if (!is_reading(row)) continue;
        const std::string taken = core::local_time(clock.now() - seconds(age), std::chrono::hours(8)).to_string();
        const auto& [at, price] = readings.try_emplace(row["MeterAddr"].get<std::string>(), taken, row["CurPrice"]).first->second;
        row["ReadDate"] = at;
        row["CurPrice"] = price;
      }
    });
    expect_no_failure(record, "a price of the reading " + std::to_string(age) + " s ago");
  }
}

TEST(LateEffects, WhoOnceShowsANewPriceWithTheSameReadingIsHeldToIt) {
  test::Clock clock;
  std::map<std::string, json> prices;  // by meter: its prices, as many as are shown
  const auto record = check_rewritten(clock, {"SetPrice/*"}, [&](json& reply, const json&, const std::string&) {
    for (json& row : reply["DataList"]) {
      if (!is_reading(row)) continue;
      json& shown = prices[row["MeterAddr"].get<std::string>()];
      if (shown.size() < 2 && (shown.empty() || shown.back() != row["CurPrice"])) shown.push_back(row["CurPrice"]);
      row["ReadDate"] = "2026-03-14 09:59:00";
      row["CurPrice"] = shown.back();
    }
  });
  EXPECT_GT(record.count(reports::Verdict::failed), 0U) << "a third price never shows";
}

TEST(LateEffects, AnArchiveIsListedLater) {
  test::Clock clock;
  std::map<std::string, std::chrono::steady_clock::time_point> first;  // by meter: when it was asked for
  const auto record = check_rewritten(clock, {"GetUserInfo/*", "CreateMeter/*", "ChangeMeter/count/*"}, [&](json& reply, const json&, const std::string& path) {
    if (!path.ends_with("GetUserInfo")) return;
    json kept = json::array();
    for (const json& row : reply["DataList"]) {
      const auto since = first.try_emplace(row["MeterAddr"].get<std::string>(), clock.steady()).first->second;
      if (clock.steady() - since >= seconds(1)) kept.push_back(row);
    }
    reply["DataList"] = kept;
  });
  expect_no_failure(record, "rows after a second");
}

// Each meter obeys a few seconds after its state was first asked for, and until then shows the one before.
TEST(LateEffects, AValveThatObeysLaterAccusesNobody) {
  test::Clock clock;
  std::map<std::string, std::vector<std::pair<std::chrono::steady_clock::time_point, json>>> states;  // by meter, oldest first
  const auto record = check_rewritten(clock, {"ControlValve/*"}, [&](json& reply, const json&, const std::string&) {
    for (json& row : reply["DataList"]) {
      if (!is_reading(row) || !row.contains("ValveState")) continue;
      auto& seen = states[row["MeterAddr"].get<std::string>()];
      if (seen.empty() || seen.back().second != row["ValveState"]) seen.emplace_back(clock.steady(), row["ValveState"]);
      row["ValveState"] = 1;
      for (const auto& [since, state] : seen)
        if (clock.steady() - since >= seconds(3)) row["ValveState"] = state;
    }
  });
  expect_no_failure(record, "obeys after three seconds");
}

TEST(LateEffects, AValveThatDoesNotMoveIsNoFailureUnlessItsMeterIsAwake) {
  const struct {
    const char* what;
    int outcome;  // of payments
    reports::Verdict verdict;
  } table[] = {{"asleep", 0, reports::Verdict::inconclusive}, {"awake", 1, reports::Verdict::failed}};
  for (const auto& row : table) {
    test::Clock clock;
    const auto record = check_rewritten(clock, {"ControlValve/constant/opposite-orders"}, [&](json& reply, const json&, const std::string&) {
      for (json& one : reply["DataList"]) {
        if (is_reading(one)) one["ValveState"] = 1;
        if (one.contains("PayResult")) one["PayResult"] = row.outcome;
      }
    });
    const auto* one = case_of(record, "ControlValve/constant/opposite-orders");
    ASSERT_NE(one, nullptr);
    EXPECT_EQ(one->verdict, row.verdict) << row.what << ": " << test::english(one->reason);
  }
}

}  // namespace late_effects_test
}  // namespace meterproof
