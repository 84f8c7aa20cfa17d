// SPDX-License-Identifier: Apache-2.0
#include "loadgen/thresholds.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "core/diagnostics/diagnostic.hpp"
#include "core/i18n/message.hpp"
#include "core/model/request.hpp"
#include "core/text/split.hpp"
#include "core/text/text.hpp"
#include "loadgen/histogram.hpp"

namespace meterproof::loadgen {

using reports::LoadRecord;

namespace {

const std::vector<std::string> metrics = {"p50", "p90", "p95", "p99", "p99.9", "p99.99", "max", "mean", "rate", "errors", "late", "lost", "duplicated"};
constexpr std::size_t latency_count = 8;  // the first eight are latencies

bool is_latency(const std::string& metric) { return std::find(metrics.begin(), metrics.begin() + latency_count, metric) != metrics.begin() + latency_count; }
bool is_countable(const std::string& metric) { return metric == "errors" || metric == "late"; }

/// Parses a limit with the unit of its metric; nothing if the unit is another. Sets `share` for a percentage.
std::optional<double> parse_limit(std::string_view text, const std::string& metric, bool& share) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !(number >= 0)) return std::nullopt;
  const std::string_view unit = core::trimmed(std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end)));
  if (is_latency(metric)) {
    if (unit == "us") return number / 1000;
    if (unit == "s") return number * 1000;
    return unit == "ms" ? std::optional(number) : std::nullopt;
  }
  share = unit == "%";
  if (share) return is_countable(metric) ? std::optional(number / 100) : std::nullopt;
  if (metric == "rate" && unit == "/s") return number;
  return unit.empty() ? std::optional(number) : std::nullopt;
}

/// The record's value of the metric; NaN if it is not known.
double measured(const Threshold& threshold, const LoadRecord& record) {
  const auto& latency = record.response_time;
  // In the order of `metrics`.
  const double values[] = {latency.p50, latency.p90, latency.p95, latency.p99, latency.p999, latency.p9999, latency.max, latency.mean};
  const auto at = static_cast<std::size_t>(std::find(metrics.begin(), metrics.end(), threshold.metric) - metrics.begin());
  if (at < latency_count) return values[at];
  if (threshold.metric == "rate") return record.rate;
  if (is_countable(threshold.metric)) {
    const auto count = static_cast<double>(threshold.metric == "late" ? record.late_sends : record.failures());
    if (record.requests == 0) return reports::LatencyRecord::unknown;
    return threshold.share ? count / static_cast<double>(record.requests) : count;
  }
  // Without --reconcile nothing is known about lost writes. A write whose query failed counts as lost: it must not pass silently.
  if (record.reconciliation.empty()) return reports::LatencyRecord::unknown;
  double sum = 0;
  for (const reports::ReconciliationRecord& one : record.reconciliation)
    sum += static_cast<double>(threshold.metric == "lost" ? one.lost + one.not_queried : one.duplicated);
  return sum;
}

bool holds(double value, Threshold::Relation relation, double limit) {
  switch (relation) {
    case Threshold::Relation::below: return value < limit;
    case Threshold::Relation::at_most: return value <= limit;
    case Threshold::Relation::above: return value > limit;
    case Threshold::Relation::at_least: return value >= limit;
    case Threshold::Relation::equal: return value == limit;
  }
  return false;
}

i18n::Message format_value(const Threshold& threshold, double value) {
  char out[64];
  if (std::isnan(value))
    return is_latency(threshold.metric) || is_countable(threshold.metric) ? i18n::msg<"load.sample-too-small">() : i18n::msg<"load.nothing-reconciled">();
  if (is_latency(threshold.metric)) std::snprintf(out, sizeof out, "%.3f ms", value);
  else if (threshold.metric == "rate") std::snprintf(out, sizeof out, "%.1f/s", value);
  else if (threshold.share) std::snprintf(out, sizeof out, "%.4f %%", value * 100);
  else std::snprintf(out, sizeof out, "%.0f", value);
  return i18n::verbatim(out);
}

std::optional<Threshold> parse_threshold(std::string_view text, i18n::Message& why) {
  Threshold threshold;
  threshold.text = core::trimmed(text);
  // METRIC RELATION LIMIT, with or without spaces.
  const std::size_t at = threshold.text.find_first_of("<>=");
  const auto refused = [&](i18n::Message reason) {
    why = std::move(reason);
    return std::nullopt;
  };
  if (at == std::string::npos) return refused(i18n::msg<"usage.threshold-form">(threshold.text));
  threshold.metric = core::trimmed(std::string_view(threshold.text).substr(0, at));
  if (threshold.metric == "p999") threshold.metric = "p99.9";
  if (threshold.metric == "p9999") threshold.metric = "p99.99";
  if (std::find(metrics.begin(), metrics.end(), threshold.metric) == metrics.end())
    return refused(i18n::msg<"usage.threshold-metric">(threshold.text, threshold.metric, core::suggestion(threshold.metric, metrics)));
  const bool with_equal = threshold.text[at] != '=' && at + 1 < threshold.text.size() && threshold.text[at + 1] == '=';
  using Relation = Threshold::Relation;
  if (threshold.text[at] == '=') threshold.relation = Relation::equal;
  else if (threshold.text[at] == '<') threshold.relation = with_equal ? Relation::at_most : Relation::below;
  else threshold.relation = with_equal ? Relation::at_least : Relation::above;
  const std::string_view limit = core::trimmed(std::string_view(threshold.text).substr(at + (with_equal ? 2 : 1)));
  const auto number = parse_limit(limit, threshold.metric, threshold.share);
  if (!number)
    return refused(is_latency(threshold.metric)     ? i18n::msg<"usage.threshold-unit">(threshold.text)
                   : is_countable(threshold.metric) ? i18n::msg<"usage.threshold-share">(threshold.text)
                                                    : i18n::msg<"usage.threshold-number">(threshold.text));
  threshold.limit = *number;
  return threshold;
}

}  // namespace

std::optional<std::vector<Threshold>> parse_thresholds(const std::string& text, i18n::Message& why) {
  std::vector<Threshold> out;
  for (const std::string_view part : core::split_commas(text)) {
    auto threshold = parse_threshold(part, why);
    if (!threshold) return std::nullopt;
    out.push_back(std::move(*threshold));
  }
  return out;
}

std::uint64_t needed_samples(const std::vector<Threshold>& thresholds) {
  constexpr double spare = 1.1;  // for replies that do not come
  std::uint64_t needed = 0;
  for (const Threshold& threshold : thresholds) {
    if (!threshold.metric.starts_with("p")) continue;
    needed = std::max(needed, Histogram::records_for(std::strtod(threshold.metric.c_str() + 1, nullptr) / 100));
  }
  return static_cast<std::uint64_t>(static_cast<double>(needed) * spare);
}

reports::ThresholdRecord evaluate(const Threshold& threshold, const LoadRecord& record) {
  const double value = measured(threshold, record);
  return {threshold.text, !std::isnan(value) && holds(value, threshold.relation, threshold.limit), format_value(threshold, value)};
}

}  // namespace meterproof::loadgen
