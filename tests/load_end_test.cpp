// SPDX-License-Identifier: Apache-2.0
// What ends a load before its time: signals, --max-time, and a target that dies.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/load_runs.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace load_end_test {

using nlohmann::json;
using test::errors_of;
using test::Finished;
using test::Mock;
using test::payments;
using test::Process;
using test::run;
using test::temporary;
using test::with_replays;
using test::written;

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

// A search ends with what it has found, and timeout(1) itself signals the child and its group.
TEST(LoadRun, TimeoutOneLeavesAReport) {
  const std::vector<std::vector<std::string>> table = {{"--rate", "200", "--duration", "10m", "--warm-up", "0"},
                                                       {"--find-capacity", "p50<10s", "--rate", "200", "--duration", "10m"}};
  for (const auto& more : table) {
    const Mock mock;
    const std::string file = temporary("timeout.json");
    std::filesystem::remove(file);
    std::vector<std::string> arguments = {"-k", "60",    "2",   METERPROOF_PROGRAM, "load",   mock.url(), "--max-generator-lag",
                                          "1m", "--app", "a:s", "--timestamps",     "shared", "--json",   file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished done = Process("timeout", arguments).finish();
    EXPECT_EQ(done.exit_code, 124) << done.out;  // timeout's own: the time was over
    EXPECT_EQ(json::parse(test::read_file(file))["interrupted"], true) << done.out;
    EXPECT_NE(done.out.find("interrupted"), std::string::npos) << done.out;
  }
}

TEST(LoadRun, TwoSignalsEndASearchOnce) {
  const Mock mock;
  const std::string file = temporary("search-signals.json");
  Process running({"load", mock.url(), "--max-generator-lag", "1m", "--app", "a:s", "--timestamps", "shared", "--find-capacity", "p50<10s", "--rate", "200",
                   "--duration", "10m", "--json", file});
  mock.wait_for_load();
  running.signal(SIGINT);
  running.signal(SIGTERM);
  const Finished done = running.finish();
  EXPECT_EQ(done.exit_code, 4) << done.out;
  const json record = json::parse(test::read_file(file));
  EXPECT_EQ(record["interrupted"], true);
  EXPECT_EQ(record["runs"].size(), 1U) << "no other step is begun";
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
  EXPECT_NE(done.out.find("not judged: interrupted before anything was measured"), std::string::npos) << done.out;
  EXPECT_EQ(json::parse(test::read_file(file))["interrupted"], true);
}

TEST(LoadRun, AHungTargetDoesNotOutlastMaxTime) {
  const test::Platform platform([](auto&, const auto&, auto& response) { response.delay = std::chrono::minutes(5); });
  const auto begin = std::chrono::steady_clock::now();
  const Finished done = run({"load", platform.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "20", "--duration", "10m", "--timeout",
                             "5m", "--max-time", "500ms"});
  EXPECT_EQ(done.exit_code, 4) << done.out;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::minutes(1)) << "it does not wait for the reply";
}

/// One that hangs from some moment on, and how it was asked until then.
struct Hanging {
  const char* what;
  std::function<bool(const net::HttpParser&)> hangs;
  std::string code;  // of what it answers before; empty: the mock's
  std::vector<std::string> more;
};

// Replies of the schedule, of the trials that explain a refusal, and of the queries after the load: all of them may take five minutes.
class LoadThatHangs : public testing::Test {
 protected:
  enum class End { max_time, signal };

  void ends(End by) {
    const std::vector<Hanging> table = {
        {"the schedule", [&](const auto&) { return ++calls_ > 1; }, "", {"--rate", "20", "--duration", "10m", "--warm-up", "0"}},
        {"the trials", [&](const auto&) { return ++calls_ > 1; }, "-202", {"--rate", "20", "--duration", "10m"}},
        {"the queries",
         [&](const net::HttpParser& request) {
           if (request.target().ends_with("RemotePay")) ++paid_;
           return request.target().ends_with("GetPayList") && paid_ > 1;
         },
         "",
         {"--workload", written("payments.yaml", payments), "--rate", "200", "--duration", "500ms", "--meters", "10", "--reconcile"}},
        {"a search", [&](const auto&) { return ++calls_ > 1; }, "", {"--find-capacity", "p50<10s", "--rate", "20", "--duration", "10s"}},
    };
    for (const Hanging& one : table) {
      calls_ = paid_ = 0;
      const Finished done = ended(one, by);
      EXPECT_EQ(done.exit_code, 4) << one.what << "\n" << done.out;
      // Not after the ten seconds that an explanation may take by itself: the limit has ended it.
      if (by == End::max_time) EXPECT_NE(done.out.find("after 2s, as --max-time says"), std::string::npos) << one.what << "\n" << done.out;
      const json record = json::parse(test::read_file(file_));
      EXPECT_EQ(record["interrupted"], true) << one.what;
      EXPECT_TRUE(record["errors"].empty()) << one.what << ": that a reply had no time to come is no fault of the target\n" << done.out;
      EXPECT_EQ(record["requests"], record["replies"]) << one.what << "\n" << done.out;
      if (&one == table.data()) EXPECT_NE(done.out.find("had no reply yet when the run ended"), std::string::npos) << done.out;
    }
  }

 private:
  Finished ended(const Hanging& one, End by) {
    std::atomic<int> hanging = 0;
    test::Platform platform(
        [&](auto& state, const auto& request, auto& response) {
          test::answer_as_the_mock(state, request, response);
          if (!one.code.empty()) response.body = "{\"ResultCode\":" + one.code + ",\"Message\":\"no\"}";
          if (!one.hangs(request)) return;
          response.delay = std::chrono::minutes(5);
          ++hanging;
        },
        with_replays());
    std::vector<std::string> arguments = {"load", platform.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--max-generator-lag",
                                          "1m",   "--timeout",    "5m",    "--json",           file_};
    arguments.insert(arguments.end(), one.more.begin(), one.more.end());
    if (by == End::max_time) arguments.insert(arguments.end(), {"--max-time", "2s"});
    Process load(arguments);
    auto begin = std::chrono::steady_clock::now();
    if (by == End::signal) {
      while (hanging == 0) std::this_thread::yield();
      begin = std::chrono::steady_clock::now();
      load.signal(SIGTERM);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the replies are still waited for
      load.signal(SIGTERM);
    }
    Finished done = load.finish();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::minutes(1)) << one.what;
    platform.stop();
    return done;
  }

  const std::string file_ = temporary("hangs.json");
  int calls_ = 0, paid_ = 0;  // touched by the platform's thread alone while it runs
};

TEST_F(LoadThatHangs, DoesNotOutlastMaxTime) { ends(End::max_time); }

// CI runners and `docker stop` kill ten seconds after the signal: the report is there by then, and what had no time to be answered is no failure.
TEST_F(LoadThatHangs, DoesNotOutlastASignal) { ends(End::signal); }

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

}  // namespace load_end_test
}  // namespace meterproof
