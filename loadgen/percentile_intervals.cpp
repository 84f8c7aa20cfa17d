// SPDX-License-Identifier: Apache-2.0
#include "loadgen/percentile_intervals.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace meterproof::loadgen {

using reports::LoadInterval;
using reports::LoadRecord;

namespace {

constexpr std::size_t fewest_seconds = 5;

/// The seconds after the warm-up that have replies, of all runs.
std::vector<const LoadInterval*> measured_seconds(const LoadRecord& record) {
  std::vector<const LoadInterval*> out;
  const auto add = [&](const std::vector<LoadInterval>& series) {
    for (const LoadInterval& one : series)
      if (one.begin_s >= record.warm_up_s && one.replies > 0 && !std::isnan(one.p50) && !std::isnan(one.max)) out.push_back(&one);
  };
  for (const reports::LoadRun& run : record.runs) add(run.series);
  add(record.series);
  return out;
}

/// The share of the second's replies that took no longer, between the percentiles that are known of it: as of a log-normal distribution that has the two beside
/// it, which is exact where latencies are of that kind, as they nearly are.
double share_within(const LoadInterval& second, double ms) {
  struct Point {
    double score, value;  // the normal score of the percentile; milliseconds
  };
  if (ms >= second.max) return 1;
  if (ms <= 0) return 0;
  constexpr double least = 1e-3;  // a microsecond
  std::vector<Point> known;
  for (const Point& one : {Point{0, second.p50}, {1.644854, second.p95}, {2.326348, second.p99}})
    if (!std::isnan(one.value) && (known.empty() || one.value > known.back().value)) known.push_back({one.score, std::max(least, one.value)});
  if (known.size() < 2 || known[0].value == known[1].value) return ms < second.p50 ? 0 : 0.99;
  std::size_t at = 0;
  while (at + 2 < known.size() && ms > known[at + 1].value) ++at;
  const auto& [score, value] = known[at];
  const auto& [next_score, next_value] = known[at + 1];
  const double reached = score + (next_score - score) * std::log(ms / value) / std::log(next_value / value);
  return 0.5 * std::erfc(-reached / std::sqrt(2.0));
}

/// Student's distribution, 97.5 %, by its expansion (Abramowitz and Stegun, 26.7.5): to 2 % from four degrees of freedom on.
double student(std::size_t degrees) {
  const auto n = static_cast<double>(degrees);
  return 1.959964 + 2.372271 / n + 2.822501 / (n * n);
}

/// The variance of the share that lies beyond `ms`, by how it varies among the seconds.
double variance_among(const std::vector<const LoadInterval*>& seconds, double ms) {
  double replies = 0, beyond = 0;
  for (const LoadInterval* one : seconds) {
    replies += static_cast<double>(one->replies);
    beyond += static_cast<double>(one->replies) * (1 - share_within(*one, ms));
  }
  double sum = 0;
  for (const LoadInterval* one : seconds) {
    const auto count = static_cast<double>(one->replies);
    const double off = count * (1 - share_within(*one, ms)) - count * beyond / replies;
    sum += off * off;
  }
  const auto n = static_cast<double>(seconds.size());
  return n / (n - 1) * sum / (replies * replies);
}

}  // namespace

std::vector<reports::PercentileInterval> percentile_intervals(const LoadRecord& record, const LatencyHistograms& latencies) {
  constexpr std::array<std::pair<const char*, double>, 6> percentiles{
      {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}, {"p9999", 0.9999}}};
  const std::array<std::pair<const char*, const Histogram*>, 3> clocks{
      {{"response_time", &latencies.response_time}, {"service_time", &latencies.service_time}, {"queueing_delay", &latencies.queueing_delay}}};
  std::vector<reports::PercentileInterval> out;
  const auto seconds = measured_seconds(record);
  if (seconds.size() < fewest_seconds) return out;
  const double wide = student(seconds.size() - 1);
  for (const auto& [clock, histogram] : clocks)
    for (const auto& [name, quantile] : percentiles) {
      if (std::isnan(histogram->percentile_ms(quantile))) continue;
      // The seconds know the response times alone; the other clocks vary as these do.
      const double independent = quantile * (1 - quantile) / static_cast<double>(histogram->count());
      const double response_time = latencies.response_time.value_at_ms(quantile);
      const double half = wide * std::sqrt(std::max(independent, variance_among(seconds, response_time)));
      constexpr double lowest = 1e-9;
      if (quantile + half >= 1) continue;  // the slowest seconds alone decide it, and there are too few of them
      out.push_back({clock, name, histogram->value_at_ms(std::max(lowest, quantile - half)), histogram->value_at_ms(quantile + half)});
    }
  return out;
}

}  // namespace meterproof::loadgen
