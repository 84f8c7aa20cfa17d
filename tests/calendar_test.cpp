// SPDX-License-Identifier: Apache-2.0
// The business time of a world: what falls due happens, in order, the same every time; and nothing of it where nobody moves it.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/support/mock_process.hpp"
#include "tests/support/sanitized.hpp"

namespace meterproof {
namespace calendar_test {

using nlohmann::json;
using test::Finished;
using test::MockProcess;
using test::temporary;

const std::string meter = "860000000002";  // of U0002: 8.2 m³ on 2026-01-10, 28.60 yuan, P001: 2.61 up to 20 m³ a month
const std::string other = "860000000001";

json clock(MockProcess& mock, const json& move) { return json::parse(mock.post("/_mock/clock", move.dump()).body); }

/// Until all has happened that is to happen.
json advance(MockProcess& mock, const std::string& span) {
  json now = clock(mock, {{"advance", span}});
  while (now["business_time"] != now["target_time"]) now = clock(mock, json::object());
  return now;
}

/// Frozen, so that the test's own speed decides nothing.
void begin(MockProcess& mock, const std::string& time = "2026-02-10 12:00:00") {
  const json now = clock(mock, {{"set", time}, {"rate", 0}});
  ASSERT_EQ(now["business_time"], time) << now;
}

int pay(MockProcess& mock, const std::string& number, double money = 100.0) {
  return mock.code(
      "/api/Pay/RemotePay",
      json{{"UserCode", "U0002"}, {"MeterAddr", meter}, {"PayWay", 1}, {"PayDate", "2026-02-10 12:00:00"}, {"Money", money}, {"TransId", number}}.dump());
}

int pay_result(MockProcess& mock, const std::string& number) {
  const json reply = json::parse(mock.call("/api/Users/GetPayList", json{{"TransId", number}}.dump()).body);
  return reply["DataList"].at(0)["PayResult"].get<int>();
}

json reading(MockProcess& mock, const std::string& of = meter) {
  return json::parse(mock.call("/api/Meters/GetData", json{{"MeterAddr", of}}.dump()).body)["DataList"].at(0);
}

json data(MockProcess& mock) { return json::parse(mock.get("/_mock/data").body); }

json row(MockProcess& mock, const std::string& of) {
  const json all = data(mock);
  for (const json& one : all["meter"])
    if (one["MeterAddr"] == of) return one;
  return {};
}

/// The daily life with another line in the place of one that begins so.
std::string life_with(const std::string& name, const std::string& begin, const std::string& line) {
  std::ifstream daily(std::string(METERPROOF_SOURCE) + "/spec/meters/daily.yaml");
  const std::string path = temporary(name);
  std::ofstream out(path);
  for (std::string read; std::getline(daily, read);) out << (read.starts_with(begin) ? line : read) << "\n";
  return path;
}

/// One in fifty contacts does not come about: nothing here may depend on which.
std::vector<std::string> reachable(std::vector<std::string> more = {}) {
  more.insert(more.end(), {"--meters", life_with("reachable.yaml", "out_of_reach", "out_of_reach: 0")});
  return more;
}

std::string header(const net::Exchange& exchange, const std::string& name) {
  for (const auto& [found, value] : exchange.headers)
    if (found == name) return value;
  return "";
}

TEST(Calendar, BusinessTimeIsTheWallClockUntilItIsMoved) {
  MockProcess mock;
  const json now = json::parse(mock.get("/_mock/clock").body);
  EXPECT_EQ(now["own"], false);
  EXPECT_EQ(now["business_time"], now["wall_time"]);
  EXPECT_EQ(pay(mock, "T1"), 1);
  EXPECT_EQ(pay_result(mock, "T1"), 1) << "at once";
  EXPECT_EQ(reading(mock)["Remnant"], 128.6);
  for (const char* const path : {"/_mock/health", "/_mock/data", "/_mock/metrics", "/_mock/nothing"}) {
    const net::Exchange reply = mock.get(path);
    EXPECT_EQ(header(reply, "Mock-Wall-Time").size(), 19U) << path;
    EXPECT_EQ(header(reply, "Mock-Business-Time"), header(reply, "Mock-Wall-Time")) << path;
  }
  begin(mock);
  EXPECT_EQ(header(mock.get("/_mock/health"), "Mock-Business-Time"), "2026-02-10 12:00:00");
  EXPECT_NE(header(mock.get("/_mock/health"), "Mock-Wall-Time"), "2026-02-10 12:00:00");
}

TEST(Calendar, ATopUpReachesTheMeterAtItsNextContact) {
  MockProcess mock(reachable());
  begin(mock);
  const json before = reading(mock);
  EXPECT_EQ(pay(mock, "T1"), 1);
  EXPECT_EQ(pay_result(mock, "T1"), 0);
  EXPECT_EQ(reading(mock), before) << "the meter sleeps";
  EXPECT_EQ(clock(mock, json::object())["waiting"], 1);
  EXPECT_EQ(pay(mock, "T1"), 1) << "the number was used: nothing is carried out twice";
  EXPECT_EQ(clock(mock, json::object())["waiting"], 1);

  const json now = advance(mock, "1d");
  EXPECT_EQ(now["business_time"], "2026-02-11 12:00:00");
  EXPECT_EQ(now["waiting"], 0);
  EXPECT_GT(now["contacts"], 3);
  EXPECT_EQ(pay_result(mock, "T1"), 1);
  const json after = reading(mock);
  EXPECT_TRUE(after["ReadDate"].get<std::string>().starts_with("2026-02-11 00:")) << after;
  const double used = after["ReadNumber"].get<double>() - 8.2;
  EXPECT_GT(used, 0.09) << "half a day";
  EXPECT_LT(used, 0.75);
  EXPECT_NEAR(after["Remnant"].get<double>(), 28.60 + 100 - used * 2.61, 1e-6);
  EXPECT_NEAR(after["PeriodDosage"].get<double>(), used, 1e-6);
  EXPECT_EQ(row(mock, meter)["LastPayMoney"], "100.0");
}

TEST(Calendar, AValveObeysAtItsNextContactAndNothingFlowsWhileItIsClosed) {
  MockProcess mock(reachable());
  begin(mock);
  EXPECT_EQ(mock.code("/api/Meters/ControlValve", json{{"UserCode", "U0002"}, {"MeterAddr", meter}, {"ValveMode", 2}}.dump()), 1);
  EXPECT_EQ(reading(mock)["ValveState"], 1);
  advance(mock, "1d");
  const json closed = reading(mock), running = reading(mock, other);
  EXPECT_EQ(closed["ValveState"], 2);
  advance(mock, "10d");
  EXPECT_EQ(reading(mock)["ReadNumber"], closed["ReadNumber"]);
  EXPECT_NE(reading(mock)["ReadDate"], closed["ReadDate"]) << "it still reports";
  EXPECT_GT(reading(mock, other)["ReadNumber"].get<double>(), running["ReadNumber"].get<double>() + 1.9);
}

TEST(Calendar, WhatNoContactTakesExpires) {
  MockProcess mock({"--meters", life_with("silent.yaml", "out_of_reach", "out_of_reach: 1")});
  begin(mock);
  const json before = reading(mock);
  EXPECT_EQ(pay(mock, "T1"), 1);
  advance(mock, "2d");
  EXPECT_EQ(pay_result(mock, "T1"), 0);
  EXPECT_EQ(advance(mock, "1d")["contacts"], 0);
  EXPECT_EQ(pay_result(mock, "T1"), 2);
  EXPECT_EQ(reading(mock), before);
}

TEST(Calendar, AChangedPriceWaitsForItsDay) {
  MockProcess mock;
  begin(mock);
  json price = {{"OperationType", 2}, {"PriceTypeCode", "P001"}, {"PriceTypeName", "居民用气"},     {"StairType", 1},
                {"FreezeMonth", 1},   {"FreezeDay", 1},          {"ExeDate", "2026-03-01 00:00:00"}};
  for (int i = 1; i <= 5; ++i) price["Divid" + std::to_string(i)] = 1000.0 * i;
  for (int i = 1; i <= 6; ++i) price["Price" + std::to_string(i)] = 5.55;
  EXPECT_EQ(mock.code("/api/Meters/CreatePrice", price.dump()), 1);
  EXPECT_EQ(reading(mock)["CurPrice"], 2.61);
  advance(mock, "18d");
  EXPECT_NE(reading(mock)["CurPrice"], 5.55) << "2026-02-28 12:00";
  advance(mock, "12h");
  EXPECT_EQ(reading(mock)["CurPrice"], 5.55) << "2026-03-01 00:00";
  price["PriceTypeCode"] = "NEW";
  price["OperationType"] = 1;
  price["ExeDate"] = "2027-01-01 00:00:00";
  EXPECT_EQ(mock.code("/api/Meters/CreatePrice", price.dump()), 1);
  EXPECT_EQ(clock(mock, json::object())["waiting"], 0) << "there is no older one that could hold until then";
  EXPECT_EQ(mock.code("/api/Meters/SetPrice", json{{"MeterAddr", meter}, {"PriceTypeCode", "NEW"}}.dump()), 1);
}

TEST(Calendar, SettlementPeriodsTurnTheTiersOver) {
  MockProcess mock({"--meters", life_with("thirsty.yaml", "  ReadNumber:", "  ReadNumber: { grows: [3, 3], scale: 3 }")});
  begin(mock, "2026-11-30 12:00:00");
  advance(mock, "31d");  // 2026-12-31 12:00
  const json december = row(mock, meter);
  EXPECT_EQ(december["CycleStart"], "2026-12-01");
  EXPECT_GT(std::stod(december["CycleVolume"].get<std::string>()), 80) << "in the fifth tier or above";
  EXPECT_GT(reading(mock)["CurPrice"].get<double>(), 3.4);
  advance(mock, "1d");
  EXPECT_EQ(row(mock, meter)["CycleStart"], "2027-01-01");
  EXPECT_EQ(reading(mock)["CurPrice"], 2.61);
}

TEST(Calendar, TheSameStepsMakeTheSameRows) {
  MockProcess one, many;
  for (MockProcess* const mock : {&one, &many}) {
    begin(*mock);
    EXPECT_EQ(pay(*mock, "T1"), 1);
  }
  advance(one, "90d");
  for (int day = 0; day < 90; ++day) advance(many, "1d");
  EXPECT_EQ(data(one), data(many));
  EXPECT_EQ(clock(one, json::object())["contacts"], clock(many, json::object())["contacts"]);
}

TEST(Calendar, RunsAsFastAsItIsToldAndStandsStill) {
  MockProcess mock;
  begin(mock);
  EXPECT_EQ(clock(mock, {{"rate", 1e7}})["rate"], 1e7);
  json now;
  do now = json::parse(mock.get("/_mock/clock").body);
  while (now["contacts"] < 1000);
  now = clock(mock, {{"rate", 0}});
  while (now["business_time"] != now["target_time"]) now = clock(mock, json::object());
  EXPECT_EQ(clock(mock, json::object())["business_time"], now["business_time"]);
  EXPECT_GT(now["business_time"], "2026-02-11");
}

TEST(Calendar, BackOnTheWallClockWhatWaitsIsCarriedOut) {
  MockProcess mock;
  begin(mock);
  EXPECT_EQ(pay(mock, "T1"), 1);
  const json now = clock(mock, {{"wall", true}});
  EXPECT_EQ(now["own"], false);
  EXPECT_EQ(now["waiting"], 0);
  EXPECT_EQ(pay_result(mock, "T1"), 1);
  EXPECT_EQ(reading(mock)["Remnant"], 128.6);
}

TEST(Calendar, RefusalsSayWhatMayStandThere) {
  MockProcess mock;
  begin(mock);
  const std::vector<std::pair<json, std::string>> table = {
      {{{"advance", "1 day"}}, "must be a span"},
      {{{"advance", "-1d"}}, "must be a span"},
      {{{"advance", 5}}, "must be a text"},
      {{{"set", "2026-02-10"}}, "must be a time"},
      {{{"set", "9999-01-01 00:00:00"}}, "must be a time"},
      {{{"set", "2026-02-10 11:59:59"}}, "business time is 2026-02-10 12:00:00 and cannot go back"},
      {{{"advance", "1d"}, {"set", "2026-03-01 00:00:00"}}, "\"advance\" cannot be given together with \"set\""},
      {{{"wall", true}, {"rate", 2}}, "\"wall\" cannot be given together with \"rate\""},
      {{{"wall", false}}, "\"wall\" is true"},
      {{{"rate", -1}}, "within 0 and 10000000"},
      {{{"rate", 1e300}}, "within 0 and 10000000"},
      {{{"rate", "fast"}}, "must be a number"},
      {{{"advanced", "1d"}}, "did you mean \"advance\""},
      {{{"world", "mars"}}, "no world \"mars\""},
      {json::array(), "an object is expected"},
  };
  for (const auto& [body, why] : table) {
    const net::Exchange reply = mock.post("/_mock/clock", body.dump());
    EXPECT_GE(reply.status, 400) << body;
    EXPECT_NE(json::parse(reply.body)["error"].get<std::string>().find(why), std::string::npos) << body << reply.body;
  }
  EXPECT_EQ(clock(mock, json::object())["business_time"], "2026-02-10 12:00:00") << "nothing of it was done";
}

TEST(Calendar, EachWorldHasItsOwnAndItGoesWithSnapshotsAndForks) {
  MockProcess mock(reachable({"--worlds", "per-app", "--app", "demo:demo-secret", "--app", "second:secret-2"}));
  ASSERT_EQ(clock(mock, {{"world", "demo"}, {"set", "2026-02-10 12:00:00"}, {"rate", 0}})["own"], true);
  EXPECT_EQ(json::parse(mock.get("/_mock/clock?world=second").body)["own"], false);
  EXPECT_EQ(pay(mock, "T1"), 1);
  ASSERT_EQ(json::parse(mock.post("/_mock/worlds/save", R"({"world": "demo", "as": "waits"})").body)["status"], "saved");
  clock(mock, {{"world", "demo"}, {"advance", "1d"}});
  EXPECT_EQ(pay_result(mock, "T1"), 1);
  ASSERT_EQ(json::parse(mock.post("/_mock/worlds/fork", R"({"from": "waits", "to": "second"})").body)["status"], "replaced");
  const json forked = json::parse(mock.get("/_mock/clock?world=second").body);
  EXPECT_EQ(forked["business_time"], "2026-02-10 12:00:00");
  EXPECT_EQ(forked["waiting"], 1);
  EXPECT_EQ(clock(mock, {{"world", "second"}, {"advance", "1d"}})["waiting"], 0);
  const auto difference = mock.post("/_mock/worlds/diff", R"({"before": "demo", "after": "second"})");
  const json counts = json::parse(difference.body);
  EXPECT_EQ(counts["changed"].get<int>() + counts["added"].get<int>() + counts["removed"].get<int>(), 0) << difference.body;
  EXPECT_EQ(json::parse(mock.post("/_mock/data/reset?world=second", "{}").body)["status"], "reset");
  EXPECT_EQ(json::parse(mock.get("/_mock/clock?world=second").body)["own"], true);
}

/// A top-up without a signature: after a restart the timestamps of before are used.
int act(MockProcess& mock, const std::string& number) {
  const json body = {{"UserCode", "U0002"}, {"MeterAddr", meter}, {"PayWay", 1}, {"PayDate", "2026-02-10 12:00:00"}, {"Money", 100.0}, {"TransId", number}};
  const json reply = json::parse(mock.post("/_mock/exchange", json{{"interface", "RemotePay"}, {"body", body}}.dump()).body);
  return json::parse(reply["reply"].get<std::string>())["ResultCode"].get<int>();
}

std::string stored_result(MockProcess& mock, const std::string& number) {
  return json::parse(mock.get("/_mock/rows?table=payment&search=" + number).body)["rows"].at(0)["PayResult"].get<std::string>();
}

TEST(Calendar, AStoreKeepsTheTimeAndWhatWaits) {
  const std::string path = temporary("calendar.db");
  for (const char* const more : {"", "-wal", "-shm"}) std::filesystem::remove(path + more);
  {
    MockProcess mock(reachable({"--store", path}));
    begin(mock);
    EXPECT_EQ(act(mock, "T1"), 1);
    EXPECT_EQ(act(mock, "T2"), 1);
    mock.process().signal(SIGKILL);
    mock.process().finish();
  }
  {
    MockProcess mock(reachable({"--store", path}));
    EXPECT_EQ(clock(mock, json::object())["business_time"], "2026-02-10 12:00:00");
    EXPECT_EQ(clock(mock, json::object())["waiting"], 2);
    EXPECT_EQ(stored_result(mock, "T1"), "0");
    advance(mock, "1d");
    EXPECT_EQ(stored_result(mock, "T2"), "1");
    mock.process().signal(SIGTERM);
    mock.process().finish();
  }
  MockProcess mock(reachable({"--store", path}));
  EXPECT_EQ(clock(mock, json::object())["waiting"], 0);
  EXPECT_EQ(clock(mock, json::object())["business_time"], "2026-02-11 12:00:00");
  EXPECT_EQ(stored_result(mock, "T1"), "1");
}

TEST(Calendar, AStoreOfTheVersionBeforeIsTakenOver) {
  const std::string path = temporary("older.db");
  for (const char* const more : {"", "-wal", "-shm"}) std::filesystem::remove(path + more);
  {
    MockProcess mock(reachable({"--store", path}));
    EXPECT_EQ(act(mock, "T1"), 1);
    mock.process().signal(SIGTERM);
    EXPECT_EQ(mock.process().finish().exit_code, 0);
  }
  sqlite3* opened = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &opened), SQLITE_OK);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database(opened, sqlite3_close);
  ASSERT_EQ(
      sqlite3_exec(opened, "ALTER TABLE meterproof_worlds DROP COLUMN clock; DROP TABLE meterproof_waiting; PRAGMA user_version=1", nullptr, nullptr, nullptr),
      SQLITE_OK)
      << "as version 1 made it";
  ASSERT_EQ(sqlite3_exec(opened, "PRAGMA wal_checkpoint(TRUNCATE)", nullptr, nullptr, nullptr), SQLITE_OK);
  MockProcess mock(reachable({"--store", path}));
  EXPECT_EQ(stored_result(mock, "T1"), "1");
  EXPECT_EQ(clock(mock, json::object())["own"], false);
  begin(mock);
  EXPECT_EQ(act(mock, "T2"), 1);
  EXPECT_EQ(stored_result(mock, "T2"), "0");
}

TEST(Calendar, AYearOfAThousandMeters) {
  MockProcess mock({"--generate-meters", "1000"});
  begin(mock, "2026-01-10 12:00:00");
  const json now = advance(mock, "365d");
  EXPECT_GT(now["contacts"], 1000 * 365 * 0.97);
  EXPECT_LT(now["contacts"], 1010 * 365);
  EXPECT_TRUE(row(mock, "990000000999")["ReadDate"].get<std::string>().starts_with("2027-01-")) << row(mock, "990000000999");
  EXPECT_LT(std::stod(row(mock, meter)["Voltage"].get<std::string>()), 3.55);
}

TEST(Calendar, WhatAMeterUsedBeforeItWasThereIsNotCharged) {
  MockProcess mock(reachable());
  begin(mock, "2026-01-10 12:00:00");
  advance(mock, "300d");
  const json created = {{"UserCode", "NEW"}, {"UserName", "新"},   {"DeptId", "1"},  {"DeptName", "东"},        {"DoorPlate", "1"},
                        {"Address", "街"},   {"MeterAddr", "NEW"}, {"PayType", "3"}, {"PriceTypeCode", "P001"}, {"MeterTypeID", "51"}};
  ASSERT_EQ(mock.code("/api/Meters/CreateMeter", created.dump()), 1);
  advance(mock, "1d");
  EXPECT_LT(std::stod(row(mock, "NEW")["ReadNumber"].get<std::string>()), 1.5) << "a day at the most";
  ASSERT_EQ(json::parse(mock.post("/_mock/data/reset", "{}").body)["status"], "reset");
  advance(mock, "1d");
  EXPECT_LT(std::stod(row(mock, meter)["ReadNumber"].get<std::string>()), 8.2 + 1.5) << "the rows are those of the start, and nobody knows what was used since";
}

TEST(Calendar, ASecondWithManyContactsIsTakenInParts) {
  MockProcess mock({"--generate-meters", "5000", "--meters", life_with("at_once.yaml", "within", "within: 1s")});
  begin(mock);
  clock(mock, {{"rate", 0}});
  const json now = advance(mock, "2d");
  EXPECT_GT(now["contacts"], 2 * 5000 * 0.96);
  EXPECT_LT(now["contacts"], 2 * 5006);
  // The requests of others move it on by two thousand contacts each.
  MockProcess by_requests({"--generate-meters", "5000", "--meters", life_with("at_once.yaml", "within", "within: 1s")});
  begin(by_requests);
  clock(by_requests, {{"rate", 1e7}});
  while (json::parse(by_requests.get("/_mock/clock").body)["contacts"] < 20'000) {
  }
  EXPECT_TRUE(json::parse(by_requests.get("/_mock/rows?table=meter&search=990000004999").body)["rows"].at(0).contains("ReadDate"));
}

TEST(Calendar, RowsCanBeChangedAndEmptied) {
  MockProcess mock;
  const auto patch = [&](const json& body) {
    net::HttpClient client({"127.0.0.1", mock.port(), ""}, test::longest_answer);
    return client.exchange({"PATCH", "/_mock/data", {{"Content-Type", "application/json"}}, body.dump()});
  };
  EXPECT_EQ(patch({{"meter", {{{"MeterAddr", meter}, {"Remark", "seen"}, {"Voltage", 3.1}, {"LastPayMoney", nullptr}}}}}).status, 200);
  EXPECT_EQ(row(mock, meter)["Remark"], "seen");
  EXPECT_EQ(row(mock, meter)["Voltage"], "3.1");
  EXPECT_FALSE(row(mock, meter).contains("LastPayMoney"));
  EXPECT_EQ(row(mock, meter)["Remnant"], "28.60") << "what is not named stays";
  EXPECT_EQ(patch({{"user", {{{"UserCode", "UX"}}}}, {"meter", {{{"MeterAddr", "MX"}, {"UserCode", "UX"}}}}}).status, 200) << "both are new";
  for (const json& wrong : std::vector<json>{{{"meter", {{{"MeterAddr", meter}, {"UserCode", "nobody"}}}}},
                                             {{"meter", {{{"Remark", "x"}}}}},
                                             {{"metre", json::array()}},
                                             {{"meter", {{{"MeterAddr", meter}, {"Voltage", "much"}}}}},
                                             {{"meter", {{{"MeterAddr", meter}, {"Volt", 1}}}}}})
    EXPECT_EQ(patch(wrong).status, 400) << wrong;
}

TEST(Calendar, IsMovedFromTheCommandLine) {
  MockProcess mock;
  const auto run = [&](std::vector<std::string> words, const std::string& language = "en") {
    words.insert(words.begin(), {"--lang", language, "world", "clock", mock.url()});
    return test::run(words);
  };
  EXPECT_NE(run({}).out.find("shared: business time is the wall clock, 20"), std::string::npos);
  EXPECT_NE(run({"--set", "2026-02-10 12:00:00", "--rate", "0"}).out.find("business time 2026-02-10 12:00:00, 0.0 times as fast"), std::string::npos);
  const Finished moved = run({"--advance", "365d"});
  EXPECT_EQ(moved.exit_code, 0);
  EXPECT_NE(moved.out.find("business time 2027-02-10 12:00:00"), std::string::npos) << moved.out;
  EXPECT_NE(run({}, "zh").out.find("业务时间 2027-02-10 12:00:00"), std::string::npos);
  EXPECT_EQ(run({"--advance", "soon"}).exit_code, 2);
  EXPECT_EQ(run({"--advance", "1d", "--set", "2028-01-01 00:00:00"}).exit_code, 2);
  EXPECT_NE(run({"--wall"}).out.find("is the wall clock"), std::string::npos);
}

TEST(Calendar, AFileOfMetersIsReadWithItsMistakes) {
  const std::vector<std::pair<std::string, std::string>> table = {{"every: 1d", "every: soon"},
                                                                  {"every: 1d", "every: 0s"},
                                                                  {"within: 30m", "within: 2d"},
                                                                  {"contact: ReportData", "contact: Report"},
                                                                  {"meter: MeterAddr", "meter: ReadNumber"},
                                                                  {"where:", "where: { State: active }"},
                                                                  {"out_of_reach", "out_of_reach: 2"},
                                                                  {"  MeterCSQ:", "  MeterCSQ: { beetween: [10, 31] }"},
                                                                  {"  RSRP:", "  RSRP: { between: [1, x] }"},
                                                                  {"  CC:", "  CC: { between: [2, 0] }"},
                                                                  {"  PeriodDosage:", "  Reserve: { grows: [1, 2] }"}};
  for (const auto& [begin, line] : table) {
    const Finished refused = test::run({"mock", "--port", "0", "--meters", life_with("bad.yaml", begin, line)});
    EXPECT_EQ(refused.exit_code, 2) << line;
    EXPECT_NE(refused.out.find("bad.yaml:"), std::string::npos) << line << refused.out;
  }
  EXPECT_EQ(test::run({"mock", "--port", "0", "--meters", "/nowhere.yaml"}).exit_code, 2);
}

// Nobody has asked for a while: what has passed is there after a stop.
TEST(Calendar, TimeThatNobodyAskedForIsKept) {
  const std::string store = test::temporary("passed.db");
  for (const char* const more : {"", "-wal", "-shm"}) std::filesystem::remove(store + more);
  {
    MockProcess mock({"--store", store});
    EXPECT_EQ(mock.post("/_mock/clock", R"({"set": "2026-05-01 00:00:00", "rate": 172800})").status, 200);
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // its clocks have whole seconds: one has passed
    mock.process().signal(SIGTERM);
    EXPECT_EQ(mock.process().finish().exit_code, 0);
  }
  MockProcess mock({"--store", store});
  const json now = json::parse(mock.post("/_mock/clock", R"({"rate": 0})").body);
  EXPECT_GE(now["business_time"].get<std::string>(), "2026-05-03") << "two days in a second, and nobody asked";
  for (const char* const more : {"", "-wal", "-shm"}) std::filesystem::remove(store + more);
}

}  // namespace calendar_test
}  // namespace meterproof
