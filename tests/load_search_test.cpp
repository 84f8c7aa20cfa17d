// SPDX-License-Identifier: Apache-2.0
// The search for the rate that a target sustains.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/load_runs.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace load_search_test {

using nlohmann::json;
using test::Finished;
using test::load;
using test::Mock;
using test::Process;
using test::run;
using test::temporary;

// At twenty a second, 300 ms give six replies, and no percentile of them means anything: the step is made longer.
TEST(LoadRun, ASearchTakesAsManyRepliesAsItsPercentilesNeed) {
  const Mock mock;
  const Finished done = run({"load", mock.url(), "--app", "a:s", "--timestamps", "shared", "--max-generator-lag", "1m", "--find-capacity", "p50<10s,rate<=25",
                             "--rate", "20", "--duration", "300ms"});
  EXPECT_EQ(done.exit_code, 0) << done.out;
  EXPECT_NE(done.out.find("sustained 2"), std::string::npos) << done.out;
  EXPECT_EQ(done.out.find("the sample is too small"), std::string::npos) << done.out;
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

// Every step is judged by both goals; the brief ones are half as long here.
TEST(LoadRun, ASearchMayHaveSeveralGoals) {
  const Mock mock;
  const std::string file = temporary("goals.json");
  const Finished done = run({"load",
                             mock.url(),
                             "--app",
                             "a:s",
                             "--timestamps",
                             "shared",
                             "--max-generator-lag",
                             "1m",
                             "--find-capacity",
                             "errors<50%,rate<=25",
                             "--find-capacity",
                             "errors<50%,rate<=45",
                             "--rate",
                             "20",
                             "--duration",
                             "2s",
                             "--warm-up",
                             "0",
                             "--json",
                             file});
  EXPECT_EQ(done.exit_code, 0) << done.out;
  const auto record = json::parse(test::read_file(file));
  ASSERT_EQ(record["goals"].size(), 2U);
  const double lower = record["goals"][0]["sustained"], higher = record["goals"][1]["sustained"];
  EXPECT_GT(lower, 0) << done.out;
  EXPECT_LE(lower, 26) << done.out;
  EXPECT_GE(higher, lower) << done.out;
  EXPECT_LE(higher, 46) << done.out;
  EXPECT_EQ(record["intended_rate"], lower) << "the record is of the first goal's answer";
  EXPECT_GE(record["goals"][0]["tried"], 3) << done.out;
  std::size_t brief = 0;
  for (const auto& step : record["runs"]) brief += step["verdict"]["en"].get<std::string>().ends_with("(brief step)") ? 1U : 0U;
  EXPECT_GE(brief, 3U) << done.out;
  EXPECT_LT(brief, record["runs"].size());
  EXPECT_NE(done.out.find("errors<50%,rate<=45: sustained "), std::string::npos) << done.out;
}

TEST(LoadRun, ASearchThatFindsNothingFails) {
  const Mock mock;
  const Finished done = load(mock.url(), {"--find-capacity", "rate>=1000000", "--rate", "20", "--duration", "300ms"});
  EXPECT_EQ(done.exit_code, 1) << done.out;
  EXPECT_NE(done.out.find("no rate was sustained"), std::string::npos) << done.out;
}

TEST(LoadRun, ASearchIsQuietWhereThatIsWanted) {
  const Mock mock;
  const Finished done = run({"--quiet", "load", mock.url(), "--app", "a:s", "--timestamps", "shared", "--find-capacity", "rate>=1000000", "--rate", "2",
                             "--duration", "200ms", "--max-generator-lag", "1m"});
  EXPECT_EQ(done.exit_code, 1) << done.out;
  EXPECT_EQ(done.out.find("p99"), std::string::npos) << done.out;
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

}  // namespace load_search_test
}  // namespace meterproof
