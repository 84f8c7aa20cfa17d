// SPDX-License-Identifier: Apache-2.0
// What a load signs with: the seconds of its appIds, and clocks that are set.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/load_runs.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace load_timestamps_test {

using nlohmann::json;
using test::Finished;
using test::Mock;
using test::run;
using test::temporary;
using test::with_replays;

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

TEST(LoadRun, RepeatedRunsShareTheirTimestamps) {
  const Mock mock({"--app", "a:s"});
  const Finished done = run({"load", mock.url(), "--max-generator-lag", "1m", "--app", "a:s", "--rate", "50", "--duration", "1s", "--repeat", "3"});
  EXPECT_EQ(done.exit_code, 0) << done.out;
  EXPECT_EQ(mock.admin("counters")["ReportData"], (json{{"1", 151}})) << "and one first exchange";
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
      if (row.with_date) response.extra_headers += "Date: " + test::http_date(now) + "\r\n";
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

}  // namespace load_timestamps_test
}  // namespace meterproof
