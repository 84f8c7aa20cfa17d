// SPDX-License-Identifier: Apache-2.0
// A load record for a terminal.
#include <algorithm>
#include <cstdio>
#include <functional>

#include "core/i18n/message.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "reports/screen.hpp"
#include "reports/text.hpp"

namespace meterproof::reports {

using i18n::Message;
using i18n::msg;

namespace {

constexpr std::size_t label_columns = 11, clock_columns = 20;
constexpr std::size_t most_codes = 20;  // that are named; a target may answer with thousands

/// The line as several, each no wider than the screen; further ones begin with so many blanks.
std::string fitted(const std::string& line, std::size_t indent, const TextStyle& style) { return wrapped(line, style.width, indent) + "\n"; }

/// A line that begins with what it is about.
std::string line(const Message& label, const std::string& text, const TextStyle& style) {
  return fitted("  " + padded(style.text(label), label_columns) + text, 2 + label_columns, style);
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
  // The most frequent ones, in the order of their names.
  std::vector<std::uint64_t> counts;
  for (const auto& [name, count] : all) counts.push_back(count);
  std::sort(counts.begin(), counts.end(), std::greater());
  const std::uint64_t least = counts.size() > most_codes ? counts[most_codes - 1] : 0;
  std::vector<std::string> out;
  for (const auto& [name, count] : all)
    if (count >= least && out.size() < most_codes) out.push_back(core::sanitize(name) + ": " + std::to_string(count));
  if (all.size() > out.size()) out.push_back("… " + std::to_string(all.size() - out.size()));
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
  const std::string text = style.text(what) + ": " + core::sanitize(core::join(first)) + (count > shown ? ", …" : "");
  return fitted("  " + std::string(label_columns, ' ') + text, 2 + label_columns, style);
}

std::string reconciled(const ReconciliationRecord& one, const TextStyle& style) {
  const Message rest = one.not_queried > 0 ? msg<"report.reconciled-with-gaps">(one.acknowledged, one.confirmed, one.lost, one.duplicated, one.not_queried)
                                           : msg<"report.reconciled">(one.acknowledged, one.confirmed, one.lost, one.duplicated);
  const Message unacknowledged =
      one.unacknowledged > 0 ? msg<"report.unacknowledged">(one.unacknowledged, one.unacknowledged_confirmed) : msg<"report.none-unacknowledged">();
  std::vector<Message> all = {rest};
  if (one.differing > 0 || one.phantom > 0 || one.refused_stored > 0)
    all.push_back(msg<"report.reconciled-wrong">(one.differing, one.phantom, one.refused_stored));
  all.push_back(unacknowledged);
  return line(msg<"report.reconciliation">(), core::sanitize(one.name) + ": " + style.text(i18n::list(std::move(all))), style) +
         names(msg<"report.lost">(), one.lost_names, one.lost, style) + names(msg<"report.duplicated">(), one.duplicated_names, one.duplicated, style) +
         names(msg<"report.differing">(), one.differing_names, one.differing, style) + names(msg<"report.phantom">(), one.phantom_names, one.phantom, style) +
         names(msg<"report.refused-stored">(), one.refused_stored_names, one.refused_stored, style);
}

std::string difference_line(const DifferenceRecord& one, const TextStyle& style) {
  const std::string metric = style.text(difference_metric(one.metric)) + ": ";
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

/// Of repetitions, and of the steps of a search: a row of figures; a verdict that the row has no room for stands below.
std::string runs_table(const std::vector<LoadRun>& runs, const TextStyle& style) {
  constexpr std::size_t figures = 6, column = 10, screen = 80;
  const auto cell = [](const std::string& text) { return std::string(column - std::min(column - 1, core::display_width(text)), ' ') + text; };
  std::string out = "  ";
  for (const Message& head : {msg<"report.intended">(), msg<"report.achieved">(), i18n::verbatim("p50"), i18n::verbatim("p99"), i18n::verbatim("p99.9"),
                              msg<"report.errors-percent">()})
    out += cell(style.text(head));
  out += "\n";
  for (const LoadRun& run : runs) {
    std::string row = "  " + cell(number(run.intended_rate, "%.1f") + "/s") + cell(number(run.rate, "%.1f") + "/s") + cell(number(run.p50, "%.3f")) +
                      cell(number(run.p99, "%.3f")) + cell(number(run.p999, "%.3f")) + cell(number(run.errors * 100, "%.3f"));
    const std::string verdict = style.text(run.verdict);
    if (verdict.empty()) {
      out += row + "\n";
    } else if (2 + figures * column + 2 + core::display_width(verdict) <= screen) {
      out += row + "  " + verdict + "\n";
    } else {
      out += row + "\n" + fitted("    " + verdict, 4, style);
    }
  }
  return out;
}

}  // namespace

std::string to_text(const LoadRecord& record, const TextStyle& style) {
  const Message loop = record.mode == "open" ? msg<"report.open-loop">() : msg<"report.closed-loop">();
  std::string out = fitted(style.text(msg<"report.load-title">(record.target, record.workload, loop, record.connections, record.meters, record.apps)) +
                               (record.shard.empty() ? "" : ", " + style.text(msg<"report.shard">(record.shard))),
                           2, style);
  for (const Message& stage : record.stages)
    out += line(msg<"report.stage">(), style.text(record.arrival == "poisson" ? msg<"report.poisson">(stage) : stage), style);
  if (!record.runs.empty()) out += runs_table(record.runs, style);
  const Message requests = msg<"report.requests-and-replies">(record.requests, record.replies, number(record.duration_s, "%.1f"));
  const Message measured = msg<"report.measured">(record.measured, number(record.warm_up_s, "%.1f"));
  out += line(msg<"report.requests">(), style.text(record.warm_up_s > 0 ? i18n::list({requests, measured}) : requests), style);
  const std::string rate = number(record.rate, "%.1f");
  out += line(msg<"report.rate">(),
              record.intended_rate > 0 ? style.text(msg<"report.rate-and-intended">(rate, number(record.intended_rate, "%.1f"))) : rate + "/s", style);
  if (record.connections_opened > record.connections)  // otherwise none was opened again
    out += line(msg<"report.connections">(), style.text(msg<"report.connections-opened">(record.connections_opened, record.requests)), style);
  out += "  " + padded(style.text(msg<"report.times">()), clock_columns) + "     p50     p90     p95     p99   p99.9  p99.99     max\n";
  out += percentiles_line(msg<"report.response-time">(), record.response_time, style);
  if (record.intended_rate > 0) {
    out += percentiles_line(msg<"report.service-time">(), record.service_time, style);
    out += percentiles_line(msg<"report.queueing-delay">(), record.queueing_delay, style);
  }
  out += line(msg<"report.codes">(), counted(record.result_codes, style), style);
  if (record.by_interface.size() > 1)
    for (const auto& [name, codes] : record.by_interface)
      out += fitted("  " + std::string(label_columns, ' ') + core::sanitize(name) + " " + counted(codes, style), 2 + label_columns, style);
  out += line(msg<"report.errors">(), counted(record.errors, style), style);
  out += line(msg<"report.late-sends">(),
              style.text(msg<"report.late-sends-and-cpu">(record.late_sends, record.generator_late_sends, number(record.cpu_us_per_request, "%.1f"),
                                                          number(record.cpu_share * 100, "%.0f"))),
              style);
  for (const ReconciliationRecord& one : record.reconciliation) out += reconciled(one, style);
  for (const ThresholdRecord& one : record.thresholds)
    out += line(msg<"report.threshold">(),
                style.text(one.met       ? msg<"report.met">(one.text, one.found)
                           : one.unknown ? msg<"report.not-judged">(one.text, one.found)
                                         : msg<"report.not-met">(one.text, one.found)),
                style);
  for (const DifferenceRecord& one : record.differences) out += difference_line(one, style);
  for (const Message& note : record.notes) out += fitted("  " + style.text(msg<"report.note">(note)), 4, style);
  if (!record.verdict.empty()) out += fitted(style.text(record.verdict), 0, style);
  return out;
}

}  // namespace meterproof::reports
