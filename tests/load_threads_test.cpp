// SPDX-License-Identifier: Apache-2.0
// One load on several threads: as exact as one thread, and one record.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/support/load_runs.hpp"

namespace meterproof {
namespace load_threads_test {

using nlohmann::json;
using test::Finished;
using test::Loaded;
using test::loaded;
using test::Mock;
using test::temporary;

TEST(LoadThreads, AreOneRun) {
  for (const std::string threads : {"1", "2", "3", "8"}) {
    const Mock mock;
    const Loaded run = loaded(mock.url(), {"--threads", threads, "--rate", "300", "--duration", "3s", "--warm-up", "0"});
    EXPECT_EQ(run.done.exit_code, 0) << run.done.out;
    EXPECT_EQ(run.record["threads"], std::stoi(threads));
    EXPECT_EQ(run.record["requests"], 900) << threads;
    EXPECT_EQ(run.record["good"], 900) << threads;
    EXPECT_EQ(run.record["scheduled"], 900) << threads;
    EXPECT_EQ(run.record["connections"], 8) << threads;
    EXPECT_EQ(run.record["apps"], 1) << threads;
    EXPECT_EQ(run.record["meters"], 1000) << threads;
    EXPECT_EQ(run.record["shard"], "") << threads;
    EXPECT_NEAR(run.record["intended_rate"], 300, 1) << threads;
    EXPECT_EQ(mock.admin("counters")["ReportData"]["1"].get<int>() + 0, 900 + run.record["first_exchanges"].get<int>()) << threads;
    std::uint64_t requests = 0;
    for (const json& second : run.record["series"]) requests += second["requests"].get<std::uint64_t>();
    EXPECT_EQ(requests, 900U) << "the seconds are those of all threads";
    EXPECT_LE(run.record["series"].size(), 5U) << threads;
    for (const json& note : run.record["notes"]) EXPECT_EQ(note["id"].get<std::string>().find("load.note-merged"), std::string::npos) << note;
  }
}

TEST(LoadThreads, UseEachSecondOnceWhetherTheyShareAppIdsOrNot) {
  for (const int apps : {1, 2, 5}) {
    std::vector<std::string> mock_options,
        load_options = {"--threads", "2", "--connections", "8", "--rate", std::to_string(apps), "--duration", "3s", "--warm-up", "0"};
    for (int i = 0; i < apps; ++i) {
      const std::string app = "app" + std::to_string(i) + ":secret-of-it";
      mock_options.insert(mock_options.end(), {"--app", app});
      load_options.insert(load_options.end(), {"--app", app});
    }
    const Mock mock(mock_options);
    load_options.insert(load_options.begin(), {"load", mock.url(), "--max-generator-lag", "1m"});
    const std::string file = temporary("unique.json");
    load_options.insert(load_options.end(), {"--json", file});
    const Finished done = test::run(load_options);
    const json record = json::parse(test::read_file(file));
    EXPECT_EQ(record["result_codes"], (json{{"1", record["requests"]}})) << apps << " appIds: " << done.out;
    std::filesystem::remove(file);
  }
}

TEST(LoadThreads, RememberWhatTheyUsed) {
  std::vector<std::string> apps;
  for (int i = 0; i < 4; ++i) apps.insert(apps.end(), {"--app", "app" + std::to_string(i) + ":secret-of-it"});
  const Mock mock(apps);
  const std::string state = temporary("state");
  for (int i = 0; i < 2; ++i) {
    std::vector<std::string> words = {"load",       mock.url(), "--threads", "2", "--rate",      "max", "--connections", "4",
                                      "--duration", "1s",       "--warm-up", "0", "--tolerance", "30s", "--state",       state};
    words.insert(words.end(), apps.begin(), apps.end());
    const std::string file = temporary("remembered.json");
    words.insert(words.end(), {"--json", file});
    const Finished done = test::run(words);
    const json record = json::parse(test::read_file(file));
    EXPECT_EQ(record["result_codes"], (json{{"1", record["requests"]}})) << done.out;
    std::filesystem::remove(file);
  }
  std::filesystem::remove_all(state);
}

TEST(LoadThreads, ReconcileAndLogTogether) {
  const Mock mock;
  const std::string workload = test::written("payments.yaml", test::payments), log = temporary("threads.hdr");
  const Loaded run =
      loaded(mock.url(), {"--threads", "2", "--workload", workload, "--meters", "40", "--rate", "100", "--duration", "2s", "--reconcile", "--hdr", log});
  EXPECT_EQ(run.done.exit_code, 0) << run.done.out;
  ASSERT_EQ(run.record["reconciliation"].size(), 1U);
  EXPECT_EQ(run.record["reconciliation"][0]["acknowledged"], 200);
  EXPECT_EQ(run.record["reconciliation"][0]["confirmed"], 200);
  const std::string lines = test::read_file(log);
  std::size_t seconds = 0;
  for (std::size_t at = lines.find("Tag=response_time"); at != std::string::npos; at = lines.find("Tag=response_time", at + 1)) ++seconds;
  EXPECT_GE(seconds, 2U) << lines.substr(0, 500);
  EXPECT_LE(seconds, 4U) << "one line for each second, not for each thread";
  for (const std::string& file : {workload, log}) std::filesystem::remove(file);
}

TEST(LoadThreads, ASignalEndsAll) {
  const Mock mock;
  const std::string file = temporary("interrupted.json");
  test::Process process({"load", mock.url(), "--app", "a:s", "--timestamps", "shared", "--threads", "3", "--connections", "6", "--rate", "100", "--duration",
                         "10m", "--json", file});
  const auto reports = [&] { return mock.admin("counters").value("ReportData", json::object()).value("1", 0); };
  while (reports() < 20) std::this_thread::yield();  // more than the first exchange: the schedule is under way on all threads
  process.signal(SIGINT);
  const Finished done = process.finish();
  EXPECT_EQ(done.exit_code, 4) << done.out;
  const json record = json::parse(test::read_file(file));
  EXPECT_EQ(record["interrupted"], true);
  EXPECT_GT(record["requests"], 0);
  std::filesystem::remove(file);
}

TEST(LoadThreads, ATargetThatIsNotThereAndOneThatRefusesAreWhatTheyAre) {
  const Finished done =
      test::run({"load", "http://127.0.0.1:1", "--app", "a:s", "--timestamps", "shared", "--threads", "2", "--rate", "10", "--duration", "1s"});
  EXPECT_EQ(done.exit_code, 3) << done.out;
  const Mock mock;
  const Finished refused =
      test::run({"load", mock.url(), "--app", "nobody:s", "--app", "none:s", "--timestamps", "shared", "--threads", "2", "--rate", "10", "--duration", "1s"});
  EXPECT_EQ(refused.exit_code, 4) << refused.out;
  for (const std::string wrong : {"0", "many", "-1", "9", "257"}) EXPECT_EQ(loaded(mock.url(), {"--threads", wrong}).done.exit_code, 2) << wrong;
}

TEST(LoadThreads, LeaveOutTheAppIdsThatTheTargetRefuses) {
  const Mock mock({"--app", "a:s", "--app", "b:t", "--replay-protection", "off"});
  const std::string file = temporary("left-out.json");
  const Finished done = test::run({"load",
                                   mock.url(),
                                   "--app",
                                   "a:s",
                                   "--app",
                                   "b:wrong",
                                   "--app",
                                   "c:unknown",
                                   "--timestamps",
                                   "shared",
                                   "--connections",
                                   "8",
                                   "--max-generator-lag",
                                   "1m",
                                   "--threads",
                                   "2",
                                   "--rate",
                                   "50",
                                   "--duration",
                                   "2s",
                                   "--json",
                                   file});
  EXPECT_EQ(done.exit_code, 0) << done.out;
  const json record = json::parse(test::read_file(file));
  EXPECT_EQ(record["good"], 100);
  EXPECT_EQ(record["apps"], 1);
  for (const std::string app : {"b", "c"}) {
    bool named = false;
    for (const json& note : record["notes"])
      named = named || (note["id"] == "load.app-refused" && note["args"].dump().find('"' + app + '"') != std::string::npos);
    EXPECT_TRUE(named) << app << record["notes"];
  }
  std::filesystem::remove(file);
}

TEST(LoadThreads, OneWithNothingToSendSpoilsNothing) {
  const Mock mock;
  const Loaded run = loaded(mock.url(), {"--threads", "8", "--rate", "5", "--duration", "1s", "--warm-up", "0"});
  EXPECT_EQ(run.done.exit_code, 0) << run.done.out;
  EXPECT_EQ(run.record["requests"], 5);
}

TEST(LoadThreads, TheRateIsWhatCameInTheTimeOfAll) {
  const Mock mock;
  const Loaded run = loaded(mock.url(), {"--threads", "4", "--rate", "max", "--duration", "2s"});
  EXPECT_EQ(run.done.exit_code, 0) << run.done.out;
  EXPECT_LE(run.record["rate"].get<double>() * run.record["measured_s"].get<double>(), run.record["measured"].get<double>() * 1.001 + 1);
}

TEST(LoadThreads, OfAShardAreMerged) {
  const Mock mock;
  const std::string start = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count() + 4);
  std::vector<std::unique_ptr<test::Process>> shards;
  std::vector<std::string> merge = {"merge"};
  for (const std::string shard : {"0/2", "1/2"}) {
    merge.push_back(temporary("shard-" + shard.substr(0, 1) + ".json"));
    shards.push_back(std::make_unique<test::Process>(std::vector<std::string>{
        "load",       mock.url(), "--app",  "a:s",        "--timestamps", "shared",  "--connections", "4",         "--max-generator-lag",
        "1m",         "--rate",   "200",    "--duration", "2s",           "--shard", shard,           "--threads", shard == "0/2" ? "2" : "1",
        "--start-at", start,      "--json", merge.back()}));
  }
  for (auto& shard : shards) EXPECT_EQ(shard->finish().exit_code, 0);
  const std::string file = temporary("merged.json");
  merge.insert(merge.end(), {"--json", file});
  const Finished merged = test::run(merge);
  ASSERT_EQ(merged.exit_code, 0) << merged.out;
  const json record = json::parse(test::read_file(file));
  EXPECT_EQ(record["requests"], 400);
  EXPECT_EQ(record["threads"], 3);
  for (const std::string& one : merge)
    if (one.ends_with(".json")) std::filesystem::remove(one);
}

}  // namespace load_threads_test
}  // namespace meterproof
