// SPDX-License-Identifier: Apache-2.0
// Whether a load finds what the target acknowledged and lost, doubled, altered or invented.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/support/load_runs.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace load_reconciliation_test {

using nlohmann::json;
using test::Finished;
using test::payments;
using test::run;
using test::temporary;
using test::with_replays;
using test::written;

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
  const std::string workload = written("payments.yaml", test::payments_by_number);
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

}  // namespace load_reconciliation_test
}  // namespace meterproof
