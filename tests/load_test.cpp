// SPDX-License-Identifier: Apache-2.0
// The load generator as its users start it: what is played, what is reached, and what decides the exit code.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/load_runs.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace load_test {

using nlohmann::json;
using test::errors_of;
using test::Finished;
using test::load;
using test::Mock;
using test::Process;
using test::run;
using test::temporary;
using test::with_replays;
using test::written;

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

TEST(LoadRun, TimeoutsAreCountedAndEnterTheLatency) {
  for (const bool drips : {false, true}) {  // a byte every 40 ms: the timeout is that of a reply, not of a byte
    std::size_t calls = 0;
    test::Platform platform(
        [&](mockserver::MockState& state, const net::HttpParser& request, net::Response& response) {
          test::answer_as_the_mock(state, request, response);
          if (++calls % 10 != 0) return;
          response.fault = drips ? net::ResponseFault::drip : net::ResponseFault::none;
          response.delay = drips ? std::chrono::milliseconds(40) : std::chrono::minutes(5);
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

TEST(LoadRun, ATimeThatNoClockShowsIsRefused) {
  for (const char* start : {"1e300", "inf", "nan", "-5"}) {
    const Finished done = run({"load", "http://127.0.0.1:1", "--app", "a:s", "--start-at", start});
    EXPECT_EQ(done.exit_code, 2) << done.out;
    EXPECT_NE(done.out.find("write seconds since 1970"), std::string::npos) << start << "\n" << done.out;
  }
}

}  // namespace load_test
}  // namespace meterproof
