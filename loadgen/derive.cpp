// SPDX-License-Identifier: Apache-2.0
#include "loadgen/derive.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "core/i18n/message.hpp"
#include "core/text/utf8.hpp"
#include "core/time/datetime.hpp"
#include "loadgen/load_class.hpp"
#include "loadgen/run.hpp"
#include "loadgen/thresholds.hpp"

namespace meterproof::loadgen {

using i18n::Message;
using i18n::msg;
using reports::LoadInterval;
using reports::LoadRecord;
using reports::LoadRun;

namespace {

using Codes = std::map<std::string, std::uint64_t>;

/// Where a figure is no number, its name: every comparison with it would be false. Percentiles may be missing; these may not.
const char* missing_number(const LoadRecord& record) {
  const std::array<std::pair<const char*, double>, 8> all{{{"started_at", record.started_at},
                                                           {"duration_s", record.duration_s},
                                                           {"warm_up_s", record.warm_up_s},
                                                           {"measured_s", record.measured_s},
                                                           {"rate", record.rate},
                                                           {"intended_rate", record.intended_rate},
                                                           {"max_generator_lag_ms", record.max_generator_lag_ms},
                                                           {"cpu_us_per_request", record.cpu_us_per_request + record.cpu_share}}};
  for (const auto& [name, value] : all)
    if (!std::isfinite(value)) return name;
  for (const LoadInterval& second : record.series)
    if (!std::isfinite(second.begin_s)) return "series: begin_s";
  for (const LoadRun& run : record.runs) {
    if (!std::isfinite(run.rate) || !std::isfinite(run.intended_rate)) return "runs: rate";
    for (const LoadInterval& second : run.series)
      if (!std::isfinite(second.begin_s)) return "runs: series: begin_s";
  }
  return nullptr;
}

bool are_in_order(const std::vector<LoadInterval>& seconds) {
  return std::is_sorted(seconds.begin(), seconds.end(), [](const LoadInterval& a, const LoadInterval& b) { return a.begin_s < b.begin_s; });
}

/// What the seconds of a run add up to.
struct Totals {
  std::uint64_t requests = 0, replies = 0, good = 0, late_sends = 0;
  Codes codes;
  bool plausible = true;  // no second has more than a trillion: no sum wraps

  void add(const std::vector<LoadInterval>& seconds) {
    constexpr std::uint64_t most = 1'000'000'000'000;
    for (const LoadInterval& one : seconds) {
      plausible = plausible && std::max({one.requests, one.replies, one.good, one.late_sends}) <= most;
      for (const auto& [code, count] : one.result_codes) plausible = plausible && count <= most;
      requests += one.requests;
      replies += one.replies;
      good += one.good;
      late_sends += one.late_sends;
      for (const auto& [code, count] : one.result_codes) codes[code] += count;
    }
  }
};

/// The run's own record, as far as its summary is made of it. Its rate and percentiles are kept: their histograms are only known in sum.
LoadRun summarized(const LoadRun& run, const std::vector<LoadInterval>& seconds, double warm_up_s) {
  LoadRecord alone;
  alone.series = seconds;
  alone.warm_up_s = warm_up_s;
  Totals totals;
  totals.add(seconds);
  alone.requests = totals.requests;
  alone.good = totals.good;
  LoadRun out = to_run_summary(alone);
  out.intended_rate = run.intended_rate;
  out.rate = run.rate;
  out.p50 = run.p50;
  out.p95 = run.p95;
  out.p99 = run.p99;
  out.p999 = run.p999;
  out.intervals = run.intervals;
  out.series = run.series;
  return out;
}

}  // namespace

Message derive(LoadRecord& record) {
  if (const char* name = missing_number(record); name != nullptr) return msg<"verify.load-number">(name);
  record.differences.clear();
  record.goals.clear();

  LatencyHistograms clocks;
  const auto names = by_name(clocks);
  for (const auto& given : record.histograms)
    if (std::none_of(names.begin(), names.end(), [&](const auto& one) { return given.first == one.first; }))
      return msg<"verify.load-histogram">(core::sanitize(given.first));
  for (const auto& [name, into] : names) {
    const auto text = record.histograms.find(name);
    const auto histogram = text == record.histograms.end() ? std::nullopt : Histogram::decoded(text->second);
    if (!histogram) return msg<"verify.load-histogram">(name);
    into->add(*histogram);
  }
  const bool has_intervals = !record.intervals.empty();  // earlier releases did not know them
  const auto as_given = record.histograms;               // other releases of zlib compress otherwise
  summarize(record, clocks);
  record.histograms = as_given;
  if (!has_intervals) record.intervals.clear();

  if (!are_in_order(record.series)) return msg<"verify.load-order">();
  Totals totals;
  for (std::size_t i = 0; i < record.runs.size(); ++i) {
    LoadRun& run = record.runs[i];
    const bool last = i + 1 == record.runs.size();  // its seconds are the record's
    if (!run.verdict.empty() || run.series.empty() != last) return msg<"verify.load-search">();
    const auto& seconds = last ? record.series : run.series;
    if (!are_in_order(seconds)) return msg<"verify.load-order">();
    if (!last) totals.add(seconds);
    run = summarized(run, seconds, record.warm_up_s);
  }
  totals.add(record.series);
  record.requests = totals.requests;
  record.replies = totals.replies;
  record.good = totals.good;
  record.late_sends = totals.late_sends;
  record.result_codes = totals.codes;

  Codes by_interface;
  for (const auto& [interface, codes] : record.by_interface)
    for (const auto& [code, count] : codes) by_interface[code] += count;
  const std::uint64_t answered = clocks.service_time.count(), ended = clocks.response_time.count();
  if (!totals.plausible || by_interface != totals.codes || totals.replies > totals.requests || totals.good > totals.replies ||
      record.measured > totals.replies || record.measured > answered || answered > ended || ended > totals.requests ||
      record.generator_late_sends > totals.late_sends)
    return msg<"verify.load-series">();
  constexpr double rounding = 1.001;
  if (record.rate * record.measured_s > rounding * static_cast<double>(std::min(totals.good, record.measured)) + 1) return msg<"verify.load-rate">();

  // What a class says follows from the rate that was measured; it rests on a p99 and on a reconciliation.
  if (record.load_class) {
    const auto window = window_of_class(record.load_class->text);
    const bool has_p99 =
        std::any_of(record.thresholds.begin(), record.thresholds.end(), [](const reports::ThresholdRecord& one) { return is_about_p99(one.text); });
    if (!window || std::chrono::duration<double>(*window).count() != record.load_class->window_s || !has_p99 || record.reconciliation.empty() ||
        static_cast<double>(record.load_class->meters) > rounding * record.rate * record.load_class->window_s + 1)
      return msg<"verify.load-class">(core::sanitize(record.load_class->text.substr(0, 64)), record.load_class->meters);
  }

  record.started = core::DateTime{static_cast<std::int64_t>(std::floor(record.started_at))}.to_string() + " UTC";
  for (reports::ThresholdRecord& threshold : record.thresholds) {
    Message why;
    const auto parsed = parse_thresholds(threshold.text, why);
    if (!parsed || parsed->size() != 1) return msg<"verify.load-threshold">(core::sanitize(threshold.text));
    threshold = evaluate(parsed->front(), record);
  }
  set_verdict(record);
  return {};
}

}  // namespace meterproof::loadgen
