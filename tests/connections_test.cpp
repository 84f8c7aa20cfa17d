// SPDX-License-Identifier: Apache-2.0
// Servers that serve one connection at a time, close connections, or wait for the rest of a body: no waiting, nobody accused, the same verdicts each time.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/in_process.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace connections_test {

using nlohmann::json;

/// The record of a check of a mock behind such a server. Each run has a mock of its own: one before it would have used the seconds.
json check_behind(const std::string& kind) {
  const std::vector<std::string> apps = {"--app", "demo:demo-secret", "--app", "other:other-secret", "--app", "third:third-secret"};
  std::vector<std::string> mock_arguments = {"mock", "--port", "0"};
  mock_arguments.insert(mock_arguments.end(), apps.begin(), apps.end());
  test::Process mock(mock_arguments);
  test::Process server("python3", {std::string(METERPROOF_SOURCE) + "/tests/data/servers/one_at_a_time.py", kind, std::to_string(mock.port())});
  const std::string line = server.wait_for("\n");
  const std::string file = test::temporary("connections-" + kind + ".json");
  std::vector<std::string> arguments = {"check", line.substr(0, line.find('\n')), "--timeout", "3s", "--json", file};
  arguments.insert(arguments.end(), apps.begin(), apps.end());
  const test::Finished finished = test::run(arguments);
  EXPECT_EQ(finished.exit_code, 0) << kind << ": " << finished.out;
  const json record = json::parse(test::read_file(file));
  std::filesystem::remove(file);
  return record;
}

std::string calibration(const json& record, const std::string& id) {
  for (const json& one : record["calibration"])
    if (one["id"] == id) return one["value"]["en"];
  return {};
}

struct Kind {
  const char *name, *kept;

  friend void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }
};

class SingleConnection : public testing::TestWithParam<Kind> {};

TEST_P(SingleConnection, IsFoundOutAndLeavesLittleUndecided) {
  std::map<std::string, std::string> before;
  for (int run = 0; run < 2; ++run) {
    const json record = check_behind(GetParam().name);
    EXPECT_EQ(calibration(record, "connections-kept"), GetParam().kept);
    EXPECT_EQ(calibration(record, "connections-at-a-time"), "1");
    EXPECT_EQ(calibration(record, "waits-for-bodies"), "answered");
    std::size_t undecided = 0;
    std::map<std::string, std::string> verdicts;
    for (const json& one : record["cases"]) {
      const std::string id = one["id"], verdict = one["verdict"];
      verdicts[id] = verdict;
      EXPECT_NE(verdict, "failed") << id << ": " << one["observed"] << ", " << one["reason"];
      EXPECT_NE(one["reply"]["transport"], "timed out") << id;
      if (verdict == "inconclusive" && !test::is_injected(id)) ++undecided;
    }
    EXPECT_LE(undecided, 28U);  // pipelined requests, and what needs several connections at a time: 9 interfaces each
    EXPECT_LT(record["duration_s"].get<double>(), 60.0);
    const auto opened = record["connections_opened"].get<std::size_t>(), requests = record["requests"].get<std::size_t>();
    if (GetParam().kept != std::string("kept open")) EXPECT_GT(opened, requests / 2) << requests;
    if (run > 0) EXPECT_EQ(verdicts, before);
    before = std::move(verdicts);
  }
}

INSTANTIATE_TEST_SUITE_P(, SingleConnection,
                         testing::Values(Kind{"keeps", "kept open"}, Kind{"says-close", "closed after each reply, as it says"},
                                         Kind{"closes-silently", "closed after each reply, without saying so"},
                                         Kind{"http10", "closed after each reply, as it says"}),
                         [](const testing::TestParamInfo<Kind>& one) {
                           std::string name = one.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Connections, ATargetThatWaitsForTheRestOfABodyCostsNoCaseAWait) {
  const json record = check_behind("waits");
  EXPECT_EQ(calibration(record, "connections-at-a-time"), "at least 16");
  EXPECT_NE(calibration(record, "waits-for-bodies").find("truncated"), std::string::npos) << record["calibration"];
  std::size_t untried = 0;
  for (const json& one : record["cases"]) {
    EXPECT_NE(one["verdict"], "failed") << one["id"];
    EXPECT_NE(one["reply"]["transport"], "timed out") << one["id"];
    const bool is_hostile = one["id"].get<std::string>().find("/robust/") != std::string::npos;
    untried += !is_hostile && one["reason"].value("id", "") == "case.waits-for-the-rest" ? 1U : 0U;
  }
  EXPECT_EQ(untried, 81U);
}

}  // namespace connections_test
}  // namespace meterproof
