// SPDX-License-Identifier: Apache-2.0
// A load record for a terminal.
#include <algorithm>
#include <cstdio>

#include "core/i18n/message.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "reports/text.hpp"

namespace meterproof::reports {

using i18n::Message;
using i18n::msg;

namespace {

constexpr std::size_t label_columns = 11, clock_columns = 20, metric_columns = 6;

/// A line that begins with what it is about.
std::string line(const Message& label, const std::string& text, const TextStyle& style) {
  return "  " + padded(style.text(label), label_columns) + text + "\n";
}

std::string percentiles_line(const Message& clock, const LatencyRecord& latency, const TextStyle& style) {
  const auto column = [](double value) {
    // Eight columns, one of them a space: seven percentiles fit a screen of 80.
    char out[32];
    std::snprintf(out, sizeof out, " %7s", number(value, value < 100 ? "%.3f" : value < 10'000 ? "%.1f" : "%.0f").c_str());
    return std::string(out);
  };
  return "  " + padded(style.text(clock), clock_columns) + column(latency.p50) + column(latency.p90) + column(latency.p95) + column(latency.p99) +
         column(latency.p999) + column(latency.p9999) + column(latency.max) + "\n";
}

std::string counted(const std::map<std::string, std::uint64_t>& all, const TextStyle& style) {
  std::vector<std::string> out;
  out.reserve(all.size());
  for (const auto& [name, count] : all) out.push_back(core::sanitize(name) + ": " + std::to_string(count));
  return out.empty() ? style.text(msg<"report.none">()) : core::join(out);
}

std::string counted(const std::vector<ErrorRecord>& all, const TextStyle& style) {
  std::vector<std::string> out;
  out.reserve(all.size());
  for (const ErrorRecord& one : all) out.push_back(style.text(one.cause) + ": " + std::to_string(one.count));
  return out.empty() ? style.text(msg<"report.none">()) : core::join(out);
}

/// The first names of what went wrong.
std::string names(const Message& what, const std::vector<std::string>& all, std::uint64_t count, const TextStyle& style) {
  constexpr std::size_t shown = 5;
  if (all.empty()) return {};
  const std::vector<std::string> first(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(shown, all.size())));
  return "  " + std::string(label_columns, ' ') + style.text(what) + ": " + core::sanitize(core::join(first)) + (count > shown ? ", …" : "") + "\n";
}

std::string reconciled(const ReconciliationRecord& one, const TextStyle& style) {
  const Message rest = one.not_queried > 0 ? msg<"report.reconciled-with-gaps">(one.acknowledged, one.confirmed, one.lost, one.duplicated, one.not_queried)
                                           : msg<"report.reconciled">(one.acknowledged, one.confirmed, one.lost, one.duplicated);
  const Message unacknowledged =
      one.unacknowledged > 0 ? msg<"report.unacknowledged">(one.unacknowledged, one.unacknowledged_confirmed) : msg<"report.none-unacknowledged">();
  return line(msg<"report.reconciliation">(), core::sanitize(one.name) + ": " + style.text(i18n::list({rest, unacknowledged})), style) +
         names(msg<"report.lost">(), one.lost_names, one.lost, style) + names(msg<"report.duplicated">(), one.duplicated_names, one.duplicated, style);
}

std::string difference_line(const DifferenceRecord& one, const TextStyle& style) {
  const std::string metric = padded(core::sanitize(one.metric), metric_columns) + " ";
  if (one.verdict == "unsure") return line(msg<"report.comparison">(), metric + style.text(difference_message(one.verdict)), style);
  const bool errors = one.metric == "errors";
  const double scale = errors ? 100 : 1;
  const std::string unit = errors ? " %" : one.metric == "rate" ? "/s" : " ms";
  const auto figure = [&](double value) { return number(scale * value, "%.3f"); };
  const Message change = errors ? msg<"report.changed-by">(figure(one.change)) : i18n::verbatim("x" + figure(one.change));
  return line(msg<"report.comparison">(),
              metric + style.text(msg<"report.difference">(figure(one.current) + unit, figure(one.base), change, figure(one.low), figure(one.high),
                                                           difference_message(one.verdict))),
              style);
}

std::string run_line(const LoadRun& run, const TextStyle& style) {
  return "  " +
         style.text(msg<"report.run">(number(run.intended_rate, "%10.1f"), number(run.rate, "%.1f"), number(run.p50, "%.3f"), number(run.p99, "%.3f"),
                                      number(run.p999, "%.3f"), number(run.errors * 100, "%.3f"), run.verdict)) +
         "\n";
}

}  // namespace

std::string to_text(const LoadRecord& record, const TextStyle& style) {
  const Message loop = record.mode == "open" ? msg<"report.open-loop">() : msg<"report.closed-loop">();
  std::string out = style.text(msg<"report.load-title">(record.target, record.workload, loop, record.connections, record.meters, record.apps)) +
                    (record.shard.empty() ? "" : ", " + style.text(msg<"report.shard">(record.shard))) + "\n";
  for (const Message& stage : record.stages)
    out += line(msg<"report.stage">(), style.text(record.arrival == "poisson" ? msg<"report.poisson">(stage) : stage), style);
  for (const LoadRun& run : record.runs) out += run_line(run, style);
  const Message requests = msg<"report.requests-and-replies">(record.requests, record.replies, number(record.duration_s, "%.1f"));
  const Message measured = msg<"report.measured">(record.measured, number(record.warm_up_s, "%.1f"));
  out += line(msg<"report.requests">(), style.text(record.warm_up_s > 0 ? i18n::list({requests, measured}) : requests), style);
  const std::string rate = number(record.rate, "%.1f");
  out += line(msg<"report.rate">(),
              record.intended_rate > 0 ? style.text(msg<"report.rate-and-intended">(rate, number(record.intended_rate, "%.1f"))) : rate + "/s", style);
  out += "  " + padded(style.text(msg<"report.times">()), clock_columns) + "     p50     p90     p95     p99   p99.9  p99.99     max\n";
  out += percentiles_line(msg<"report.response-time">(), record.response_time, style);
  if (record.intended_rate > 0) {
    out += percentiles_line(msg<"report.service-time">(), record.service_time, style);
    out += percentiles_line(msg<"report.queueing-delay">(), record.queueing_delay, style);
  }
  out += line(msg<"report.codes">(), counted(record.result_codes, style), style);
  if (record.by_interface.size() > 1)
    for (const auto& [name, codes] : record.by_interface)
      out += "  " + std::string(label_columns, ' ') + core::sanitize(name) + " " + counted(codes, style) + "\n";
  out += line(msg<"report.errors">(), counted(record.errors, style), style);
  out += line(msg<"report.late-sends">(),
              style.text(msg<"report.late-sends-and-cpu">(record.late_sends, record.generator_late_sends, number(record.cpu_us_per_request, "%.1f"),
                                                          number(record.cpu_share * 100, "%.0f"))),
              style);
  for (const ReconciliationRecord& one : record.reconciliation) out += reconciled(one, style);
  for (const ThresholdRecord& one : record.thresholds)
    out += line(msg<"report.threshold">(), style.text(one.met ? msg<"report.met">(one.text, one.found) : msg<"report.not-met">(one.text, one.found)), style);
  for (const DifferenceRecord& one : record.differences) out += difference_line(one, style);
  for (const Message& note : record.notes) out += "  " + style.text(msg<"report.note">(note)) + "\n";
  if (!record.verdict.empty()) out += style.text(record.verdict) + "\n";
  return out;
}

}  // namespace meterproof::reports
