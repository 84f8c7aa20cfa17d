// SPDX-License-Identifier: Apache-2.0
// The store of a mock: what it has answered is in the file, whenever and however it ends.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <thread>

#include "tests/support/mock_process.hpp"

namespace meterproof {
namespace store_test {

using nlohmann::json;
using test::MockProcess;
using test::temporary;

const auth::App first{"first", "secret-1"}, second{"second", "secret-2"};
const std::string meter = "860000000002";

/// A file that is new, and gone at the end with what SQLite has put beside it.
class File {
 public:
  explicit File(const std::string& name) : path_(temporary(name)) { remove(); }
  ~File() { remove(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const std::string& path() const { return path_; }
  void remove() const {
    for (const char* const more : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + more);
  }

 private:
  std::string path_;
};

/// The first column of what the query finds.
std::vector<std::string> query(const std::string& path, const std::string& sql) {
  sqlite3* opened = nullptr;
  sqlite3_open(path.c_str(), &opened);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database(opened, sqlite3_close);
  std::vector<std::string> out;
  char* error = nullptr;
  const auto take = [](void* rows, int, char** values, char**) {
    static_cast<std::vector<std::string>*>(rows)->emplace_back(values[0] == nullptr ? "" : values[0]);
    return 0;
  };
  sqlite3_exec(opened, sql.c_str(), take, &out, &error);
  EXPECT_EQ(error, nullptr) << error << ": " << sql;
  sqlite3_free(error);
  return out;
}

std::string payment(const std::string& number) {
  return json{{"UserCode", "U0002"}, {"MeterAddr", meter}, {"PayWay", 1}, {"PayDate", "2026-03-14 10:00:00"}, {"Money", 1.0}, {"TransId", number}}.dump();
}

int pay(MockProcess& mock, const auth::App& app, const std::string& number) {
  return json::parse(mock.call("/api/Pay/RemotePay", payment(number), app).body)["ResultCode"].get<int>();
}

std::string balance(MockProcess& mock, const auth::App& app) {
  const json reply = json::parse(mock.call("/api/Meters/GetData", json{{"MeterAddr", meter}}.dump(), app).body);
  return reply["ResultCode"] == 1 ? reply["DataList"].at(0)["Remnant"].dump() : reply.dump();
}

json put(MockProcess& mock, const std::string& path, const json& body) { return json::parse(mock.post("/_mock/worlds" + path, body.dump()).body); }

/// Ends it as a service manager does: the file is closed.
void stop(MockProcess& mock) {
  mock.process().signal(SIGTERM);
  EXPECT_EQ(mock.process().finish().exit_code, 0);
}

/// Ends it as a fault does.
void kill(MockProcess& mock) {
  mock.process().signal(SIGKILL);
  mock.process().finish();
}

std::vector<std::string> arguments(const File& file, const std::vector<std::string>& more = {}) {
  std::vector<std::string> out = {"--store", file.path(), "--app", "first:secret-1", "--app", "second:secret-2"};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

TEST(Store, ARestartFindsEverythingAgain) {
  const File file("again.db");
  std::string paid, before;
  net::HttpRequest once{"POST", "/api/Pay/RemotePay", {}, payment("T2")};
  {
    MockProcess mock(arguments(file));
    before = balance(mock, first);
    EXPECT_EQ(put(mock, "/save", {{"as", "before"}})["status"], "saved");
    EXPECT_EQ(pay(mock, first, "T1"), 1);
    once.headers = mock.headers(first);
    net::HttpClient client({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(10));
    EXPECT_EQ(json::parse(client.exchange(once).body)["ResultCode"], 1);
    paid = balance(mock, first);
    ASSERT_NE(paid, before);
    kill(mock);
  }
  MockProcess mock(arguments(file));
  EXPECT_EQ(balance(mock, second), paid);
  pay(mock, second, "T1");
  EXPECT_EQ(balance(mock, second), paid) << "the number is used";
  net::HttpClient client({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(10));
  EXPECT_EQ(json::parse(client.exchange(once).body)["ResultCode"], -201) << "a replay";
  EXPECT_EQ(put(mock, "/diff", {{"before", "before"}, {"after", "shared"}})["added"], 2);
  EXPECT_EQ(put(mock, "/restore", {{"from", "before"}})["status"], "replaced");
  EXPECT_EQ(balance(mock, second), before);
  stop(mock);
  EXPECT_EQ(query(file.path(), "SELECT count(*) FROM payment JOIN meterproof_worlds ON id = _world WHERE world IS NULL AND TransId IN ('T1', 'T2')").at(0),
            "0");
}

// A business number that was given once is not given again.
TEST(Store, NumbersGoOn) {
  const File file("numbers.db");
  std::set<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    MockProcess mock(arguments(file, {"--replay-protection", "off"}));
    EXPECT_EQ(pay(mock, first, "T" + std::to_string(i)), 1);
    kill(mock);
  }
  for (const std::string& id : query(file.path(), "SELECT PayID FROM payment WHERE TransId IN ('T0', 'T1', 'T2')")) ids.insert(id);
  EXPECT_EQ(ids.size(), 3U);
}

TEST(Store, EveryWorldIsKept) {
  const File file("worlds.db");
  std::string paid, other;
  {
    MockProcess mock(arguments(file, {"--worlds", "per-app", "--threads", "2", "--replay-protection", "off"}));
    EXPECT_EQ(pay(mock, first, "T1"), 1);
    EXPECT_EQ(put(mock, "/save", {{"world", "first"}, {"as", "one"}})["status"], "saved");
    EXPECT_EQ(put(mock, "/save", {{"world", "first"}, {"as", "two"}})["status"], "saved");
    EXPECT_EQ(put(mock, "/save", {{"world", "second"}, {"as", "two"}})["status"], "saved") << "replaces the one of that name";
    net::HttpClient client({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(10));
    EXPECT_EQ(client.exchange({"DELETE", "/_mock/worlds/snapshots/one", {}, ""}).status, 200);
    paid = balance(mock, first);
    other = balance(mock, second);
    ASSERT_NE(paid, other);
    kill(mock);
  }
  {
    MockProcess mock(arguments(file, {"--worlds", "per-app", "--replay-protection", "off"}));
    EXPECT_EQ(balance(mock, first), paid);
    EXPECT_EQ(balance(mock, second), other);
    const json snapshots = json::parse(mock.get("/_mock/worlds").body)["snapshots"];
    ASSERT_EQ(snapshots.size(), 1U) << snapshots;
    EXPECT_EQ(snapshots[0]["name"], "two");
    EXPECT_EQ(snapshots[0]["world"], "second");
    EXPECT_EQ(put(mock, "/fork", {{"from", "first"}, {"to", "second"}})["status"], "replaced");
    EXPECT_EQ(balance(mock, second), paid);
    kill(mock);
  }
  // The worlds of appIds that a mock does not have stay in the file.
  MockProcess other_app({"--store", file.path(), "--worlds", "per-app", "--app", "third:secret-3"});
  stop(other_app);
  MockProcess mock(arguments(file, {"--worlds", "per-app", "--replay-protection", "off"}));
  EXPECT_EQ(balance(mock, second), paid);
}

// Whatever a check sends, thousands of requests with the extremes of every field, is there after a restart as it was before.
TEST(Store, ShowsAfterARestartWhatItShowedBefore) {
  const File file("check.db");
  const std::string data = "/_mock/data?limit=100000";
  json before;
  {
    MockProcess mock(arguments(file));
    put(mock, "/save", {{"as", "start"}});
    for (const std::string role : {"platform", "billing"}) {
      const auto done = test::run({"check", mock.url(), "--role", role, "--app", "first:secret-1", "--app", "second:secret-2"});
      EXPECT_LE(done.exit_code, 4) << done.out;
    }
    put(mock, "/save", {{"as", "end"}});
    before = json::parse(mock.get(data).body);
    ASSERT_GT(before["payment"].size(), 100U);
    kill(mock);
  }
  for (int i = 0; i < 2; ++i) {
    MockProcess mock(arguments(file));
    EXPECT_EQ(json::parse(mock.get(data).body), before);
    EXPECT_EQ(put(mock, "/diff", {{"before", "end"}, {"after", "shared"}})["rows"], json::array());
    EXPECT_EQ(put(mock, "/diff", {{"before", "shared"}, {"after", "end"}})["rows"], json::array());
    EXPECT_GT(put(mock, "/diff", {{"before", "start"}, {"after", "end"}})["added"], 100);
    stop(mock);
  }
}

// A settlement period that begins before the calendar of the dates does: accepted once, it must not keep the mock from starting.
TEST(Store, TakesWhatWasAcceptedHoweverOldItIs) {
  const File file("old.db");
  {
    MockProcess mock(arguments(file));
    stop(mock);
  }
  query(file.path(), "UPDATE meter SET CycleStart = '0000-01-28' WHERE _row = 1");
  MockProcess mock(arguments(file));
  EXPECT_EQ(json::parse(mock.get("/_mock/data").body)["meter"][1]["CycleStart"], "0000-01-28");
}

/// Sends top-ups of 1 yuan over one connection, several at a time, until it is closed. Returns which were answered with 1.
class Payer {
 public:
  Payer(MockProcess& mock, std::string prefix) : raw_(mock.port()), prefix_(std::move(prefix)) {
    for (const auto& [name, value] : mock.headers(first)) headers_ += name + ": " + value + "\r\n";
  }

  void pay_until_closed() {
    constexpr int at_once = 8;
    for (int batch = 0;; ++batch) {
      std::string requests;
      for (int i = 0; i < at_once; ++i) {
        const std::string body = payment(prefix_ + std::to_string(batch * at_once + i));
        requests += "POST /api/Pay/RemotePay HTTP/1.1\r\nHost: h\r\n" + headers_ + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
      }
      raw_.send(requests);
      std::size_t answers = 0;
      std::string replies;
      while (answers < at_once) {
        const std::string more = raw_.receive("}");
        replies += more;
        answers = 0;
        for (std::size_t at = replies.find("\"ResultCode\":1,"); at != std::string::npos; at = replies.find("\"ResultCode\":1,", at + 1)) ++answers;
        if (more.empty()) break;
      }
      for (std::size_t i = 0; i < answers; ++i) acknowledged_.insert(prefix_ + std::to_string(batch * at_once + static_cast<int>(i)));
      if (answers < at_once) return;
    }
  }
  const std::set<std::string>& acknowledged() const { return acknowledged_; }

 private:
  test::Raw raw_;
  std::string prefix_, headers_;
  std::set<std::string> acknowledged_;
};

// The one test of what the store is for. Each round ends at another moment; what is in the file is compared with what was acknowledged, and the money
// with the payments: a turn is there as a whole or not at all.
TEST(Store, WhatWasAcknowledgedIsThereAfterKill) {
  const File file("kill.db");
  constexpr int rounds = 200;
  std::mt19937 chance(20261129);
  std::size_t all = 0;
  for (int round = 0; round < rounds; ++round) {
    if (round % 25 == 0) file.remove();
    MockProcess mock(arguments(file, {"--replay-protection", "off", "--threads", round % 2 == 0 ? "1" : "2"}));
    Payer one(mock, "A" + std::to_string(round) + "-"), other(mock, "B" + std::to_string(round) + "-");
    std::thread thread([&] { one.pay_until_closed(); }), beside([&] { other.pay_until_closed(); });
    std::this_thread::sleep_for(std::chrono::microseconds(chance() % 20'000));  // any moment will do
    kill(mock);
    thread.join();
    beside.join();
    const auto found = query(file.path(), "SELECT TransId FROM payment WHERE TransId LIKE '_" + std::to_string(round) + "-%'");
    const std::set<std::string> kept(found.begin(), found.end());
    for (const Payer* const payer : {&one, &other})
      for (const std::string& number : payer->acknowledged()) ASSERT_TRUE(kept.contains(number)) << number << " in round " << round;
    all += one.acknowledged().size() + other.acknowledged().size();
    const auto money = query(file.path(),
                             "SELECT printf('%.2f', Remnant - (SELECT count(*) FROM payment WHERE TransId GLOB '[AB]*-*')) FROM meter "
                             "WHERE MeterAddr = '" +
                                 meter + "'");
    ASSERT_EQ(money, std::vector<std::string>{"28.60"}) << "in round " << round;
  }
  EXPECT_GT(all, 1000U) << "otherwise nothing was tried";
}

TEST(Store, WhatIsNoStoreIsRefusedAndStaysAsItIs) {
  const File file("refused.db");
  const auto refused = [&](const std::string& text) {
    const auto done = test::run({"mock", "--port", "0", "--store", file.path()});
    EXPECT_EQ(done.exit_code, 2) << done.out;
    EXPECT_NE(done.out.find(text), std::string::npos) << done.out;
    EXPECT_NE(done.out.find("--store " + file.path()), std::string::npos) << done.out;
  };
  std::ofstream(file.path()) << "a letter to somebody, of more than a hundred bytes, so that it could be the head of a database, which it is not, however";
  const std::string letter = test::read_file(file.path());
  refused("not the store of a mock");
  EXPECT_EQ(test::read_file(file.path()), letter);
  file.remove();
  query(file.path(), "CREATE TABLE somebody(name TEXT)");
  refused("not the store of a mock");
  file.remove();

  {
    MockProcess mock(arguments(file));
    refused("another process has this file open");
    stop(mock);
  }
  query(file.path(), "PRAGMA user_version = 99");
  refused("written by a later release");
  query(file.path(), "PRAGMA user_version = 1; UPDATE meter SET Remnant = 'much' WHERE _row = 1");
  refused("column Remnant must be a decimal number");
  query(file.path(), "UPDATE meter SET Remnant = '1'; DELETE FROM meter WHERE _row = 0");
  refused("numbered from 0 without gaps");
  file.remove();
  {
    MockProcess mock(arguments(file));
    stop(mock);
  }
  std::string bytes = test::read_file(file.path());
  ASSERT_GT(bytes.size(), 20'000U);
  std::fill(bytes.begin() + 4096, bytes.begin() + 16'384, 'x');
  std::ofstream(file.path(), std::ios::binary) << bytes;
  refused("is damaged");
  EXPECT_EQ(test::read_file(file.path()), bytes);
  std::ofstream(file.path(), std::ios::binary) << bytes.substr(0, bytes.size() / 2);
  refused("is damaged");

  const auto nowhere = test::run({"mock", "--port", "0", "--store", temporary("no-such-folder") + "/file.db"});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_NE(nowhere.out.find("No such file or directory"), std::string::npos) << nowhere.out;
  const auto mutant = test::run({"mock", "--port", "0", "--store", temporary("mutant.db"), "--mutant", "signature/header_missing/ignored"});
  EXPECT_EQ(mutant.exit_code, 2) << mutant.out;
}

// A later specification has more columns, or more tables.
TEST(Store, AnOlderSpecificationsFileIsBroughtUpToDate) {
  const File file("older.db");
  std::string paid;
  {
    MockProcess mock(arguments(file));
    EXPECT_EQ(pay(mock, first, "T1"), 1);
    paid = balance(mock, first);
    stop(mock);
  }
  query(file.path(), "ALTER TABLE user DROP COLUMN Phone; DROP TABLE price; ALTER TABLE payment ADD COLUMN note TEXT; UPDATE payment SET note = 'mine'");
  MockProcess mock(arguments(file, {"--replay-protection", "off"}));
  EXPECT_EQ(balance(mock, first), paid);
  EXPECT_EQ(pay(mock, first, "T2"), 1);
  EXPECT_EQ(query(file.path(), "SELECT note FROM payment WHERE TransId = 'T1'").at(0), "mine") << "what we do not know stays";
}

// The request log outlives the mock, has no secrets, and does not outgrow its limits.
TEST(Store, KeepsRequestsWithinTheirLimits) {
  const File file("requests.db");
  const auto entries = [](MockProcess& mock, const std::string& limit) { return json::parse(mock.get("/_mock/requests?limit=" + limit).body)["entries"]; };
  const std::string long_number(3000, '7');
  {
    MockProcess mock(arguments(file, {"--store-requests", "1"}));
    EXPECT_EQ(pay(mock, first, "T1"), 1);
    balance(mock, second);
    kill(mock);
  }
  MockProcess mock(arguments(file, {"--store-requests", "1", "--replay-protection", "off"}));
  const json before = entries(mock, "10");
  ASSERT_EQ(before.size(), 2U) << before;
  EXPECT_EQ(before[0]["interface"], "GetData");
  EXPECT_EQ(before[1]["interface"], "RemotePay");
  EXPECT_EQ(before[1]["app_id"], "first");
  EXPECT_EQ(before.dump().find("secret-1"), std::string::npos);
  for (int i = 0; i < 600; ++i) mock.call("/api/Meters/GetData", json{{"MeterAddr", long_number + std::to_string(i)}}.dump(), first);
  const auto kept = query(file.path(), "SELECT sum(length(CAST(entry AS BLOB))) FROM meterproof_requests");
  EXPECT_LE(std::stoll(kept.at(0)), 1 << 20);
  EXPECT_GT(std::stoll(kept.at(0)), 9 * (1 << 20) / 10);
  const json latest = entries(mock, "1");
  EXPECT_NE(latest.dump().find(long_number.substr(0, 100)), std::string::npos) << "the newest is kept";
  EXPECT_NE(query(file.path(), "SELECT min(id) FROM meterproof_requests").at(0), "1") << "the oldest is gone";
  net::HttpClient client({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(10));
  EXPECT_EQ(client.exchange({"DELETE", "/_mock/requests", {}, ""}).status, 200);
  EXPECT_TRUE(entries(mock, "10").empty());
  balance(mock, first);
  EXPECT_EQ(entries(mock, "10").size(), 1U);
  stop(mock);
  query(file.path(), "UPDATE meterproof_requests SET at = '2020-01-01 00:00:00'");
  MockProcess later(arguments(file, {"--store-requests", "1", "--store-requests-age", "1h"}));
  balance(later, first);
  EXPECT_EQ(entries(later, "10").size(), 1U) << "what is older is removed";
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"--store-requests", "1"},
                                                {"--store", file.path(), "--store-requests", "0"},
                                                {"--store", file.path() + "2", "--store-requests", "1", "--store-requests-age", "soon"}}) {
    std::vector<std::string> words = {"mock", "--port", "0"};
    words.insert(words.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(test::run(words).exit_code, 2) << words.back();
  }
}

// A file that cannot grow, as on a full disk: nobody is told of anything that is not kept, and it goes on when there is room again.
TEST(Store, WhatCannotBeKeptIsNotAnswered) {
  const File file("full.db");
  MockProcess mock(arguments(file, {"--replay-protection", "off"}));
  EXPECT_EQ(pay(mock, first, "T0"), 1);
  const rlimit narrow{200'000, RLIM_INFINITY}, wide{RLIM_INFINITY, RLIM_INFINITY};
  ASSERT_EQ(::prlimit(mock.process().pid(), RLIMIT_FSIZE, &narrow, nullptr), 0);
  int paid = 0;
  for (bool answered = true; answered && paid < 10'000; ++paid) {
    const net::Exchange reply = mock.call("/api/Pay/RemotePay", payment("F" + std::to_string(paid)), first);
    answered = reply.transport == net::TransportResult::replied;
    if (answered) {
      EXPECT_EQ(json::parse(reply.body)["ResultCode"], 1);
    }
  }
  ASSERT_LT(paid, 10'000);
  mock.process().wait_for("What is asked now is not answered");
  EXPECT_NE(mock.get("/_mock/health").transport, net::TransportResult::replied);
  ASSERT_EQ(::prlimit(mock.process().pid(), RLIMIT_FSIZE, &wide, nullptr), 0);
  EXPECT_EQ(pay(mock, first, "T1"), 1);
  mock.process().wait_for("can be written again");
  kill(mock);
  const auto kept = query(file.path(), "SELECT count(*) FROM payment WHERE TransId LIKE 'F%'");
  EXPECT_GE(std::stoi(kept.at(0)), paid - 1);
  EXPECT_EQ(query(file.path(), "SELECT count(*) FROM payment WHERE TransId = 'T1'").at(0), "1");
}

// The same on two threads: a turn of one fails while the other goes on, or fails too.
TEST(Store, WhatTwoThreadsCannotKeepIsNotAnswered) {
  const File file("full-twice.db");
  MockProcess mock(arguments(file, {"--replay-protection", "off", "--threads", "2"}));
  const rlimit wide{RLIM_INFINITY, RLIM_INFINITY};
  std::set<std::string> acknowledged;
  for (int round = 0; round < 5; ++round) {
    // SQLite takes what it has written out of its file's end again, so that there is always room for a little.
    const rlimit narrow{std::filesystem::file_size(file.path() + "-wal") + 100'000U, RLIM_INFINITY};
    Payer one(mock, "A" + std::to_string(round) + "-"), other(mock, "B" + std::to_string(round) + "-");
    ASSERT_EQ(::prlimit(mock.process().pid(), RLIMIT_FSIZE, &narrow, nullptr), 0);
    std::thread thread([&] { one.pay_until_closed(); }), beside([&] { other.pay_until_closed(); });
    thread.join();
    beside.join();
    ASSERT_EQ(::prlimit(mock.process().pid(), RLIMIT_FSIZE, &wide, nullptr), 0);
    EXPECT_EQ(pay(mock, first, "Z" + std::to_string(round)), 1);
    for (const Payer* const payer : {&one, &other}) acknowledged.insert(payer->acknowledged().begin(), payer->acknowledged().end());
    acknowledged.insert("Z" + std::to_string(round));
  }
  EXPECT_GT(acknowledged.size(), 20U);
  kill(mock);
  const auto found = query(file.path(), "SELECT TransId FROM payment");
  const std::set<std::string> kept(found.begin(), found.end());
  for (const std::string& number : acknowledged) EXPECT_TRUE(kept.contains(number)) << number;
  EXPECT_EQ(query(file.path(),
                  "SELECT printf('%.2f', Remnant - (SELECT count(*) FROM payment WHERE TransId GLOB '[ABZ]*')) FROM meter WHERE MeterAddr = '" + meter + "'"),
            std::vector<std::string>{"28.60"});
}

// In the middle of a snapshot, a fork, a restore: each is there as a whole or not at all, and there once it was acknowledged.
TEST(Store, WhatIsCopiedIsWholeAfterKill) {
  const File file("kill-copies.db");
  std::mt19937 chance(20261130);
  std::set<std::string> saved;
  int forks = 0, paid = 0;
  for (int round = 0; round < 16; ++round) {
    MockProcess mock(arguments(file, {"--worlds", "per-app", "--replay-protection", "off", "--generate-meters", "1000"}));
    const json worlds = json::parse(mock.get("/_mock/worlds").body);
    for (const std::string& name : saved) ASSERT_NE(worlds.dump().find("\"" + name + "\""), std::string::npos) << name << " in round " << round << worlds;
    int forked = -1;  // how many payments the last fork that was acknowledged has taken along
    std::atomic<unsigned> acknowledged = 0;
    std::atomic<bool> ended = false;
    std::thread busy([&] {
      const auto at_the_end = [&](void*) { ended = true; };
      const std::unique_ptr<void, decltype(at_the_end)> guard(&ended, at_the_end);
      net::HttpClient client({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(10));
      const auto headers = mock.headers(first);
      const auto ask = [&](const std::string& path, const json& body) {
        return client.exchange({"POST", "/_mock/worlds" + path, {{"Content-Type", "application/json"}}, body.dump()}).status == 200;
      };
      for (int i = 0;; ++i) {
        const std::string name = "S" + std::to_string(round) + "-" + std::to_string(i);
        ++paid;
        if (client.exchange({"POST", "/api/Pay/RemotePay", headers, payment("P" + std::to_string(paid))}).status != 200) return;
        ++acknowledged;
        if (!ask("/fork", {{"from", "first"}, {"to", "second"}})) return;
        ++acknowledged;
        forked = paid;
        ++forks;
        if (!ask("/save", {{"world", "second"}, {"as", name}})) return;
        ++acknowledged;
        saved.insert(name);
        // There is no room for more than a hundred.
        if (saved.size() > 60) {
          const std::string oldest = *saved.begin();
          saved.erase(oldest);
          if (client.exchange({"DELETE", "/_mock/worlds/snapshots/" + oldest, {}, ""}).status != 200) return;
        }
      }
    });
    // Any moment will do, after a few of them.
    for (const unsigned wanted = static_cast<unsigned>(chance() % 12); acknowledged < wanted && !ended;)
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    std::this_thread::sleep_for(std::chrono::microseconds(chance() % 3'000));
    kill(mock);
    busy.join();
    // Every world and every snapshot: its balance is that of its payments, and none has a part of its rows.
    const auto wrong =
        query(file.path(), "SELECT w.name FROM meterproof_worlds w JOIN meter m ON m._world = w.id WHERE m.MeterAddr = '" + meter +
                               "' AND printf('%.2f', m.Remnant - (SELECT count(*) FROM payment p WHERE p._world = w.id AND p.TransId GLOB 'P*')) <> '28.60'");
    ASSERT_EQ(wrong, std::vector<std::string>()) << "in round " << round;
    const auto sizes = query(file.path(), "SELECT DISTINCT count(*) FROM meterproof_worlds w LEFT JOIN meter m ON m._world = w.id GROUP BY w.id");
    ASSERT_LE(sizes.size(), 1U) << "in round " << round;
    if (forked >= 0) {
      const auto there =
          query(file.path(), "SELECT count(*) FROM payment p JOIN meterproof_worlds w ON w.id = p._world WHERE w.name = 'second' AND p.TransId = 'P" +
                                 std::to_string(forked) + "'");
      ASSERT_EQ(there, std::vector<std::string>{"1"}) << "in round " << round;
    }
  }
  EXPECT_GT(forks, 10) << "otherwise nothing was tried";
}

}  // namespace store_test
}  // namespace meterproof
