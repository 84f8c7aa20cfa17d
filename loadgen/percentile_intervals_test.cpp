// SPDX-License-Identifier: Apache-2.0
#include "loadgen/percentile_intervals.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace meterproof::loadgen {
namespace percentile_intervals_test {

struct Measured {
  reports::LoadRecord record;
  LatencyHistograms latencies;
};

/// A run of so many seconds, each slower or faster than the others by a factor of its own. `varies`: the standard deviation of the factor's logarithm;
/// `within`: that of a reply's in its second.
Measured a_run(std::size_t seconds, std::size_t replies, double varies, std::mt19937_64& rng, double within = 0.5) {
  Measured out;
  std::normal_distribution<double> level(0, varies), spread(0, within);
  for (std::size_t i = 0; i < seconds; ++i) {
    Histogram of_second;
    const double factor = std::exp(level(rng));
    for (std::size_t j = 0; j < replies; ++j) {
      const auto latency = std::chrono::nanoseconds(static_cast<std::int64_t>(1e7 * factor * std::exp(spread(rng))));
      of_second.record(latency);
      for (Histogram* clock : {&out.latencies.response_time, &out.latencies.service_time}) clock->record(latency);
      out.latencies.queueing_delay.record(std::chrono::microseconds(5));
    }
    reports::LoadInterval& second = out.record.series.emplace_back();
    second.begin_s = static_cast<double>(i);
    second.requests = second.replies = second.good = replies;
    second.p50 = of_second.value_at_ms(0.5);
    second.p95 = of_second.value_at_ms(0.95);
    second.p99 = of_second.value_at_ms(0.99);
    second.max = of_second.max_ms();
  }
  return out;
}

double true_value(double quantile, double varies, double within) {
  std::mt19937_64 rng(7);
  std::normal_distribution<double> both(0, std::sqrt(within * within + varies * varies));
  std::vector<double> values(400'000);
  for (double& one : values) one = 10 * std::exp(both(rng));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(quantile * static_cast<double>(values.size()));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

TEST(PercentileIntervals, HoldTheTrueValueInNearlyAllRuns) {
  constexpr int runs = 150;
  const struct {
    double varies, within;
    std::size_t seconds, replies;
  } table[] = {{0, 0.5, 30, 200}, {0.2, 0.5, 30, 200}, {0.2, 0.5, 10, 500}, {0.2, 0.02, 30, 200}};
  for (const auto& row : table) {
    std::mt19937_64 rng(1);
    std::map<std::string, int> held, told;
    const std::map<std::string, double> wanted = {
        {"p50", true_value(0.5, row.varies, row.within)}, {"p95", true_value(0.95, row.varies, row.within)}, {"p99", true_value(0.99, row.varies, row.within)}};
    for (int i = 0; i < runs; ++i) {
      const Measured run = a_run(row.seconds, row.replies, row.varies, rng, row.within);
      for (const auto& one : percentile_intervals(run.record, run.latencies)) {
        const auto found = wanted.find(one.percentile);
        if (one.clock != "response_time" || found == wanted.end()) continue;
        ++told[one.percentile];
        if (one.low <= found->second && found->second <= one.high) ++held[one.percentile];
      }
    }
    EXPECT_EQ(told["p50"], runs);
    for (const auto& [name, value] : wanted)
      EXPECT_GE(held[name], told[name] * 88 / 100) << name << ", seconds vary by " << row.varies << ", replies by " << row.within;
  }
}

TEST(PercentileIntervals, AreNarrowWhereThereIsMuchToGoBy) {
  std::mt19937_64 rng(1);
  const Measured run = a_run(20, 1000, 0, rng);
  const auto found = percentile_intervals(run.record, run.latencies);
  ASSERT_EQ(found.size(), 3U * 5) << "twenty thousand replies say nothing of p99.99";
  for (const auto& one : found) {
    EXPECT_LE(one.low, one.high);
    if (one.clock == "response_time" && one.percentile == "p50") EXPECT_LT(one.high / one.low, 1.05);
    if (one.clock == "queueing_delay") EXPECT_EQ(one.low, one.high);
  }
}

TEST(PercentileIntervals, AFewSecondsSayNothing) {
  std::mt19937_64 rng(1);
  Measured run = a_run(4, 1000, 0, rng);
  EXPECT_TRUE(percentile_intervals(run.record, run.latencies).empty());
  run = a_run(9, 1000, 0, rng);
  run.record.warm_up_s = 5;
  EXPECT_TRUE(percentile_intervals(run.record, run.latencies).empty());
  run.record.runs.resize(2);
  run.record.runs.front().series = run.record.series;
  EXPECT_FALSE(percentile_intervals(run.record, run.latencies).empty()) << "four seconds each";
}

}  // namespace percentile_intervals_test
}  // namespace meterproof::loadgen
