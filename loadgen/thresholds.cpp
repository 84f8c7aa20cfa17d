// SPDX-License-Identifier: Apache-2.0
#include "loadgen/thresholds.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <utility>

#include "core/diagnostics/diagnostic.hpp"
#include "core/i18n/message.hpp"
#include "core/model/request.hpp"
#include "core/text/split.hpp"
#include "core/text/text.hpp"
#include "loadgen/histogram.hpp"
#include "loadgen/run.hpp"

namespace meterproof::loadgen {

using reports::LoadRecord;

namespace {

/// Those that a record has by name; any other percentile, pN or pN.M, comes from its histogram.
const std::vector<std::string> metrics = {"p50", "p90", "p95", "p99", "p99.9", "p99.99", "max", "mean", "rate", "errors", "late", "lost", "duplicated"};

/// Of pN and pN.M: N.M, above 0 and below 100.
std::optional<double> percent_of(std::string_view metric) {
  if (!metric.starts_with('p') || metric.find_first_not_of("0123456789.", 1) != std::string_view::npos) return std::nullopt;
  metric.remove_prefix(1);
  double percent = 0;
  const auto [end, error] = std::from_chars(metric.data(), metric.data() + metric.size(), percent);
  const bool all = error == std::errc{} && end == metric.data() + metric.size() && metric.back() != '.';
  return all && percent > 0 && percent < 100 ? std::optional(percent) : std::nullopt;
}

bool is_percentile(const std::string& metric) { return percent_of(metric).has_value(); }
bool is_latency(const std::string& metric) { return metric == "max" || metric == "mean" || is_percentile(metric); }
bool is_countable(const std::string& metric) { return metric == "errors" || metric == "late"; }
double quantile_of(const std::string& percentile) { return percent_of(percentile).value_or(0) / 100; }

/// NaN if the sample is too small for it.
double percentile(const LoadRecord& record, double percent) {
  const auto& latency = record.response_time;
  const std::pair<double, double> named[] = {{50, latency.p50}, {90, latency.p90},    {95, latency.p95},
                                             {99, latency.p99}, {99.9, latency.p999}, {99.99, latency.p9999}};
  const auto* const found = std::find_if(std::begin(named), std::end(named), [&](const auto& one) { return one.first == percent; });
  if (found != std::end(named)) return found->second;
  const auto encoded = record.histograms.find("response_time");
  const auto histogram = encoded == record.histograms.end() ? std::nullopt : Histogram::decoded(encoded->second);
  return histogram ? histogram->percentile_ms(percent / 100) : reports::LatencyRecord::unknown;
}

constexpr const char* relations = "<>=";
constexpr double largest_limit = 1e12;  // of a limit, in its unit: no infinity, and nothing that becomes one

/// Parses a limit with the unit of its metric; nothing if the unit is another. Sets `share` for a percentage.
std::optional<double> parse_limit(std::string_view text, const std::string& metric, bool& share) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !(number >= 0) || number > largest_limit) return std::nullopt;
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
  if (const auto percent = percent_of(threshold.metric)) return percentile(record, *percent);
  if (threshold.metric == "max") return record.response_time.max;
  if (threshold.metric == "mean") return record.response_time.mean;
  if (threshold.metric == "rate") return record.requests > 0 ? record.rate : reports::LatencyRecord::unknown;
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

/// Whether an open loop kept to a rate that its mean misses by chance: even gaps end up to one request short of the rate times the time, Poisson arrivals
/// are more or fewer than that, and the last reply comes after the schedule's end. What counts is that each request was sent in time and answered well.
bool kept_rate(const LoadRecord& record, double rate) {
  constexpr double rounding = 1e-9;
  constexpr double keeps_up = 0.9;  // of the scheduled rate: replies that come much later than their requests are a backlog
  if (record.scheduled == 0 || rate > record.intended_rate * (1 + rounding) || !is_on_schedule(record)) return false;
  const double share = rate / record.intended_rate;
  const double good = record.rate * record.measured_s;
  const double unsure = 1 + 0.001 * record.measured_s;  // one request, and what the rate in a record is rounded to
  return good + unsure >= share * static_cast<double>(record.scheduled) && record.rate >= keeps_up * share * record.scheduled_rate;
}

i18n::Message format_value(const Threshold& threshold, double value) {
  char out[64];
  if (std::isnan(value)) return needs_reconciliation(threshold) ? i18n::msg<"load.nothing-reconciled">() : i18n::msg<"load.sample-too-small">();
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
  const std::size_t at = threshold.text.find_first_of(relations);
  const auto refused = [&](i18n::Message reason) {
    why = std::move(reason);
    return std::nullopt;
  };
  if (at == std::string::npos) return refused(i18n::msg<"usage.threshold-form">(threshold.text));
  threshold.metric = metric_of(threshold.text);
  if (threshold.metric == "p999") threshold.metric = "p99.9";
  if (threshold.metric == "p9999") threshold.metric = "p99.99";
  if (!is_percentile(threshold.metric) && std::find(metrics.begin(), metrics.end(), threshold.metric) == metrics.end())
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
  constexpr double beyond = 11;  // one more than a percentile needs: of 1,000 values, ten are beyond p99 and none is left to round
  double needed = 0;
  for (const Threshold& threshold : thresholds) {
    if (is_percentile(threshold.metric)) needed = std::max(needed, std::ceil(beyond / (1 - quantile_of(threshold.metric))));
  }
  return static_cast<std::uint64_t>(needed);
}

bool is_enough(const Threshold& threshold, std::uint64_t samples) {
  return !is_percentile(threshold.metric) || Histogram::is_enough(samples, quantile_of(threshold.metric));
}

std::string_view metric_of(std::string_view threshold) { return core::trimmed(threshold.substr(0, threshold.find_first_of(relations))); }

bool needs_reconciliation(const Threshold& threshold) { return threshold.metric == "lost" || threshold.metric == "duplicated"; }

bool is_on_schedule(const LoadRecord& record) {
  constexpr std::uint64_t one_in = 100;
  const std::uint64_t missing = record.scheduled > record.sent_on_schedule ? record.scheduled - record.sent_on_schedule : 0;
  return missing <= std::max<std::uint64_t>(1, record.scheduled / one_in);
}

reports::ThresholdRecord evaluate(const Threshold& threshold, const LoadRecord& record) {
  const double value = measured(threshold, record);
  reports::ThresholdRecord out{threshold.text, false, format_value(threshold, value), std::isnan(value)};
  if (out.unknown) return out;
  out.met = holds(value, threshold.relation, threshold.limit);
  if (!out.met && threshold.metric == "rate" && threshold.relation == Threshold::Relation::at_least && kept_rate(record, threshold.limit)) {
    out.met = true;
    out.found = i18n::msg<"load.rate-as-scheduled">(out.found);
  }
  const bool is_about_replies = threshold.metric == "errors" || needs_reconciliation(threshold);
  out.unknown = !out.met && !is_about_replies && generator_was_late(record);
  return out;
}

}  // namespace meterproof::loadgen
