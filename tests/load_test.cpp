// SPDX-License-Identifier: Apache-2.0
// The load generator as its users start it: thresholds, reconciliation, shards, comparison, interruption.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <thread>

#include "core/auth/conventions.hpp"
#include "net/client/http_client.hpp"
#include "net/fd.hpp"
#include "reports/signature_trials.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace {

std::uint64_t errors_of(const nlohmann::json& record, const std::string& cause) {
  for (const auto& one : record["errors"])
    if (one["cause"]["id"] == cause) return one["count"];
  return 0;
}

using nlohmann::json;
using test::Finished;
using test::Process;
using test::run;
using test::temporary;

std::string written(const std::string& name, const std::string& content) {
  const std::string path = temporary(name);
  std::ofstream(path) << content;
  return path;
}

class Mock {
 public:
  explicit Mock(std::vector<std::string> more = {"--app", "a:s", "--replay-protection", "off"})
      : process_([&] {
          more.insert(more.begin(), {"mock", "--port", "0"});
          return more;
        }()),
        port_(process_.port()) {}

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  json admin(const std::string& path) const {
    net::HttpClient client({"127.0.0.1", port_, ""}, std::chrono::seconds(10));
    return json::parse(client.exchange({"GET", "/_mock/" + path, {}, ""}).body);
  }
  /// Until reports of the schedule have come: the first exchange is none, and neither are queries before it.
  void wait_for_load() const {
    const auto answered = [this] {
      std::uint64_t sum = 0;
      for (const auto& count : admin("counters").value("ReportData", json::object())) sum += count.get<std::uint64_t>();
      return sum;
    };
    while (answered() < 3) std::this_thread::yield();
  }

 private:
  Process process_;
  std::uint16_t port_;
};

Finished load(const std::string& url, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"load", url, "--app", "a:s", "--timestamps", "shared", "--connections", "8", "--max-generator-lag", "1m"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments);
}

TEST(LoadRun, GatesDecideTheExitCode) {
  const Mock mock;
  const struct {
    std::vector<std::string> thresholds;
    int exit_code;
    const char* says;
  } table[] = {
      {{"errors<1%,late<100%"}, 0, "threshold  errors<1%: met"},
      {{"p50<10s", "rate>=100,errors=0"}, 0, "threshold  p50<10s: met"},
      {{"p50<10s", "rate>=1000000"}, 1, "failed: rate>=1000000 is not met"},
      // What this run cannot judge is told before it: the user's mistake, not the target's.
      {{"p99.99<10s"}, 2, "p99.99<10s can't be judged: it needs "},
      {{"p50<10s", "p99.9<10s"}, 2, "p99.9<10s can't be judged"},
      {{"lost=0"}, 2, "only --reconcile finds that out"},
  };
  for (const auto& row : table) {
    std::vector<std::string> arguments = {"--rate", "500", "--duration", "1s"};
    for (const std::string& threshold : row.thresholds) arguments.insert(arguments.end(), {"--threshold", threshold});
    const Finished done = load(mock.url(), arguments);
    EXPECT_EQ(done.exit_code, row.exit_code) << done.out;
    EXPECT_NE(done.out.find(row.says), std::string::npos) << done.out;
  }
  for (const auto& wrong : std::vector<std::vector<std::string>>{{"--threshold", "p99<50"},
                                                                 {"--find-capacity", "p100<1s"},
                                                                 {"--find-capacity", "p99<1s", "--stages", "5:1s"},
                                                                 {"--stages", "fast"},
                                                                 {"--shard", "4/4"},
                                                                 {"--shard", "auto"},
                                                                 {"--workload", "billing_dya"},
                                                                 {"--compare", "/nowhere"},
                                                                 {"--start-at", "1"},
                                                                 {"--margin", "x"},
                                                                 {"--meters", "1", "--shard", "1/2"}}) {
    const Finished done = load(mock.url(), wrong);
    EXPECT_EQ(done.exit_code, 2) << wrong.front() << "\n" << done.out;
    EXPECT_NE(done.out.find("meterproof: "), std::string::npos) << done.out;
  }
}

TEST(LoadRun, WhatCannotBeSignedIsToldBeforeItStarts) {
  const Mock mock({"--app", "a:s"});
  const Finished impossible = run({"load", mock.url(), "--max-generator-lag", "1m", "--app", "a:s", "--rate", "2000", "--duration", "10s"});
  EXPECT_EQ(impossible.exit_code, 2);
  EXPECT_NE(impossible.out.find("20,000 requests within 10 s can't be signed"), std::string::npos) << impossible.out;
  EXPECT_EQ(mock.admin("counters"), json::object());
  const Finished possible = run({"load", mock.url(), "--max-generator-lag", "1m", "--app", "a:s", "--rate", "400", "--duration", "2s"});
  EXPECT_EQ(possible.exit_code, 0) << possible.out;
  EXPECT_EQ(mock.admin("counters")["ReportData"], (json{{"1", 801}})) << "and the first exchange";
}

TEST(LoadRun, AClosedLoopThatRunsOutOfTimestampsSaysSo) {
  const Mock mock({"--app", "a:s", "--tolerance", "60s"});
  const Finished done = run({"load", mock.url(), "--max-generator-lag", "1m", "--app", "a:s", "--tolerance", "60s", "--duration", "2s", "--warm-up", "0"});
  EXPECT_EQ(done.exit_code, 0) << done.out;
  EXPECT_NE(done.out.find("no timestamp was free and nothing could be sent"), std::string::npos) << done.out;
}

TEST(LoadRun, ABillingDayPlaysEveryInterface) {
  const Mock mock;
  const std::string file = temporary("day.json");
  const Finished done = load(mock.url(), {"--workload", "billing_day", "--rate", "1500", "--duration", "2s", "--reconcile", "--threshold",
                                          "lost=0,duplicated=0,errors=0", "--json", file});
  EXPECT_EQ(done.exit_code, 0) << done.out;
  const auto record = json::parse(test::read_file(file));
  EXPECT_EQ(record["by_interface"].size(), test::specification().interfaces.size()) << done.out;
  EXPECT_EQ(record["result_codes"], (json{{"1", 3000}}));
  EXPECT_GT(record["reconciliation"][0]["confirmed"].get<int>(), 50);
}

mockserver::MockOptions with_replays() {
  mockserver::MockOptions out = test::settings_for(test::specification());
  out.refuse_replays = false;
  return out;
}

/// A platform that sometimes says yes and forgets, and sometimes shows a payment twice.
class Careless {
 public:
  std::string url() const { return platform_.url(); }
  void stop() { platform_.stop(); }
  // Read after `stop`.
  std::set<std::string> lost, doubled;

 private:
  void answer(mockserver::MockState& state, const net::HttpParser& request, net::Response& response) {
    if (request.target().ends_with("RemotePay")) {
      const std::string trans_id = json::parse(request.body())["TransId"];
      ++payments_;
      if (payments_ % 1000 == 0) {
        lost.insert(trans_id);
        response.body = R"({"ResultCode":1,"Message":"ok"})";
        return;
      }
      if (payments_ % 1000 == 500) doubled.insert(trans_id);
    }
    test::answer_as_the_mock(state, request, response);
    if (!request.target().ends_with("GetPayList")) return;
    json reply = json::parse(response.body);
    json rows = json::array();
    for (const json& row : reply["DataList"])
      for (std::size_t i = 0; i < (doubled.count(row["TransId"]) > 0 ? 2U : 1U); ++i) rows.push_back(row);
    reply["DataList"] = rows;
    response.body = reply.dump();
  }

  std::size_t payments_ = 0;
  test::Platform platform_{[this](auto& state, const auto& request, auto& response) { answer(state, request, response); }, with_replays()};
};

TEST(LoadRun, ReconciliationFindsOneInAThousandByName) {
  const std::string workload = written("payments.yaml", R"(
workload: payments
mix:
  - call: RemotePay
    with:
      MeterAddr: { numbered: "99##########" }
      Money:     { uniform: [1, 10], scale: 2 }
      PayDate:   { now: yes }
      TransId:   { unique: "T##################" }
      PayWay:    { one_of: [1, 2] }
reconcile:
  - of: RemotePay
    each: TransId
    ask: GetPayList
    with: { MeterAddr: { numbered: "99##########" }, BeginDate: { today: -1 }, EndDate: { today: 1 } }
    shown: TransId
)");
  Careless platform;
  const std::string file = temporary("careless.json");
  const Finished done = run({"load", platform.url(), "--max-generator-lag", "1m", "--app", "demo:demo-secret", "--timestamps", "shared", "--workload", workload,
                             "--rate", "3000", "--duration", "1s", "--meters", "100", "--reconcile", "--json", file});
  platform.stop();
  EXPECT_EQ(done.exit_code, 1) << done.out;
  EXPECT_NE(done.out.find("3 lost, 3 duplicated"), std::string::npos) << done.out;
  const auto found = json::parse(test::read_file(file))["reconciliation"][0];
  EXPECT_EQ(found["acknowledged"], 3001) << "with the first exchange, which is a payment as well";
  EXPECT_EQ(found["lost_names"].get<std::set<std::string>>(), platform.lost);
  EXPECT_EQ(found["duplicated_names"].get<std::set<std::string>>(), platform.doubled);
  EXPECT_EQ(platform.lost.size(), 3U);
}

const std::string payments = R"(
workload: payments
mix:
  - call: RemotePay
    with:
      MeterAddr: { numbered: "99##########" }
      Money:     { uniform: [1, 10], scale: 2 }
      PayDate:   { now: yes }
      TransId:   { unique: "T##################" }
      PayWay:    { one_of: [1, 2] }
reconcile:
  - of: RemotePay
    each: TransId
    ask: GetPayList
    with: { MeterAddr: { numbered: "99##########" }, BeginDate: { today: -1 }, EndDate: { today: 1 } }
    shown: TransId
    compare: { Money: Money }
)";

TEST(LoadRun, ReconciliationSeesWhatIsStoredOtherwiseThanSent) {
  struct Platform {
    const char* what;
    test::Platform::Answer answer;
    int exit_code;
    const char* says;
    const char* counter;  // of the record; null where none is above 0
  };
  const auto is = [](const net::HttpParser& request, const char* call) { return request.target().ends_with(call); };
  const auto rows_of = [](net::Response& response, const auto& change) {
    json reply = json::parse(response.body);
    if (reply.contains("DataList") && reply["DataList"].is_array()) change(reply["DataList"]);
    response.body = reply.dump();
  };
  std::size_t paid = 0;
  std::map<std::string, std::size_t> asked;  // by meter
  const Platform platforms[] = {
      {"honest", [](auto& state, const auto& request, auto& response) { test::answer_as_the_mock(state, request, response); }, 0, " 100 acknowledged", nullptr},
      {"doubles money",
       [&](auto& state, const auto& request, auto& response) {
         test::answer_as_the_mock(state, request, response);
         if (is(request, "GetPayList"))
           rows_of(response, [](json& rows) {
             for (json& row : rows) row["Money"] = 2 * row["Money"].get<double>();
           });
       },
       1, "stored with another value", "differing"},
      {"shows rows of nobody",
       [&](auto& state, const auto& request, auto& response) {
         test::answer_as_the_mock(state, request, response);
         if (paid > 1 && is(request, "GetPayList"))  // after the load; before it the same row would be somebody else's
           rows_of(response, [](json& rows) {
             if (rows.empty()) return;
             json row = rows[0];
             row["TransId"] = "invented";
             row["Money"] = 999;
             rows.push_back(row);
           });
         if (is(request, "RemotePay")) ++paid;
       },
       1, "that nobody sent", "phantom"},
      {"refuses and stores",
       [&](auto& state, const auto& request, auto& response) {
         test::answer_as_the_mock(state, request, response);
         if (is(request, "RemotePay") && ++paid % 10 == 0) response.body = R"({"ResultCode":0,"Message":"no"})";
       },
       1, "refused and stored all the same", "refused_stored"},
      {"loses queries",
       [&](auto& state, const auto& request, auto& response) {
         test::answer_as_the_mock(state, request, response);
         if (!is(request, "GetPayList")) return;
         const std::string meter = json::parse(request.body())["MeterAddr"];
         const std::size_t number = ++asked[meter];
         if (number % 3 == 1) response.fault = net::ResponseFault::close;
         else if (number % 3 == 2) response.status = 503;
       },
       0, " 100 acknowledged", nullptr},
  };
  const std::string workload = written("reconciled.yaml", payments);
  for (const Platform& one : platforms) {
    paid = 0;
    test::Platform platform(one.answer, with_replays());
    const std::string file = temporary("reconciled.json");
    const Finished done = run({"load",         platform.url(), "--max-generator-lag",
                               "1m",           "--app",        "demo:demo-secret",
                               "--timestamps", "shared",       "--workload",
                               workload,       "--rate",       "198",
                               "--duration",   "500ms",        "--meters",
                               "10",           "--reconcile",  "--threshold",
                               "errors<50%",   "--json",       file});
    platform.stop();
    EXPECT_EQ(done.exit_code, one.exit_code) << one.what << "\n" << done.out;
    EXPECT_NE(done.out.find(one.says), std::string::npos) << one.what << "\n" << done.out;
    const auto found = json::parse(test::read_file(file))["reconciliation"][0];
    for (const char* counter : {"lost", "duplicated", "differing", "phantom", "refused_stored", "not_queried"}) {
      const bool expected = one.counter != nullptr && std::string(counter) == one.counter;
      EXPECT_EQ(found[counter].get<int>() > 0, expected) << one.what << ": " << counter << "\n" << done.out;
    }
  }
}

TEST(LoadRun, ASilentTargetEndsTheReconciliationWithinAFewTimeouts) {
  test::Platform platform(
      [&](auto& state, const auto& request, auto& response) {
        test::answer_as_the_mock(state, request, response);
        if (request.target().ends_with("GetPayList")) response.delay = std::chrono::minutes(5);
      },
      with_replays());
  const std::string workload = written("silent.yaml", payments);
  const std::string file = temporary("silent.json");
  // 200 meters, two connections: without giving up, a hundred timeouts before the load and a hundred after it.
  const Finished done = run({"load",
                             platform.url(),
                             "--max-generator-lag",
                             "1m",
                             "--app",
                             "demo:demo-secret",
                             "--timestamps",
                             "shared",
                             "--workload",
                             workload,
                             "--rate",
                             "400",
                             "--duration",
                             "500ms",
                             "--meters",
                             "200",
                             "--connections",
                             "2",
                             "--timeout",
                             "300ms",
                             "--reconcile",
                             "--json",
                             file});
  EXPECT_EQ(done.exit_code, 1) << done.out;
  const auto found = json::parse(test::read_file(file))["reconciliation"][0];
  EXPECT_EQ(found["not_queried"], found["acknowledged"]);
  EXPECT_NE(done.out.find("were looked for on 0 of 200 meters only"), std::string::npos) << done.out;
}

TEST(LoadRun, AWrongSecretEndsAtOnce) {
  const Mock mock({"--app", "a:s", "--app", "b:s"});
  for (const std::vector<std::string>& how :
       std::vector<std::vector<std::string>>{{"--rate", "20", "--duration", "1m"},
                                             {"--rate", "max", "--duration", "10m"},
                                             {"--rate", "20", "--duration", "1m", "--shard", "0/2", "--start-at", "every:1h"},
                                             {"--find-capacity", "p99<50ms", "--duration", "1s"},
                                             {"--rate", "5", "--duration", "1m", "--repeat", "3"}}) {
    const std::string file = temporary("refused.json");
    std::vector<std::string> arguments = {"load", mock.url(), "--app", "a:wrong", "--json", file};
    arguments.insert(arguments.end(), how.begin(), how.end());
    const Finished done = run(arguments);
    EXPECT_EQ(done.exit_code, 4) << done.out;
    EXPECT_NE(done.out.find("refuses every appId given, or its secret (HTTP 200, code -202"), std::string::npos) << done.out;
    const auto record = json::parse(test::read_file(file));
    EXPECT_EQ(record["requests"], 0) << done.out;
    EXPECT_LE(record["first_exchanges"], 2 + reports::most_signature_trials) << done.out;
    EXPECT_NE(done.out.find("other known ways to sign was accepted either"), std::string::npos) << done.out;
  }
  // A target that refuses with HTTP 401, and gives the code.
  test::Platform unauthorized([](auto&, const auto&, auto& response) {
    response.status = 401;
    response.body = R"({"ResultCode":-202,"Message":"who are you?"})";
  });
  const Finished status = run({"load", unauthorized.url(), "--app", "demo:x", "--rate", "20", "--duration", "1m"});
  EXPECT_EQ(status.exit_code, 4) << status.out;
  EXPECT_NE(status.out.find("(HTTP 401, code -202: \"who are you?\")"), std::string::npos) << status.out;

  const std::string file = temporary("one-refused.json");
  const Finished one_of_two =
      run({"load", mock.url(), "--app", "a:wrong", "--app", "b:s", "--rate", "20", "--duration", "1s", "--max-generator-lag", "1m", "--json", file});
  EXPECT_EQ(one_of_two.exit_code, 0) << one_of_two.out;
  EXPECT_NE(one_of_two.out.find("appId a is left out"), std::string::npos) << one_of_two.out;
  const auto record = json::parse(test::read_file(file));
  EXPECT_EQ(record["apps"], 1);
  EXPECT_EQ(record["result_codes"], (json{{"1", 20}}));
}

/// Whether it is signed in that way, within a minute of now.
bool is_signed_by(const auth::Convention& convention, const net::HttpParser& request) {
  const core::Authentication& authentication = test::specification().authentication;
  const auth::App app{"demo", "demo-secret"};
  for (int off = -60; off <= 60; ++off) {
    const auto at = std::chrono::system_clock::now() + std::chrono::seconds(off);
    const auth::Moment moment{core::local_time(at, authentication.utc_offset), core::local_time(at, std::chrono::minutes(0))};
    const auth::SignatureValues values = sign(convention, auth::Signer(authentication), app, moment);
    if (request.header("AccessToken") == values.token && request.header("Authorization") == values.authorization) return true;
  }
  return false;
}

// What check finds out, load does: by the same trials.
TEST(LoadRun, ARefusedSignatureIsExplained) {
  const auto refusing = [](const std::string& id) {
    return [&convention = auth::convention(id)](auto&, const net::HttpParser& request, net::Response& response) {
      response.body = is_signed_by(convention, request) ? R"({"ResultCode":1,"Message":"ok"})" : R"({"ResultCode":-202,"Message":"who are you?"})";
    };
  };
  const auto unauthorized = [](auto&, const net::HttpParser& request, net::Response& response) {
    if (is_signed_by(auth::convention("token-upper-case"), request)) {
      response.body = R"({"ResultCode":1,"Message":"ok"})";
    } else {
      response.status = 401;
      response.body = "no";
    }
  };
  const auto in_utc = [](mockserver::MockState& state, const net::HttpParser& request, net::Response& response) {
    state.handle(request, std::chrono::system_clock::now() - std::chrono::hours(8), response);
  };
  const auto three_hours_ahead = [](mockserver::MockState& state, const net::HttpParser& request, net::Response& response) {
    state.handle(request, std::chrono::system_clock::now() + std::chrono::hours(3), response);
  };
  const struct {
    test::Platform::Answer answer;
    std::vector<std::string> says;
  } table[] = {
      {refusing("token-secret-first"),
       {"refuses every appId given", "\"who are you?\"", "it does accept a signature in which " + auth::convention("token-secret-first").what.en}},
      {unauthorized, {"is no reply of this interface", "it does accept a signature in which " + auth::convention("token-upper-case").what.en}},
      {in_utc, {"refuses the present time as a timestamp", "it does accept a signature in which the timestamp is in UTC"}},
      {three_hours_ahead, {"refuses the present time as a timestamp", "it does accept the time of UTC+11:00; the specification's time is UTC+08:00"}},
  };
  for (const auto& row : table) {
    const test::Platform platform(row.answer);
    const std::string file = temporary("explained.json");
    const Finished done =
        run({"load", platform.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "20", "--duration", "1m", "--json", file});
    EXPECT_EQ(done.exit_code, 4) << done.out;
    for (const std::string& said : row.says) EXPECT_NE(done.out.find(said), std::string::npos) << said << "\n" << done.out;
    EXPECT_EQ(json::parse(test::read_file(file))["requests"], 0) << "it is told, and not measured";
  }
}

// A run before this one has used the first seconds: that is no clock.
TEST(LoadRun, SecondsThatWereUsedAreNoRefusedClock) {
  std::atomic<int> calls = 0;
  test::Platform platform(
      [&](auto& state, const auto& request, auto& response) {
        test::answer_as_the_mock(state, request, response);
        if (++calls == 1) response.body = R"({"ResultCode":-201,"Message":"used"})";
      },
      with_replays());
  const Finished done = run({"load", platform.url(), "--app", "demo:demo-secret", "--rate", "20", "--duration", "1s", "--max-generator-lag", "1m"});
  EXPECT_EQ(done.exit_code, 0) << done.out;
}

/// As a Date header has it.
std::string date_of(std::chrono::system_clock::time_point moment) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(moment);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char out[64];
  return {out, std::strftime(out, sizeof out, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

TEST(LoadRun, AStepOfTheTargetsClockAccusesNobody) {
  const struct {
    bool with_date;
    std::chrono::seconds step;
    int exit_code;
    const char* says;
  } table[] = {
      {true, std::chrono::hours(2), 4, "not judged: the target's clock was set by 7"},  // 7200, and a second more or less
      {true, std::chrono::hours(-2), 4, "not judged: the target's clock was set by 7"},
      {false, std::chrono::hours(2), 4, "refused the last 20, each used once: its clock was set"},
      {true, std::chrono::minutes(-1), 0, "note: the target's clock was set by "},  // within the tolerance
  };
  for (const auto& row : table) {
    int calls = 0;
    const test::Platform platform([&](mockserver::MockState& state, const net::HttpParser& request, net::Response& response) {
      const auto now = std::chrono::system_clock::now() + (++calls > 30 ? row.step : std::chrono::seconds(0));
      state.handle(request, now, response);
      if (row.with_date) response.extra_headers += "Date: " + date_of(now) + "\r\n";
    });
    const std::string file = temporary("stepped.json");
    const Finished done = run({"load", platform.url(), "--max-generator-lag", "1m", "--app", "demo:demo-secret", "--rate", "40", "--duration",
                               row.exit_code == 0 ? "3s" : "20s", "--json", file});
    EXPECT_EQ(done.exit_code, row.exit_code) << done.out;
    EXPECT_NE(done.out.find(row.says), std::string::npos) << row.says << "\n" << done.out;
    const json record = json::parse(test::read_file(file));
    EXPECT_EQ(record["target_clock_step_s"] > 0, row.with_date) << done.out;
    if (row.exit_code != 0) EXPECT_LT(record["requests"], 200) << "it ends soon";
  }
}

TEST(LoadRun, AppIdsThatAreRefusedLaterEndTheRun) {
  std::size_t calls = 0;
  test::Platform platform(
      [&](auto& state, const auto& request, auto& response) {
        test::answer_as_the_mock(state, request, response);
        if (++calls > 1) response.body = R"({"ResultCode":-202,"Message":"revoked"})";
      },
      with_replays());
  const std::string file = temporary("revoked.json");
  const Finished done = run({"load", platform.url(), "--max-generator-lag", "1m", "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "200",
                             "--duration", "10m", "--json", file});
  EXPECT_EQ(done.exit_code, 4) << done.out;
  EXPECT_NE(done.out.find("refused every appId, the first 20 requests of each (-202)"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("appId demo: "), std::string::npos) << done.out;
  EXPECT_LT(json::parse(test::read_file(file))["requests"].get<int>(), 1000);
}

TEST(LoadRun, AServerOfAnotherKindIsNamedAtOnce) {
  const struct {
    int status;
    const char* headers;
    const char* body;
    const char* says;
  } table[] = {
      {404, "", "<html><title>Not Found</title></html>", "HTTP 404, "},
      {302, "Location: http://login.example/\r\n", "", "HTTP 302, a redirect to http://login.example/"},
      {200, "", "<html>Welcome</html>", "<html>Welcome</html>"},
      {200, "", R"({"success":true})", R"({"success":true})"},
      {200, "", R"([1,2])", "[1,2]"},
      {500, "", R"({"error":"database"})", "HTTP 500, "},  // with a result code it would be a refusal
      {401, "", "who are you?", "who are you?"},
  };
  for (const auto& row : table) {
    test::Platform platform([&](auto&, const auto&, auto& response) {
      response.status = row.status;
      response.extra_headers = row.headers;
      response.body = row.body;
    });
    const std::string file = temporary("foreign.json");
    const Finished done =
        run({"load", platform.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "50", "--duration", "10m", "--json", file});
    EXPECT_EQ(done.exit_code, 4) << done.out;
    EXPECT_NE(done.out.find("is no reply of this interface"), std::string::npos) << done.out;
    EXPECT_NE(done.out.find(row.says), std::string::npos) << done.out;
    EXPECT_EQ(json::parse(test::read_file(file))["requests"], 0) << done.out;
  }
}

// As check tells it: a code is no answer where everything gets it.
TEST(LoadRun, ATargetThatAnswersOneCodeToEverythingIsNamedAtOnce) {
  for (const char* code : {"-200", "-999", "0", "-1"}) {
    const test::Platform platform([&](auto&, const auto&, auto& response) { response.body = std::string(R"({"ResultCode":)") + code + R"(,"Message":"x"})"; });
    const std::string file = temporary("one-code.json");
    const Finished done =
        run({"load", platform.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "20", "--duration", "10m", "--json", file});
    EXPECT_EQ(done.exit_code, 4) << done.out;
    EXPECT_NE(done.out.find("the target answers " + std::string(code) + " to everything"), std::string::npos) << done.out;
    EXPECT_EQ(json::parse(test::read_file(file))["requests"], 0) << done.out;
  }
  // One that does look at the signature is measured, whatever it refuses.
  test::Platform refusing(
      [](auto& state, const auto& request, auto& response) {
        test::answer_as_the_mock(state, request, response);
        if (json::parse(response.body)["ResultCode"] == 1) response.body = R"({"ResultCode":0,"Message":"no"})";
      },
      with_replays());
  const Finished done =
      run({"load", refusing.url(), "--max-generator-lag", "1m", "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "50", "--duration", "500ms"});
  EXPECT_EQ(done.exit_code, 1) << done.out;
}

/// Sends a MySQL server's greeting to whoever connects.
class MySql {
 public:
  MySql() {
    listener_ = net::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
    EXPECT_EQ(::listen(listener_.get(), 128), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
    port_ = ::ntohs(address.sin_port);
    thread_ = std::thread([this] {
      static constexpr std::string_view greeting{
          "\x4a\0\0\0\x0a"
          "8.0.36\0\x0b\0\0\0abcdefgh\0",
          24};
      for (;;) {
        const int accepted = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (accepted < 0) return;
        open_.emplace_back(accepted);
        (void)::send(accepted, greeting.data(), greeting.size(), MSG_NOSIGNAL);
      }
    });
  }
  ~MySql() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  MySql(const MySql&) = delete;
  MySql& operator=(const MySql&) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  net::Fd listener_;
  std::uint16_t port_ = 0;
  std::vector<net::Fd> open_;
  std::thread thread_;
};

TEST(LoadRun, AnotherProtocolIsNamedAndShown) {
  const MySql server;
  const Finished done =
      run({"load", server.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "20", "--duration", "10m", "--connections", "4"});
  EXPECT_EQ(done.exit_code, 3) << done.out;
  EXPECT_NE(done.out.find("MySQL"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("8.0.36"), std::string::npos) << done.out;
}

TEST(LoadRun, AHungTargetDoesNotOutlastMaxTime) {
  const test::Platform platform([](auto&, const auto&, auto& response) { response.delay = std::chrono::minutes(5); });
  const auto begin = std::chrono::steady_clock::now();
  const Finished done = run({"load", platform.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "20", "--duration", "10m", "--timeout",
                             "5m", "--max-time", "500ms"});
  EXPECT_EQ(done.exit_code, 4) << done.out;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::minutes(1)) << "it does not wait for the reply";
}

// Told once, and a signature that gets lost on the way is named.
TEST(LoadRun, ARefusalIsToldOnce) {
  const test::Platform platform(
      [](auto&, const auto&, auto& response) { response.body = R"({"ResultCode":-202,"Message":"header Authorization is missing"})"; });
  const Finished done = run({"load", platform.url(), "--app", "a:the-secret-a", "--app", "b:the-secret-b", "--rate", "20", "--duration", "1m"});
  EXPECT_EQ(done.exit_code, 4) << done.out;
  const std::string said = "header Authorization is missing\"";
  const std::size_t first = done.out.find(said);
  ASSERT_NE(first, std::string::npos) << done.out;
  EXPECT_EQ(done.out.find(said, first + 1), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("most likely a proxy or the web server before it removes the header"), std::string::npos) << done.out;
}

TEST(LoadRun, AJUnitReportSaysWhyItFailed) {
  const Mock mock;
  const std::string file = temporary("load.xml");
  const Finished done = load(mock.url(), {"--rate", "50", "--duration", "500ms", "--threshold", "p50<0.001us,rate>=1000000", "--junit", file});
  EXPECT_EQ(done.exit_code, 1) << done.out;
  const std::string xml = test::read_file(file);
  std::size_t failures = 0;
  for (std::size_t at = xml.find("<failure"); at != std::string::npos; at = xml.find("<failure", at + 1), ++failures) {
    EXPECT_EQ(xml.compare(at, 18, "<failure message=\""), 0) << xml;
    EXPECT_NE(xml.at(at + 18), '"') << xml;
  }
  EXPECT_EQ(failures, 3U) << xml;
}

TEST(LoadRun, TheRateIsReachedWhereEveryRequestWasSentInTime) {
  const Mock mock;
  const std::vector<std::vector<std::string>> small = {
      {"--rate", "7", "--duration", "3s", "--threshold", "rate>=7"},
      {"--rate", "1", "--duration", "3s", "--threshold", "rate>=1"},
      {"--rate", "0.5", "--duration", "4s"},
      {"--stages", "burst 50:4s"},
      {"--stages", "3-30:3s"},
      {"--rate", "20", "--duration", "2s", "--arrival", "poisson", "--seed", "3", "--threshold", "rate>=20"},
      {"--rate", "20", "--duration", "2s", "--arrival", "poisson", "--seed", "6", "--threshold", "rate>=20"},
      {"--rate", "3", "--duration", "1s", "--warm-up", "0", "--threshold", "rate>=3"},
      {"--rate", "3", "--duration", "3s", "--arrival", "poisson", "--seed", "9", "--threshold", "rate>=3"},
      {"--rate", "50", "--duration", "2s", "--threshold", "p70<10s,p72.5<10s"},
  };
  std::vector<std::unique_ptr<Process>> running;
  for (const auto& how : small) {
    std::vector<std::string> arguments = {"load", mock.url(), "--app", "a:s", "--timestamps", "shared", "--connections", "4", "--max-generator-lag", "1m"};
    arguments.insert(arguments.end(), how.begin(), how.end());
    running.push_back(std::make_unique<Process>(arguments));
  }
  for (std::size_t i = 0; i < small.size(); ++i) {
    const Finished done = running[i]->finish();
    EXPECT_EQ(done.exit_code, 0) << small[i][1] << "\n" << done.out;
    EXPECT_EQ(done.out.find("rate was not reached"), std::string::npos) << small[i][1] << "\n" << done.out;
  }
  // A target that takes half a second for each, over two connections: four a second of the twenty that are asked for.
  test::Platform slow(
      [](auto& state, const auto& request, auto& response) {
        test::answer_as_the_mock(state, request, response);
        response.delay = std::chrono::milliseconds(500);
      },
      with_replays());
  const Finished done = run({"load", slow.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--connections", "2", "--max-generator-lag", "1m",
                             "--rate", "20", "--duration", "2s", "--timeout", "1s", "--threshold", "rate>=20"});
  EXPECT_EQ(done.exit_code, 1) << done.out;
  EXPECT_NE(done.out.find("the intended rate was not reached"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("rate>=20: NOT MET"), std::string::npos) << done.out;
}

// Its own steps use up the seconds of the one appId: the search ends with what it found, and blames nobody.
TEST(LoadRun, ASearchThatRunsOutOfTimestampsKeepsWhatItFound) {
  const Mock mock({"--app", "a:s"});
  const std::string file = temporary("used-up.json");
  const Finished done = run({"load", mock.url(), "--app", "a:s", "--max-generator-lag", "1m", "--find-capacity", "p90<10s,errors<0.1%", "--rate", "100",
                             "--duration", "300ms", "--json", file});
  EXPECT_EQ(done.exit_code, 0) << done.out;
  const auto record = json::parse(test::read_file(file));
  EXPECT_EQ(record["verdict"]["en"].get<std::string>().rfind("sustained ", 0), 0U) << done.out;
  EXPECT_NE(done.out.find("nothing could be judged"), std::string::npos) << done.out;
  EXPECT_EQ(done.out.find("not met"), std::string::npos) << done.out;
  double before = 0;
  for (const auto& step : record["runs"]) {
    EXPECT_GE(step["intended_rate"].get<double>(), before) << "no rate was halved\n" << done.out;
    before = std::min(step["intended_rate"].get<double>(), 100.0);
  }
}

TEST(LoadRun, FewFilesMeanFewerConnections) {
  const Mock mock;
  const auto limited = [&](int files) {
    const std::string line = "ulimit -n " + std::to_string(files) + "; exec \"$0\" load " + mock.url() +
                             " --app a:s --timestamps shared --rate 50 --duration 500ms --max-generator-lag 1m --connections 64";
    return Process("sh", {"-c", line, METERPROOF_PROGRAM}).finish();
  };
  const Finished fewer = limited(80);
  EXPECT_EQ(fewer.exit_code, 0) << fewer.out;
  EXPECT_NE(fewer.out.find("16 connections in place of 64: the system allows 80 open files"), std::string::npos) << fewer.out;
  const Finished none = limited(32);
  EXPECT_EQ(none.exit_code, 2) << none.out;
  EXPECT_NE(none.out.find("ulimit -n"), std::string::npos) << none.out;
}

TEST(LoadRun, ThousandsOfResultCodesAreTwentyNotes) {
  int code = 0;
  test::Platform platform(
      [&](auto&, const auto&, auto& response) { response.body = R"({"ResultCode":)" + std::to_string(1000 + ++code) + R"(,"Message":""})"; });
  const Finished done = run({"load", platform.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "300", "--duration", "1s",
                             "--max-generator-lag", "1m", "--connections", "4"});
  EXPECT_EQ(done.exit_code, 1) << done.out;
  EXPECT_NE(done.out.find("and 280 more result codes"), std::string::npos) << done.out;
  EXPECT_LT(done.out.size(), 6000U) << done.out;
}

TEST(LoadRun, ShardsMayRepeat) {
  const Mock mock;
  const std::string start = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count() + 2);
  std::vector<std::unique_ptr<Process>> shards;
  std::vector<std::string> merge = {"merge"};
  for (int i = 0; i < 2; ++i) {
    merge.push_back(temporary("repeated" + std::to_string(i) + ".json"));
    shards.push_back(std::make_unique<Process>(std::vector<std::string>{"load",
                                                                        mock.url(),
                                                                        "--max-generator-lag",
                                                                        "1m",
                                                                        "--app",
                                                                        "a:s",
                                                                        "--timestamps",
                                                                        "shared",
                                                                        "--rate",
                                                                        "100",
                                                                        "--duration",
                                                                        "1s",
                                                                        "--repeat",
                                                                        "2",
                                                                        "--shard",
                                                                        std::to_string(i) + "/2",
                                                                        "--start-at",
                                                                        start,
                                                                        "--json",
                                                                        merge.back()}));
  }
  for (auto& shard : shards) EXPECT_EQ(shard->finish().exit_code, 0);
  const std::string file = temporary("repeated.json");
  merge.insert(merge.end(), {"--json", file});
  const Finished merge_shards = run(merge);
  EXPECT_EQ(merge_shards.exit_code, 0) << merge_shards.out;
  const auto record = json::parse(test::read_file(file));
  EXPECT_EQ(record["requests"], 200);
  EXPECT_EQ(record["result_codes"], (json{{"1", 200}}));
}

TEST(LoadRun, FourShardsAreOneRun) {
  for (const int apps : {1, 6}) {  // fewer than shards: they share its seconds; more: each has its own
    std::vector<std::string> options;
    std::string lines;
    for (int i = 0; i < apps; ++i) {
      options.insert(options.end(), {"--app", "a" + std::to_string(i) + ":s"});
      lines += "a" + std::to_string(i) + ":s\n";
    }
    const std::string file = written("apps", lines);
    const Mock mock(options);  // it refuses a timestamp that was used before
    const std::string start = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count() + 3);
    std::vector<std::unique_ptr<Process>> shards;
    std::vector<std::string> records;
    for (int i = 0; i < 4; ++i) {
      records.push_back(temporary("shard" + std::to_string(i) + ".json"));
      shards.push_back(std::make_unique<Process>(std::vector<std::string>{"load", mock.url(), "--max-generator-lag", "1m", "--apps", file, "--meters", "100",
                                                                          "--stages", "100-300:2s", "--shard", std::to_string(i) + "/4", "--start-at", start,
                                                                          "--connections", "2", "--json", records.back()}));
    }
    for (auto& shard : shards) {
      const Finished done = shard->finish();
      EXPECT_EQ(done.exit_code, 0) << done.out;
    }
    std::vector<std::string> arguments = {"merge", "--threshold", "errors=0", "--json", temporary("merged.json")};
    arguments.insert(arguments.begin() + 1, records.begin(), records.end());
    const Finished merge_shards = run(arguments);
    EXPECT_EQ(merge_shards.exit_code, 0) << merge_shards.out;
    const auto record = json::parse(test::read_file(temporary("merged.json")));
    EXPECT_EQ(record["requests"], 400);
    EXPECT_EQ(record["result_codes"], (json{{"1", 400}}));
    EXPECT_EQ(record["meters"], 100);
    // Each shard played its own meters, and the counts of the parts are the whole's, second by second.
    std::uint64_t in_series = 0;
    for (const auto& second : record["series"]) in_series += second["requests"].get<std::uint64_t>();
    EXPECT_EQ(in_series, 400U);
    // Before it, each shard let each of its appIds send one; with one appId, each shard that one.
    EXPECT_EQ(mock.admin("counters")["ReportData"]["1"], 400 + std::max(apps, 4));
    EXPECT_EQ(run({"merge", records[0], records[0]}).exit_code, 2);
  }
}

TEST(LoadRun, AnInterruptedRunStillReports) {
  const Mock mock;
  const std::string file = temporary("interrupted.json");
  Process running({"load", mock.url(), "--max-generator-lag", "1m", "--app", "a:s", "--timestamps", "shared", "--rate", "200", "--duration", "10m", "--warm-up",
                   "0", "--json", file});
  mock.wait_for_load();
  running.signal(SIGINT);
  const Finished done = running.finish();
  EXPECT_EQ(done.exit_code, 4) << done.out;
  EXPECT_NE(done.out.find("interrupted: the figures are of the time before"), std::string::npos) << done.out;
  const auto record = json::parse(test::read_file(file));
  EXPECT_EQ(record["requests"], record["replies"]);
  EXPECT_GT(record["requests"].get<int>(), 0);
}

// timeout(1) and CI runners signal a child, and at once its group: two signals, one wish.
TEST(LoadRun, TwoSignalsAtOnceAreOne) {
  for (const int gap_ms : {0, 3, 20}) {
    const Mock mock;
    const std::string file = temporary("two-signals.json");
    Process running({"load", mock.url(), "--max-generator-lag", "1m", "--app", "a:s", "--timestamps", "shared", "--rate", "200", "--duration", "10m",
                     "--warm-up", "0", "--json", file});
    mock.wait_for_load();
    running.signal(SIGTERM);
    std::this_thread::sleep_for(std::chrono::milliseconds(gap_ms));
    running.signal(SIGTERM);
    const Finished done = running.finish();
    EXPECT_EQ(done.exit_code, 4) << gap_ms << " ms\n" << done.out;
    EXPECT_GT(json::parse(test::read_file(file))["requests"].get<int>(), 0);
  }
}

// At twenty a second, 300 ms give six replies, and no percentile of them means anything: the step is made longer.
TEST(LoadRun, ASearchTakesAsManyRepliesAsItsPercentilesNeed) {
  const Mock mock;
  const Finished done = run({"load", mock.url(), "--app", "a:s", "--timestamps", "shared", "--max-generator-lag", "1m", "--find-capacity", "p50<10s,rate<=25",
                             "--rate", "20", "--duration", "300ms"});
  EXPECT_EQ(done.exit_code, 0) << done.out;
  EXPECT_NE(done.out.find("sustained 2"), std::string::npos) << done.out;
  EXPECT_EQ(done.out.find("the sample is too small"), std::string::npos) << done.out;
}

TEST(LoadRun, ATimeThatNoClockShowsIsRefused) {
  for (const char* start : {"1e300", "inf", "nan", "-5"}) {
    const Finished done = run({"load", "http://127.0.0.1:1", "--app", "a:s", "--start-at", start});
    EXPECT_EQ(done.exit_code, 2) << done.out;
    EXPECT_NE(done.out.find("write seconds since 1970"), std::string::npos) << start << "\n" << done.out;
  }
}

TEST(LoadRun, AnInterruptedSearchIsInconclusive) {
  const Mock mock;
  Process searching({"--lang", "zh", "load", mock.url(), "--app", "a:s", "--timestamps", "shared", "--find-capacity", "errors<50%", "--rate", "20",
                     "--duration", "1s", "--max-generator-lag", "1m"});
  searching.wait_for("错误 ");  // the first step is over
  searching.signal(SIGINT);
  const Finished done = searching.finish();
  EXPECT_EQ(done.exit_code, 4) << done.out;
  EXPECT_EQ(done.out.find("errors 0"), std::string::npos) << done.out;
}

TEST(LoadRun, ASearchIsQuietWhereThatIsWanted) {
  const Mock mock;
  const Finished done = run({"--quiet", "load", mock.url(), "--app", "a:s", "--timestamps", "shared", "--find-capacity", "rate>=1000000", "--rate", "2",
                             "--duration", "200ms", "--max-generator-lag", "1m"});
  EXPECT_EQ(done.exit_code, 1) << done.out;
  EXPECT_EQ(done.out.find("p99"), std::string::npos) << done.out;
}

TEST(LoadRun, AHangupEndsARunAsWell) {
  (void)::signal(SIGHUP, SIG_DFL);  // where the tests run under nohup
  const Mock mock;
  const std::string file = temporary("hangup.json");
  Process waiting({"load", mock.url(), "--max-generator-lag", "1m", "--app", "a:s", "--start-at", "every:1h", "--json", file});
  waiting.wait_for("begins at ");
  waiting.signal(SIGHUP);
  EXPECT_EQ(waiting.finish().exit_code, 4);
  EXPECT_EQ(json::parse(test::read_file(file))["interrupted"], true);
}

TEST(LoadRun, AnInterruptedWaitReportsToo) {
  const Mock mock;
  const std::string file = temporary("waiting.json");
  Process waiting({"load", mock.url(), "--max-generator-lag", "1m", "--app", "a:s", "--start-at", "every:1h", "--json", file});
  waiting.wait_for("begins at ");
  waiting.signal(SIGINT);
  const Finished done = waiting.finish();
  EXPECT_EQ(done.exit_code, 4) << done.out;
  EXPECT_NE(done.out.find("not judged: interrupted before anything was sent"), std::string::npos) << done.out;
  EXPECT_EQ(json::parse(test::read_file(file))["interrupted"], true);
}

TEST(LoadRun, AWorkloadThatMakesNoJsonIsRefusedWithItsLine) {
  const struct {
    const char* with;
    const char* csv;
    const char* says;
  } table[] = {
      {"Money: { column: sum }", "sum\n12.5\n\n\"1,\n2\"\n", "line 4 of data.csv, column sum"},
      {"Money: { column: sum }", "sum\n12.5\n\"13\n14\n", "line 3 of data.csv opens a quote that nothing closes"},
      {"Money: { constant: 1O }", "sum\n1\n", "Money is a number, and \"1O\" is not"},
      {"Money: { one_of: [1, 02] }", "sum\n1\n", "Money is a number, and \"02\" is not"},
  };
  for (const auto& row : table) {
    const std::string folder = temporary("workload");
    std::filesystem::create_directory(folder);
    std::ofstream(folder + "/data.csv") << row.csv;
    std::ofstream(folder + "/it.yaml") << "workload: it\ndata: data.csv\nmix:\n  - call: RemotePay\n    with:\n      " << row.with << "\n";
    const Finished done = load("http://127.0.0.1:1", {"--workload", folder + "/it.yaml"});
    EXPECT_EQ(done.exit_code, 2) << done.out;
    EXPECT_NE(done.out.find(row.says), std::string::npos) << done.out;
  }
}

TEST(LoadRun, ATargetThatDiesEndsTheRunAndFailsIt) {
  auto mock = std::make_unique<Mock>();
  const std::string file = temporary("died.json");
  Process running({"load", mock->url(), "--max-generator-lag", "1m", "--app", "a:s", "--timestamps", "shared", "--rate", "200", "--duration", "2s", "--timeout",
                   "300ms", "--json", file});
  mock->wait_for_load();
  mock.reset();
  const Finished done = running.finish();
  EXPECT_EQ(done.exit_code, 1) << done.out;
  const auto record = json::parse(test::read_file(file));
  EXPECT_EQ(record["requests"], 400) << done.out;
  EXPECT_GT(errors_of(record, "load.not-sent-connection"), 0) << done.out;
}

TEST(LoadRun, ATargetThatDiesEndsTheReconciliationToo) {
  auto mock = std::make_unique<Mock>();
  const std::string file = temporary("died.json");
  Process running({"load", mock->url(), "--max-generator-lag", "1m", "--app", "a:s", "--timestamps", "shared", "--workload", "billing_day", "--rate", "100",
                   "--duration", "1s", "--timeout", "300ms", "--reconcile", "--json", file});
  mock->wait_for_load();
  mock.reset();
  EXPECT_EQ(running.finish().exit_code, 1);
  EXPECT_FALSE(json::parse(test::read_file(file))["interrupted"]);
}

TEST(LoadRun, AMergeKeepsTheVerdictOfAShardThatCouldNotBeJudged) {
  const Mock mock;
  std::vector<std::string> merge = {"merge"};
  for (const char* shard : {"0/2", "1/2"}) {
    const std::string file = temporary(std::string("unjudged") + shard[0] + ".json");
    ASSERT_EQ(load(mock.url(), {"--rate", "100", "--duration", "500ms", "--shard", shard, "--json", file}).exit_code, 0);
    auto record = json::parse(test::read_file(file));
    record["started_at"] = 1'700'000'000;  // one after the other here, in truth together
    if (shard[0] == '1') record["exit_code"] = 4;
    merge.push_back(written(std::string("changed") + shard[0] + ".json", record.dump()));
  }
  EXPECT_EQ(run(merge).exit_code, 4);
}

TEST(LoadRun, RepeatedRunsShareTheirTimestamps) {
  const Mock mock({"--app", "a:s"});
  const Finished done = run({"load", mock.url(), "--max-generator-lag", "1m", "--app", "a:s", "--rate", "50", "--duration", "1s", "--repeat", "3"});
  EXPECT_EQ(done.exit_code, 0) << done.out;
  EXPECT_EQ(mock.admin("counters")["ReportData"], (json{{"1", 151}})) << "and one first exchange";
}

TEST(LoadRun, AWorseRunFailsTheComparison) {
  const Mock mock;
  const std::string file = temporary("base.json");
  ASSERT_EQ(load(mock.url(), {"--rate", "300", "--duration", "6500ms", "--warm-up", "0", "--json", file}).exit_code, 0);
  auto base = json::parse(test::read_file(file));
  for (auto& second : base["series"])
    for (const char* metric : {"p50", "p99"}) second[metric] = second[metric].get<double>() / 1000;
  const std::string faster = written("faster.json", base.dump());
  const Finished worse = load(mock.url(), {"--rate", "300", "--duration", "6500ms", "--warm-up", "0", "--compare", faster});
  EXPECT_EQ(worse.exit_code, 1) << worse.out;
  EXPECT_NE(worse.out.find("WORSE"), std::string::npos) << worse.out;
  EXPECT_NE(worse.out.find("failed: worse than the run it is compared with"), std::string::npos) << worse.out;
  const Finished foreign = load(mock.url(), {"--compare", written("foreign.json", "{}")});
  EXPECT_EQ(foreign.exit_code, 2) << foreign.out;
}

TEST(LoadRun, ASearchThatFindsNothingFails) {
  const Mock mock;
  const Finished done = load(mock.url(), {"--find-capacity", "rate>=1000000", "--rate", "20", "--duration", "300ms"});
  EXPECT_EQ(done.exit_code, 1) << done.out;
  EXPECT_NE(done.out.find("no rate was sustained"), std::string::npos) << done.out;
}

TEST(LoadRun, TimeoutsAreCountedAndEnterTheLatency) {
  std::size_t calls = 0;
  test::Platform platform(
      [&](mockserver::MockState& state, const net::HttpParser& request, net::Response& response) {
        test::answer_as_the_mock(state, request, response);
        if (++calls % 10 == 0) response.delay = std::chrono::minutes(5);
      },
      with_replays());
  const std::string file = temporary("timeouts.json");
  const Finished done = run({"load", platform.url(), "--max-generator-lag", "1m", "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "50",
                             "--duration", "2s", "--timeout", "300ms", "--warm-up", "0", "--json", file});
  EXPECT_EQ(done.exit_code, 1) << done.out;
  const auto record = json::parse(test::read_file(file));
  EXPECT_EQ(errors_of(record, "transport.timed-out"), 10) << done.out;
  EXPECT_EQ(record["requests"], 100);
  EXPECT_GE(record["response_time_ms"]["max"].get<double>(), 300) << done.out;
}

}  // namespace
}  // namespace meterproof
