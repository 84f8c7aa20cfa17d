// SPDX-License-Identifier: Apache-2.0
// What the mock tells Prometheus, read by Prometheus' own checker.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

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

}  // namespace
}  // namespace meterproof
