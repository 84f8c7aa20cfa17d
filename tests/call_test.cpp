// SPDX-License-Identifier: Apache-2.0
// A mock that calls the other side: two of them live a quarter together and end with equal ledgers; and what a bad other side is told.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/mock_process.hpp"

namespace meterproof {
namespace call_test {

using nlohmann::json;
using test::Finished;
using test::MockProcess;
using test::temporary;

json clock(MockProcess& mock, const json& move) { return json::parse(mock.post("/_mock/clock", move.dump()).body); }

/// Until all has happened, and all calls are answered.
json advance(MockProcess& mock, const std::string& span) {
  json now = clock(mock, {{"advance", span}});
  while (now["business_time"] != now["target_time"] || now["outgoing"] != 0) now = clock(mock, json::object());
  return now;
}

std::map<std::string, json> rows(MockProcess& mock, const std::string& table, const std::string& key, const std::string& prefix) {
  std::map<std::string, json> out;
  const json all = json::parse(mock.get("/_mock/data").body);
  for (const json& row : all[table])
    if (row[key].get<std::string>().starts_with(prefix)) out[row[key]] = row;
  return out;
}

std::string value(const json& row, const std::string& column) { return row.contains(column) ? row[column].get<std::string>() : ""; }

/// A port that nobody has now, so that each of two mocks can be told the other's.
std::string free_port() {
  MockProcess mock;
  return std::to_string(mock.port());
}

Finished stop(MockProcess& mock) {
  mock.process().signal(SIGTERM);
  return mock.process().finish();
}

TEST(Call, TwoMocksLiveAQuarterAndEndWithEqualLedgers) {
  const std::string port = free_port(), record = temporary("calls.json"), reports = temporary("reports.json");
  MockProcess platform({"--role", "platform", "--call", "http://127.0.0.1:" + port, "--as", "demo:demo-secret", "--generate-meters", "0", "--json", reports});
  MockProcess billing({"--role", "billing", "--port", port, "--call", platform.url(), "--as", "demo:demo-secret", "--customers", "3", "--generate-meters", "0",
                       "--json", record});
  for (MockProcess* const mock : {&platform, &billing}) ASSERT_EQ(clock(*mock, {{"set", "2026-01-01 00:00:00"}, {"rate", 0}})["own"], true);
  for (int day = 0; day < 90; ++day) {
    advance(billing, "1d");
    advance(platform, "1d");
  }
  EXPECT_EQ(clock(platform, json::object())["business_time"], "2026-04-01 00:00:00");

  const auto theirs = rows(platform, "meter", "MeterAddr", "77"), ours = rows(billing, "meter", "MeterAddr", "77");
  ASSERT_EQ(ours.size(), 3U);
  ASSERT_EQ(theirs.size(), 3U);
  for (const auto& [key, row] : ours) {
    EXPECT_EQ(std::stod(value(row, "Remnant")), std::stod(value(theirs.at(key), "Remnant"))) << row << theirs.at(key);
    EXPECT_EQ(std::stod(value(row, "ReadNumber")), std::stod(value(theirs.at(key), "ReadNumber"))) << row;
    EXPECT_EQ(value(row, "ReadDate"), value(theirs.at(key), "ReadDate"));
    EXPECT_EQ(std::stod(value(row, "LastPayMoney")), std::stod(value(theirs.at(key), "LastPayMoney")));
    EXPECT_GT(std::stod(value(row, "ReadNumber")), 20);
    EXPECT_NE(value(theirs.at(key), "UnitPrice"), "");
  }
  const auto payments = rows(billing, "payment", "TransId", "TR"), taken = rows(platform, "payment", "TransId", "TR");
  ASSERT_EQ(payments.size(), 9U) << "three customers, three times";
  for (const auto& [key, row] : payments) {
    ASSERT_EQ(taken.count(key), 1U) << key;
    EXPECT_EQ(std::stod(value(row, "Money")), std::stod(value(taken.at(key), "Money")));
    EXPECT_EQ(value(row, "PayDate"), value(taken.at(key), "PayDate"));
    EXPECT_EQ(value(taken.at(key), "PayResult"), "1");
  }
  EXPECT_EQ(rows(billing, "price", "PriceTypeCode", "P"), rows(platform, "price", "PriceTypeCode", "P"));
  // What the platform was told its 3.5 shows: price and balance of the last answer.
  const std::string meter = ours.begin()->first;
  const json reply = json::parse(platform.post("/_mock/exchange", json{{"interface", "GetData"}, {"body", {{"MeterAddr", meter}}}}.dump()).body);
  const json shown = json::parse(reply["reply"].get<std::string>())["DataList"].at(0);
  EXPECT_EQ(shown["Remnant"].get<double>(), std::stod(value(ours.begin()->second, "Remnant")));
  EXPECT_EQ(shown["CurPrice"].get<double>(), std::stod(value(theirs.at(meter), "UnitPrice")));

  const Finished ended = stop(billing);
  EXPECT_EQ(ended.exit_code, 0) << ended.out;
  EXPECT_NE(ended.out.find("conforms"), std::string::npos) << ended.out;
  EXPECT_EQ(stop(platform).exit_code, 0);
  std::ifstream file(record);
  const json kept = json::parse(file);
  EXPECT_EQ(kept["verdict"], "conforms") << kept["cases"];
  EXPECT_GT(kept["requests"], 50);
  std::ifstream other(reports);
  EXPECT_EQ(json::parse(other)["verdict"], "conforms");
}

TEST(Call, WhatContradictsIsFoundWhileItWorks) {
  // Each is a wrong platform, and the case that says so.
  const std::vector<std::pair<std::string, std::string>> table = {
      {"GetPayList/Money/wrong-value", "GetPayList/effect/rows"},
      {"GetUserInfo/PayType/as-text", "GetUserInfo/reply/form"},
      {"GetUserInfo/UserName/wrong-value", "GetUserInfo/effect/rows"},
  };
  for (const auto& [mutant, expected] : table) {
    const std::string record = temporary("bad.json");
    MockProcess platform({"--role", "platform", "--mutant", mutant});
    MockProcess billing({"--role", "billing", "--call", platform.url(), "--as", "demo:demo-secret", "--json", record});
    clock(billing, {{"set", "2026-01-01 00:00:00"}, {"rate", 0}});
    advance(billing, "3d");
    EXPECT_EQ(stop(billing).exit_code, 1) << mutant;
    std::ifstream file(record);
    const json kept = json::parse(file);
    std::set<std::string> failed;
    for (const json& one : kept["cases"])
      if (one["verdict"] == "failed") failed.insert(one["id"]);
    EXPECT_EQ(failed, std::set<std::string>{expected}) << mutant;
  }
}

TEST(Call, ADeadSideHoldsNobodyUp) {
  const std::string port = free_port();
  MockProcess platform({"--role", "platform", "--generate-meters", "2", "--call", "http://127.0.0.1:" + port, "--as", "demo:demo-secret"});
  clock(platform, {{"set", "2026-02-10 12:00:00"}, {"rate", 0}});
  advance(platform, "1d");
  const Finished ended = stop(platform);
  EXPECT_EQ(ended.exit_code, 4) << "nothing could be judged: " << ended.out;
}

TEST(Call, KeepsToItsRateAndTakesAPrefix) {
  MockProcess platform({"--role", "platform"});
  MockProcess billing({"--role", "billing", "--call", platform.url() + "/prefix", "--as", "demo:demo-secret", "--call-rate", "1e-11"});
  clock(billing, {{"set", "2026-01-01 00:00:00"}, {"rate", 0}});
  while (platform.get("/_mock/requests").body.find("/prefix/") == std::string::npos) clock(billing, {{"advance", "1d"}});
  const std::string log = platform.get("/_mock/requests").body;
  EXPECT_EQ(log.find("/prefix/prefix"), std::string::npos) << log;
  for (int day = 0; day < 5; ++day) clock(billing, {{"advance", "1d"}});
  std::size_t calls = 0;
  const std::string after = platform.get("/_mock/requests").body;
  for (std::size_t at = after.find("\"target\":\"/prefix/"); at != std::string::npos; at = after.find("\"target\":\"/prefix/", at + 1)) ++calls;
  EXPECT_EQ(calls, 1U) << "one in three thousand years";
  stop(billing);
}

TEST(Call, APlanGoesOnAfterARestart) {
  const std::string store = temporary("caller.db"), record = temporary("resumed.json");
  for (const char* const more : {"", "-wal", "-shm"}) std::filesystem::remove(store + more);
  MockProcess platform({"--role", "platform"});
  const std::vector<std::string> billing_options = {"--role",           "billing", "--call", platform.url(), "--as",
                                                    "demo:demo-secret", "--store", store,    "--json",       record};
  {
    MockProcess billing(billing_options);
    clock(billing, {{"set", "2026-01-01 00:00:00"}, {"rate", 0}});
    advance(billing, "40d");
    EXPECT_EQ(stop(billing).exit_code, 0);
  }
  const auto calls_before = json::parse(platform.get("/_mock/counters").body);
  EXPECT_EQ(calls_before["RemotePay"]["1"], 2);
  MockProcess billing(billing_options);
  EXPECT_EQ(clock(billing, json::object())["business_time"], "2026-02-10 00:00:00");
  advance(billing, "30d");
  const Finished ended = stop(billing);
  EXPECT_EQ(ended.exit_code, 0) << ended.out;
  const auto calls = json::parse(platform.get("/_mock/counters").body);
  EXPECT_EQ(calls["RemotePay"]["1"], 3) << calls;
  EXPECT_EQ(calls["CreateMeter"]["1"], 2) << "nothing is done again";
  // A second that was signed before the restart is another try's.
  for (const auto& [interface, codes] : calls.items())
    for (const auto& [code, count] : codes.items()) EXPECT_TRUE(code == "1" || code == "-201") << interface << codes;
}

TEST(Call, OnDemand) {
  MockProcess billing({"--role", "billing"});
  MockProcess platform({"--role", "platform", "--call", billing.url(), "--as", "demo:demo-secret"});
  const auto call = [&](const json& body) { return platform.post("/_mock/call", body.dump()); };
  EXPECT_EQ(json::parse(call({{"interface", "ReportData"}}).body)["status"], "waiting");
  while (json::parse(billing.get("/_mock/counters").body).empty()) {
  }
  EXPECT_EQ(json::parse(billing.get("/_mock/counters").body)["ReportData"]["1"], 1);
  EXPECT_EQ(call({{"interface", "RemotePay"}}).status, 400) << "the platform serves that itself";
  EXPECT_EQ(call({{"interface", "Remote"}}).status, 404);
  EXPECT_EQ(call({{"interfaces", "ReportData"}}).status, 400);
  EXPECT_EQ(billing.post("/_mock/call", R"({"interface": "ReportData"})").status, 409) << "it calls nobody";
}

TEST(Call, IsRefusedWithWhatIsMissing) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> table = {
      {{"--call", "http://127.0.0.1:1", "--role", "platform"}, "--call needs --as"},
      {{"--call", "http://127.0.0.1:1", "--as", "a:b"}, "--call needs --role"},
      {{"--as", "a:b"}, "--as needs --call"},
      {{"--customers", "2"}, "--customers needs --call"},
      {{"--call", "http://127.0.0.1:1", "--role", "platform", "--as", "a:b", "--customers", "2"}, "has no plan"},
      {{"--call", "http://127.0.0.1:1", "--role", "billing", "--as", "a:b", "--meters", "x"}, "reported by the other one"},
      {{"--call", "http://127.0.0.1:1", "--role", "platform", "--as", "a:b", "--worlds", "per-app"}, "one world"},
      {{"--call", "ftp://127.0.0.1", "--role", "platform", "--as", "a:b"}, "http"},
      {{"--call", "http://127.0.0.1:1", "--role", "billing", "--as", "a:b", "--plan", "/nowhere.yaml"}, "/nowhere.yaml"},
  };
  for (const auto& [arguments, why] : table) {
    std::vector<std::string> words = {"--lang", "en", "mock", "--port", "0"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const Finished refused = test::run(words);
    EXPECT_EQ(refused.exit_code, 2) << why;
    EXPECT_NE(refused.out.find(why), std::string::npos) << refused.out;
  }
}

TEST(Call, APlanIsReadWithItsMistakes) {
  const std::string path = temporary("plan.yaml");
  for (const char* const step :
       {"{ call: GetUserInfo }", "{ first: soon, call: GetUserInfo }", "{ first: 1d, call: GetUser }", "{ first: 1d, call: GetUserInfo, variant: none }",
        "{ first: 1d, call: GetUserInfo, with: { Name: x } }", "{ first: 1d, own: { in: meter, key: x, add: { Remnant: much } } }",
        "{ first: 1d, own: { in: meters, key: x } }", "{ first: 1d, evry: 1d, call: GetUserInfo }"}) {
    std::ofstream(path) << "steps:\n  - " << step << "\n";
    const Finished refused = test::run({"mock", "--port", "0", "--role", "billing", "--call", "http://127.0.0.1:1", "--as", "a:b", "--plan", path});
    EXPECT_EQ(refused.exit_code, 2) << step;
    EXPECT_NE(refused.out.find("plan.yaml:2"), std::string::npos) << step << refused.out;
  }
}

}  // namespace call_test
}  // namespace meterproof
