// SPDX-License-Identifier: Apache-2.0
// Several processes that send one load, and the merge of their records.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/load_runs.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace load_shards_test {

using nlohmann::json;
using test::Finished;
using test::load;
using test::Mock;
using test::Process;
using test::run;
using test::temporary;
using test::written;

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
  const Finished again = run({"merge", merge[1], file, "--json", temporary("again.json")});
  EXPECT_EQ(again.exit_code, 2) << again.out;
  EXPECT_NE(again.out.find("cannot merge " + file + ": it is not a shard (merged)"), std::string::npos) << again.out;
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

}  // namespace load_shards_test
}  // namespace meterproof
