// SPDX-License-Identifier: Apache-2.0
// What the mock tells Prometheus, read by Prometheus' own checker.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "tests/support/mock_process.hpp"

namespace meterproof {
namespace {

using test::MockProcess;
using test::Process;

TEST(Metrics, OfTheMockAreAsPrometheusWantsThem) {
  const std::string page = test::temporary("metrics.txt"), store = test::temporary("metrics.db");
  {
    MockProcess mock({"--store", store});
    EXPECT_EQ(mock.code("/api/Meters/GetData", R"({"MeterAddr":"860000000002"})"), 1);
    EXPECT_EQ(mock.code("/api/Meters/GetData", R"({"MeterAddr":"1"})"), -1);
    EXPECT_EQ(mock.code("/api/Meters/GetData", R"({"MeterAddr":"2"})"), -1);
    const net::Exchange reply = mock.get("/_mock/metrics");
    EXPECT_EQ(reply.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    std::ofstream(page) << reply.body;
    const auto has = [&](const std::string& line) {
      EXPECT_NE(("\n" + reply.body).find("\n" + line + "\n"), std::string::npos) << line << " in\n" << reply.body;
    };
    has(R"(meterproof_mock_calls_total{interface="GetData",code="1"} 1)");
    has(R"(meterproof_mock_calls_total{interface="GetData",code="-1"} 2)");
    has(R"(meterproof_mock_request_duration_seconds_bucket{le="+Inf"} 3)");
    has("meterproof_mock_request_duration_seconds_count 3");
    has("meterproof_mock_connections 1");
    has("meterproof_mock_worlds 1");
    has("meterproof_mock_store_failures_total 0");
    has("# TYPE meterproof_mock_request_duration_seconds histogram");
    EXPECT_EQ(reply.body.find("e-"), std::string::npos) << "numbers that every reader takes";
  }
  const auto checked = Process("sh", {"-c", "promtool check metrics < " + page}).finish();
  EXPECT_EQ(checked.exit_code, 0) << checked.out;
  for (const std::string& one : {page, store, store + "-wal", store + "-shm"}) std::filesystem::remove(one);
}

TEST(Metrics, TheDashboardAsksForWhatThereIs) {
  const std::string store = test::temporary("dashboard.db");
  std::string page;
  {
    MockProcess mock({"--store", store});
    mock.get("/nothing");
    EXPECT_EQ(mock.code("/api/Meters/GetData", R"({"MeterAddr":"860000000002"})"), 1);
    page = mock.get("/_mock/metrics").body;
  }
  for (const char* const more : {"", "-wal", "-shm"}) std::filesystem::remove(store + more);
  std::ifstream file(std::string(METERPROOF_SOURCE) + "/docs/grafana/meterproof-mock.json");
  const nlohmann::json board = nlohmann::json::parse(file);
  std::set<std::string> asked;
  nlohmann::json rules = {{"groups", {{{"name", "dashboard"}, {"rules", nlohmann::json::array()}}}}};
  const std::regex name("meterproof_[a-z_]+");
  for (const auto& panel : board["panels"])
    for (const auto& target : panel["targets"]) {
      const std::string expression = target["expr"];
      for (std::sregex_iterator it(expression.begin(), expression.end(), name), end; it != end; ++it) asked.insert(it->str());
      // Grafana fills its variables in before Prometheus reads the expression.
      const std::string filled = std::regex_replace(expression, std::regex("\\$__rate_interval"), "5m");
      nlohmann::json& list = rules["groups"][0]["rules"];
      list.push_back({{"record", "panel:" + std::to_string(list.size())}, {"expr", filled}});
    }
  const std::string rules_file = test::temporary("rules.yaml");
  std::ofstream(rules_file) << rules.dump();  // YAML as well
  const auto checked = Process("promtool", {"check", "rules", rules_file}).finish();
  EXPECT_EQ(checked.exit_code, 0) << checked.out;
  std::filesystem::remove(rules_file);
  EXPECT_GT(asked.size(), 8U);
  for (const std::string& one : asked) EXPECT_NE(page.find("\n" + one), std::string::npos) << one << " in\n" << page;
}

}  // namespace
}  // namespace meterproof
