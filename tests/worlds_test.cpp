// SPDX-License-Identifier: Apache-2.0
// The worlds of a mock: nobody meets the rows of another appId; snapshots, restores, forks and differences over the admin API.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/threads/thread_group.hpp"
#include "tests/support/mock_process.hpp"

namespace meterproof {
namespace worlds_test {

using nlohmann::json;
using test::MockProcess;

const auth::App first{"first", "secret-1"}, second{"second", "secret-2"};
const std::string meter = "860000000002";

json put(MockProcess& mock, const std::string& path, const json& body) { return json::parse(mock.post("/_mock/worlds" + path, body.dump()).body); }

/// A top-up of the meter by 1 yuan.
int pay(MockProcess& mock, const auth::App& app, const std::string& number) {
  const json body = {{"UserCode", "U0002"}, {"MeterAddr", meter}, {"PayWay", 1}, {"PayDate", "2026-03-14 10:00:00"}, {"Money", 1.0}, {"TransId", number}};
  return json::parse(mock.call("/api/Pay/RemotePay", body.dump(), app).body)["ResultCode"].get<int>();
}

std::string balance(MockProcess& mock, const auth::App& app) {
  const json reply = json::parse(mock.call("/api/Meters/GetData", json{{"MeterAddr", meter}}.dump(), app).body);
  return reply["ResultCode"] == 1 ? reply["DataList"].at(0)["Remnant"].dump() : reply.dump();
}

MockProcess of_each() { return MockProcess({"--worlds", "per-app", "--app", "first:secret-1", "--app", "second:secret-2"}); }

TEST(Worlds, NobodyMeetsTheRowsOfAnotherAppId) {
  MockProcess mock = of_each();
  const std::string before = balance(mock, second);
  EXPECT_EQ(balance(mock, first), before);
  EXPECT_EQ(pay(mock, first, "T1"), 1);
  EXPECT_NE(balance(mock, first), before);
  EXPECT_EQ(balance(mock, second), before);
  EXPECT_EQ(pay(mock, second, "T1"), 1) << "the number was not used in this world";
  EXPECT_EQ(balance(mock, second), balance(mock, first));
}

TEST(Worlds, AllShareOneUnlessTheyAreToHaveTheirOwn) {
  MockProcess mock({"--app", "first:secret-1", "--app", "second:secret-2"});
  EXPECT_EQ(pay(mock, first, "T1"), 1);
  EXPECT_EQ(balance(mock, second), balance(mock, first));
  const json worlds = json::parse(mock.get("/_mock/worlds").body);
  EXPECT_EQ(worlds["per_app"], false);
  ASSERT_EQ(worlds["worlds"].size(), 1U);
  EXPECT_EQ(worlds["worlds"][0]["name"], "shared");
  EXPECT_GT(worlds["worlds"][0]["rows"]["meter"], 5);
}

TEST(Worlds, ASnapshotKeepsWhatWas) {
  MockProcess mock({"--app", "first:secret-1"});
  const std::string before = balance(mock, first);
  EXPECT_EQ(put(mock, "/save", {{"as", "before"}})["status"], "saved");
  EXPECT_EQ(pay(mock, first, "T1"), 1);
  const std::string after = balance(mock, first);
  ASSERT_NE(after, before);

  const json changes = put(mock, "/diff", {{"before", "before"}, {"after", "shared"}});
  EXPECT_EQ(changes["added"], 1) << changes;
  EXPECT_EQ(changes["changed"], 1);
  EXPECT_EQ(changes["removed"], 0);
  for (const json& row : changes["rows"]) {
    const bool is_payment = row["table"] == "payment";
    EXPECT_EQ(row["kind"], is_payment ? "added" : "changed");
    EXPECT_EQ(row["key"], is_payment ? "T1" : meter);
    EXPECT_TRUE(row["cells"].contains(is_payment ? "Money" : "Remnant")) << row;
    if (!is_payment) EXPECT_EQ(row["cells"]["Remnant"], json({"28.60", "29.60"}));
  }
  const json other_way = put(mock, "/diff?limit=0", {{"before", "shared"}, {"after", "before"}});
  EXPECT_EQ(other_way["removed"], 1);
  EXPECT_TRUE(other_way["rows"].empty());

  EXPECT_EQ(put(mock, "/restore", {{"from", "before"}})["world"], "shared");
  EXPECT_EQ(balance(mock, first), before);
  EXPECT_EQ(pay(mock, first, "T1"), 1) << "the payment is gone, and its number free";
  EXPECT_EQ(put(mock, "/restore", {{"from", "before"}})["status"], "replaced") << "as often as one likes";
  EXPECT_EQ(balance(mock, first), before);

  const json listed = json::parse(mock.get("/_mock/worlds").body)["snapshots"];
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0]["name"], "before");
  EXPECT_EQ(listed[0]["world"], "shared");
  EXPECT_FALSE(listed[0]["taken"].get<std::string>().empty());
}

TEST(Worlds, AForkGoesItsOwnWay) {
  MockProcess mock = of_each();
  EXPECT_EQ(pay(mock, first, "T1"), 1);
  EXPECT_EQ(put(mock, "/fork", {{"from", "first"}, {"to", "second"}})["world"], "second");
  const std::string forked = balance(mock, second);
  EXPECT_EQ(forked, balance(mock, first));
  EXPECT_EQ(pay(mock, second, "T2"), 1);
  EXPECT_EQ(pay(mock, first, "T2"), 1);
  EXPECT_EQ(pay(mock, first, "T3"), 1);
  EXPECT_NE(balance(mock, first), balance(mock, second));
  EXPECT_NE(balance(mock, second), forked);
}

TEST(Worlds, DataIsOfTheWorldThatIsNamed) {
  MockProcess mock({"--worlds", "per-app", "--app", "first:secret-1", "--app", "二号 & co:secret-2"});
  const std::string second_data = "/_mock/data?world=%E4%BA%8C%E5%8F%B7%20%26%20co&limit=1";
  EXPECT_EQ(json::parse(mock.get(second_data).body)["user"].size(), 1U);
  EXPECT_EQ(pay(mock, first, "T1"), 1);
  const auto has_payment = [&](const std::string& world) { return mock.get("/_mock/data?world=" + world).body.find("\"T1\"") != std::string::npos; };
  EXPECT_TRUE(has_payment("first"));
  EXPECT_EQ(put(mock, "/save", {{"world", "first"}, {"as", "paid"}})["status"], "saved");
  EXPECT_TRUE(has_payment("paid")) << "a snapshot can be read as well";
  EXPECT_FALSE(has_payment("%E4%BA%8C%E5%8F%B7%20%26%20co"));
  EXPECT_EQ(mock.post("/_mock/data/reset?world=first", "").status, 200);
  EXPECT_FALSE(has_payment("first"));
  EXPECT_TRUE(has_payment("paid"));
}

TEST(Worlds, WhatCannotBeDoneIsRefusedWithTheReason) {
  MockProcess mock = of_each();
  ASSERT_EQ(put(mock, "/save", {{"world", "first"}, {"as", "kept"}})["status"], "saved");
  const struct {
    const char *method, *path, *body;
    int status;
    const char* word;
  } table[] = {
      {"POST", "/worlds/save", R"({"as":"x"})", 400, "there are several worlds: say which, one of first, second"},
      {"POST", "/worlds/save", R"({"world":"frist","as":"x"})", 404, "\"first\""},
      {"POST", "/worlds/save", R"({"world":"first"})", 400, "\"as\" is missing"},
      {"POST", "/worlds/save", R"({"world":"first","as":"second"})", 400, "a world is called \"second\""},
      {"POST", "/worlds/save", R"({"world":"first","as":"a/b"})", 400, "name"},
      {"POST", "/worlds/save", R"({"world":"first","as":""})", 400, "name"},
      {"POST", "/worlds/save", R"({"world":"first","as":7})", 400, "\"as\" must be a text"},
      {"POST", "/worlds/save", R"({"world":"first","name":"x"})", 400, "unknown key \"name\""},
      {"POST", "/worlds/save", "[]", 400, "world, as"},
      {"POST", "/worlds/save", R"({"world":"first",})", 400, "comma"},
      {"POST", "/worlds/restore", R"({"world":"first","from":"gone"})", 404, "gone"},
      {"POST", "/worlds/fork", R"({"from":"first","to":"third"})", 404, "third"},
      {"POST", "/worlds/diff", R"({"before":"first"})", 400, "\"after\" is missing"},
      {"POST", "/worlds/diff?world=first", R"({"before":"first","after":"second"})", 400, "unknown parameter \"world\""},
      {"POST", "/worlds/save", R"({"world":"first","as":".."})", 400, "does not begin with ."},
      {"POST", "/worlds/save", R"({"world":"first","as":"a|b"})", 400, "letters"},
      {"POST", "/worlds/save", R"({"world":"kept","as":"x"})", 400, "\"kept\" is a snapshot"},
      {"POST", "/worlds/fork", R"({"from":"first","to":"kept"})", 400, "\"kept\" is a snapshot"},
      {"POST", "/data/reset?world=kept", "", 400, "\"kept\" is a snapshot"},
      {"GET", "/data?world=keptt", "", 404, "did you mean \"kept\""},
      {"POST", "/worlds/diff", R"({"before":"first","after":"keptt"})", 404, "did you mean \"kept\""},
      {"DELETE", "/worlds/snapshots/first", "", 404, "no snapshot \"first\""},
      {"POST", "/data/reset?world=first&world=second", "", 400, "\"world\" is given more than once"},
      {"GET", "/data?limit=1&world=first&limit=2", "", 400, "\"limit\" is given more than once"},
      {"DELETE", "/worlds/snapshots/gone", "", 404, "gone"},
      {"DELETE", "/worlds/snapshots", "", 400, "NAME"},
      {"GET", "/data", "", 400, "there are several worlds"},
      {"GET", "/data?world=third", "", 404, "third"},
      {"POST", "/data/reset", "", 400, "there are several worlds"},
      {"PUT", "/data", "{}", 400, "there are several worlds"},
      {"GET", "/worlds/save", "", 405, "GET is not for"},
  };
  for (const auto& row : table) {
    const net::HttpRequest request{row.method, std::string("/_mock") + row.path, {{"Content-Type", "application/json"}}, row.body};
    const net::Exchange reply = net::HttpClient({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(10)).exchange(request);
    const std::string what = std::string(row.path) + " " + row.body + ": " + reply.body;
    ASSERT_EQ(reply.status, row.status) << what;
    const json said = json::parse(reply.body);
    EXPECT_NE(said["error"].get<std::string>().find(row.word), std::string::npos) << what;
    EXPECT_NE(said["error"], said["error_zh"]) << what;
  }
}

TEST(Worlds, SnapshotsHaveALimitAndCanBeRemoved) {
  MockProcess mock({"--app", "first:secret-1"});
  for (int i = 0; i < 100; ++i) ASSERT_EQ(put(mock, "/save", {{"as", "s" + std::to_string(i)}})["status"], "saved") << i;
  EXPECT_NE(put(mock, "/save", {{"as", "one-more"}})["error"].get<std::string>().find("100 snapshots"), std::string::npos);
  EXPECT_EQ(put(mock, "/save", {{"as", "s7"}})["status"], "saved") << "in the place of the one of that name";
  const net::HttpRequest remove{"DELETE", "/_mock/worlds/snapshots/s7", {}, ""};
  EXPECT_EQ(net::HttpClient({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(10)).exchange(remove).status, 200);
  EXPECT_EQ(put(mock, "/save", {{"as", "one-more"}})["status"], "saved");
}

// Snapshots are taken and worlds forked while several threads serve requests of both.
TEST(Worlds, MayBeCopiedWhileRequestsCome) {
  MockProcess mock({"--worlds", "per-app", "--app", "first:secret-1", "--app", "second:secret-2", "--threads", "2", "--replay-protection", "off"});
  std::vector<std::thread> clients;
  for (const auth::App& app : {first, second})
    clients.emplace_back([&mock, app] {
      net::HttpClient client({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(10));
      const auto now = core::local_time(std::chrono::system_clock::now(), std::chrono::minutes(480));
      const auto headers = auth::Signer(test::specification().authentication).headers(app, now.compact());
      for (int i = 0; i < 200; ++i) {
        const json body = {{"UserCode", "U0002"}, {"MeterAddr", meter},          {"PayWay", 1}, {"PayDate", "2026-03-14 10:00:00"},
                           {"Money", 1.0},        {"TransId", std::to_string(i)}};
        EXPECT_EQ(json::parse(client.exchange({"POST", "/api/Pay/RemotePay", headers, body.dump()}).body)["ResultCode"], 1);
      }
    });
  for (int i = 0; i < 50; ++i) {
    const std::string name = "s" + std::to_string(i % 5);
    EXPECT_EQ(put(mock, "/save", {{"world", i % 2 == 0 ? "first" : "second"}, {"as", name}})["status"], "saved");
    EXPECT_TRUE(put(mock, "/diff", {{"before", name}, {"after", "first"}}).contains("changed"));
  }
  for (std::thread& one : clients) one.join();
  for (const auth::App& app : {first, second}) EXPECT_EQ(balance(mock, app), "228.6") << app.id;
}

// Reports of different meters are settled at the same time, by several threads; those of one meter are not, and nobody else sees one half done.
TEST(Worlds, ReportsAreSettledBesideEachOther) {
  constexpr int meters = 6, reports = 150, clients = 3;
  const auto meter_of = [](int number) { return "99000000000" + std::to_string(number); };
  const core::DateTime begin = *core::DateTime::parse("2026-03-14 10:00:00");
  const auto report = [&](int number, int i) {
    return json{{"MeterAddr", meter_of(number)}, {"ReadNumber", i}, {"ReadDate", (begin + std::chrono::seconds(i)).to_string()}}.dump();
  };
  const auto headers = [] {
    const auto now = core::local_time(std::chrono::system_clock::now(), std::chrono::minutes(480));
    return auth::Signer(test::specification().authentication).headers(first, now.compact());
  };
  const auto ask = [&](net::HttpClient& client, const std::string& body) {
    return json::parse(client.exchange({"POST", "/api/Meters/GetData", headers(), body}).body);
  };
  const auto row_of = [&](net::HttpClient& client, int number) { return ask(client, json{{"MeterAddr", meter_of(number)}}.dump())["DataList"].at(0); };
  const std::vector<std::string> plain = {"--app", "first:secret-1", "--replay-protection", "off", "--generate-meters", std::to_string(meters)};
  std::vector<std::string> on_threads = plain;
  on_threads.insert(on_threads.end(), {"--threads", std::to_string(clients)});
  MockProcess one(plain), several(on_threads);

  // What each reading leaves of the money, where one report comes after the other.
  std::map<int, std::string> left;
  net::HttpClient alone({"127.0.0.1", one.port(), ""}, std::chrono::seconds(10));
  left[0] = row_of(alone, 0)["Remnant"].dump();
  for (int i = 1; i <= reports; ++i) {
    ASSERT_EQ(ask(alone, report(0, i))["ResultCode"], 1);
    left[i] = row_of(alone, 0)["Remnant"].dump();
  }

  std::atomic<int> refused = 0, at_work = clients;
  core::ThreadGroup all;
  for (int which = 0; which < clients; ++which)
    all.start([&, which] {
      net::HttpClient client({"127.0.0.1", several.port(), ""}, std::chrono::seconds(10));
      for (int i = 1; i <= reports; ++i)
        for (int number = 0; number < meters; ++number)
          if (ask(client, report((number + which) % meters, i))["ResultCode"] != 1) ++refused;
      --at_work;
    });
  net::HttpClient reader({"127.0.0.1", several.port(), ""}, std::chrono::seconds(10));
  std::vector<int> last(meters, 0);
  for (int i = 0; at_work > 0; ++i) {
    const int number = i % meters;
    const json row = row_of(reader, number);
    const int reading = row["ReadNumber"].get<int>();
    EXPECT_GE(reading, last[static_cast<std::size_t>(number)]);
    EXPECT_EQ(row["Remnant"].dump(), left[reading]) << reading;
    if (reading > 0) {
      EXPECT_EQ(row["ReadDate"], (begin + std::chrono::seconds(reading)).to_string());
    }
    last[static_cast<std::size_t>(number)] = reading;
    if (i % 20 == 0) {
      EXPECT_EQ(put(several, "/save", {{"as", "s" + std::to_string(i % 3)}})["status"], "saved");
    }
  }
  all.join();
  EXPECT_EQ(refused, 0);
  for (int number = 0; number < meters; ++number) {
    const json row = row_of(reader, number);
    EXPECT_EQ(row["ReadNumber"], reports);
    EXPECT_EQ(row["Remnant"].dump(), left[reports]) << number;
  }
}

// A fault is hit as often as it is to be, however many threads meet it, and may be removed while they do.
TEST(Worlds, FaultsAreCountedAcrossThreads) {
  MockProcess mock({"--worlds", "per-app", "--app", "first:secret-1", "--app", "second:secret-2", "--threads", "2", "--replay-protection", "off"});
  ASSERT_EQ(mock.post("/_mock/faults", R"({"kind":"database","times":50})").status, 200);
  std::atomic<int> hits = 0;
  std::vector<std::thread> clients;
  for (const auth::App& app : {first, second})
    clients.emplace_back([&mock, &hits, app] {
      net::HttpClient client({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(10));
      const auto now = core::local_time(std::chrono::system_clock::now(), std::chrono::minutes(480));
      const auto headers = auth::Signer(test::specification().authentication).headers(app, now.compact());
      for (int i = 0; i < 200; ++i)
        if (json::parse(client.exchange({"POST", "/api/Meters/GetData", headers, json{{"MeterAddr", meter}}.dump()}).body)["ResultCode"] == -203) ++hits;
    });
  for (int i = 0; i < 50; ++i) {
    const json added = json::parse(mock.post("/_mock/faults", R"({"kind":"delay","delay_ms":1,"probability":0.5})").body);
    const net::HttpRequest remove{"DELETE", "/_mock/faults/" + added["fault"]["id"].get<std::string>(), {}, ""};
    EXPECT_EQ(net::HttpClient({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(10)).exchange(remove).status, 200);
  }
  for (std::thread& one : clients) one.join();
  EXPECT_EQ(hits, 50);
}

}  // namespace worlds_test
}  // namespace meterproof
