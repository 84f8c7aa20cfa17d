// SPDX-License-Identifier: Apache-2.0
// What the mock tells Prometheus, read by Prometheus' own checker.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <thread>

#include "tests/support/mock_process.hpp"

namespace meterproof {
namespace metrics_test {

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

TEST(Metrics, OfALoadAreThereWhileItRuns) {
  const std::string page = test::temporary("load-metrics.txt");
  {
    MockProcess mock({"--replay-protection", "off"});
    Process load({"load", mock.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "100", "--duration", "1h", "--warm-up", "0",
                  "--connections", "3", "--metrics", "0"});
    const std::string told = load.wait_for("/metrics\n");
    const std::size_t at = told.find("metrics at http://127.0.0.1:") + std::string("metrics at http://127.0.0.1:").size();
    const auto port = static_cast<std::uint16_t>(std::stoi(told.substr(at)));
    net::HttpClient client({"127.0.0.1", port, ""}, std::chrono::seconds(10));
    const auto number = [&](const std::string& name) {
      const std::string body = "\n" + client.exchange({"GET", "/metrics", {}, ""}).body;
      const std::size_t found = body.find("\n" + name + " ");
      return found == std::string::npos ? -1.0 : std::stod(body.substr(found + name.size() + 2));
    };
    while (number("meterproof_load_response_time_seconds_count") < 100) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(number("meterproof_load_intended_rate"), 100);
    EXPECT_EQ(number("meterproof_load_connections"), 3);
    EXPECT_EQ(number("meterproof_load_errors_total"), 0);
    EXPECT_GE(number(R"(meterproof_load_codes_total{interface="ReportData",code="1"})"), 100);
    EXPECT_GE(number("meterproof_load_requests_total"), number("meterproof_load_replies_total"));
    EXPECT_GT(number(R"(meterproof_load_response_time_seconds{quantile="0.5"})"), 0);
    EXPECT_GE(number("meterproof_load_response_time_seconds_sum"), number("meterproof_load_service_time_seconds_sum"));
    const net::Exchange reply = client.exchange({"GET", "/metrics", {}, ""});
    EXPECT_EQ(reply.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_NE(reply.body.find("target=\"" + mock.url() + "\",workload=\"reports\""), std::string::npos) << reply.body;
    std::ofstream(page) << reply.body;
    EXPECT_EQ(client.exchange({"GET", "/", {}, ""}).status, 404);
    EXPECT_EQ(client.exchange({"POST", "/metrics", {}, ""}).status, 405);
    load.signal(SIGINT);
    EXPECT_EQ(load.finish().exit_code, 4) << "it was cut off";
  }
  const auto checked = Process("sh", {"-c", "promtool check metrics < " + page}).finish();
  EXPECT_EQ(checked.exit_code, 0) << checked.out;
  std::filesystem::remove(page);
  for (const char* const wrong : {"x", "99999", ":", "127.0.0.1:", "name.example:9090"})
    EXPECT_EQ(test::run({"load", "http://127.0.0.1:1", "--app", "a:s", "--metrics", wrong}).exit_code, 2) << wrong;
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

}  // namespace metrics_test
}  // namespace meterproof
