// SPDX-License-Identifier: Apache-2.0
// load --against, --class, --target-pid and --target-metrics, as users give them.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/load_runs.hpp"

namespace meterproof {
namespace load_comparison_test {

using nlohmann::json;
using test::Finished;
using test::Loaded;
using test::loaded;
using test::Mock;
using test::temporary;

TEST(LoadAgainst, FindsASlowerTarget) {
  const std::string faults = test::written("late.json", R"([{"kind": "delay", "interface": "ReportData", "delay_ms": 100}])");
  const Mock base, slow({"--app", "a:s", "--replay-protection", "off", "--faults", faults});
  const Loaded run = loaded(slow.url(), {"--against", base.url(), "--rate", "60", "--duration", "1m"});
  EXPECT_EQ(run.done.exit_code, 1) << run.done.out;
  EXPECT_EQ(run.record["verdict"]["id"], "load.worse-than-base");
  EXPECT_EQ(run.record["target"], slow.url());
  bool told = false;
  for (const json& one : run.record["differences"])
    if (one["metric"] == "p50_of_blocks") {
      told = true;
      EXPECT_EQ(one["verdict"], "worse") << one;
      EXPECT_GT(one["change"], 2);
    }
  EXPECT_TRUE(told) << run.record["differences"];
  EXPECT_NE(run.done.out.find("Compared with " + base.url()), std::string::npos) << run.done.out;
  EXPECT_NE(run.done.out.find("a change is found here"), std::string::npos) << run.done.out;
  std::filesystem::remove(faults);
}

TEST(LoadAgainst, TakesNoOtherConditions) {
  const Mock mock;
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{{"--duration", "59s"},
                                                                                    {"--stages", "10:1m"},
                                                                                    {"--repeat", "2"},
                                                                                    {"--find-capacity", "p99<1s"},
                                                                                    {"--hdr", temporary("none.hdr")},
                                                                                    {"--metrics", "0"},
                                                                                    {"--shard", "0/2"},
                                                                                    {"--reconcile"},
                                                                                    {"--start-at", "every:30s"},
                                                                                    {"--target-pid", "1"},
                                                                                    {"--warm-up", "1s"},
                                                                                    {"--class", "meters@x(1h)"},
                                                                                    {"--against", "not a url"}}) {
    std::vector<std::string> words = {"--rate", "10"};
    if (more.front() != "--against") words.insert(words.end(), {"--against", mock.url()});
    words.insert(words.end(), more.begin(), more.end());
    const Loaded run = loaded(mock.url(), words);
    EXPECT_EQ(run.done.exit_code, 2) << more.front() << run.done.out;
  }
}

TEST(LoadClass, FindsHowManyMetersMayReport) {
  // Each payment takes 50 ms, and there are eight connections: 160 a second.
  const std::string faults = test::written("slow.json", R"([{"kind": "delay", "interface": "RemotePay", "delay_ms": 50}])");
  const Mock mock({"--app", "a:s", "--replay-protection", "off", "--faults", faults});
  const std::string workload = test::written("class.yaml", test::payments);
  const std::vector<std::string> limits = {"--workload", workload, "--meters", "50", "--rate", "120", "--duration", "2s", "--warm-up", "0"};
  std::vector<std::string> words = {"--class", "meters@midnight(2h)", "--threshold", "p99<20s,lost=0"};  // however busy this machine is
  words.insert(words.end(), limits.begin(), limits.end());
  const Loaded run = loaded(mock.url(), words);
  ASSERT_EQ(run.done.exit_code, 0) << run.done.out;
  EXPECT_EQ(run.record["class"]["text"], "meters@midnight(2h)");
  EXPECT_EQ(run.record["class"]["window_s"], 7200);
  EXPECT_NEAR(run.record["class"]["meters"].get<double>(), run.record["rate"].get<double>() * 7200, 4);
  EXPECT_LT(run.record["class"]["meters"].get<double>(), 200 * 7200) << "it was limited";
  ASSERT_EQ(run.record["reconciliation"].size(), 1U);
  EXPECT_GT(run.record["reconciliation"][0]["confirmed"], 0);
  EXPECT_NE(run.done.out.find("meters may report in meters@midnight(2h)"), std::string::npos) << run.done.out;
  std::filesystem::remove(faults);
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{"--class", "meters@midnight(2h)"},
                                             {"--class", "meters", "--threshold", "p99<300ms"},
                                             {"--class", "meters@(2h)", "--threshold", "p99<300ms"},
                                             {"--class", "meters@night(2h)", "--threshold", "p99.9<300ms"},
                                             {"--class", "meters@night(soon)", "--threshold", "p99<300ms"},
                                             {"--class", "meters@night(2h)", "--threshold", "p99<300ms", "--repeat", "2"}}) {
    std::vector<std::string> given = more;
    given.insert(given.end(), {"--workload", workload});
    EXPECT_EQ(loaded(mock.url(), given).done.exit_code, 2) << more[1];
  }
  std::filesystem::remove(workload);
}

TEST(LoadTarget, IsWatchedByItsProcessAndByItsPage) {
  test::Process mock({"mock", "--port", "0", "--app", "a:s", "--replay-protection", "off"});
  const std::string url = "http://127.0.0.1:" + std::to_string(mock.port());
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{"--target-pid", std::to_string(mock.pid())}, {"--target-metrics", url + "/_mock/metrics"}}) {
    std::vector<std::string> words = {"--rate", "200", "--duration", "4s"};
    words.insert(words.end(), more.begin(), more.end());
    const Loaded run = loaded(url, words);
    ASSERT_EQ(run.done.exit_code, 0) << run.done.out;
    ASSERT_GE(run.record["target_series"].size(), 2U) << more.front() << run.done.out;
    EXPECT_FALSE(run.record["target_source"].get<std::string>().empty());
    for (const json& one : run.record["target_series"]) {
      EXPECT_GE(one["cores"].get<double>(), 0) << one;
      EXPECT_GT(one["memory_mib"].get<double>(), 1) << one;
    }
  }
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{{"--target-pid", "0"},
                                                                                    {"--target-pid", "x"},
                                                                                    {"--target-pid", "2147483647"},
                                                                                    {"--target-metrics", url + "/"},
                                                                                    {"--target-metrics", "http://127.0.0.1:1/metrics"},
                                                                                    {"--target-metrics", "x"}}) {
    std::vector<std::string> words = {"--rate", "10", "--duration", "1s"};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_EQ(loaded(url, words).done.exit_code, 2) << more[1];
  }
}

}  // namespace load_comparison_test
}  // namespace meterproof
