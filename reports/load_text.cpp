// SPDX-License-Identifier: Apache-2.0
// A load record for a terminal.
#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <utility>

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
  std::string begin = padded(style.text(label), label_columns);
  if (!begin.ends_with(' ')) begin += ' ';
  return fitted("  " + begin + text, 2 + label_columns, style);
}

/// The percentiles of each clock; on a narrow screen those that it has room for.
std::string latency_table(const LoadRecord& record, const TextStyle& style) {
  struct Column {
    const char* name;
    const char* member;  // of a record
    double LatencyRecord::*value;
    std::size_t place;  // among those that stay: the first stays longest
  };
  constexpr std::array<Column, 7> columns = {{{"p50", "p50", &LatencyRecord::p50, 0},
                                              {"p90", "p90", &LatencyRecord::p90, 4},
                                              {"p95", "p95", &LatencyRecord::p95, 3},
                                              {"p99", "p99", &LatencyRecord::p99, 1},
                                              {"p99.9", "p999", &LatencyRecord::p999, 5},
                                              {"p99.99", "p9999", &LatencyRecord::p9999, 6},
                                              {"max", "max", &LatencyRecord::max, 2}}};
  constexpr std::size_t column = 8;  // one of them a space: seven percentiles fit a screen of 80
  struct Clock {
    std::string name;
    const char* member;
    const LatencyRecord* latency;
  };
  std::vector<Clock> clocks = {{style.text(msg<"report.response-time">()), "response_time", &record.response_time}};
  if (record.intended_rate > 0) {
    clocks.push_back({style.text(msg<"report.service-time">()), "service_time", &record.service_time});
    clocks.push_back({style.text(msg<"report.queueing-delay">()), "queueing_delay", &record.queueing_delay});
  }
  std::size_t label = clock_columns, shown = columns.size();
  if (style.width > 0 && style.width < 2 + label + shown * column) {
    label = 0;
    for (const Clock& one : clocks) label = std::max(label, core::display_width(one.name));
    if (!record.intervals.empty()) label = std::max(label, 2 + core::display_width(style.text(msg<"report.interval-low">())));
    shown = style.width > 2 + label ? (style.width - 2 - label) / column : 0;
  }
  const auto row = [&](const std::string& begin, const auto& text_of) {
    std::string out = "  " + padded(begin, label);
    for (const Column& one : columns) {
      if (one.place >= std::max<std::size_t>(1, shown)) continue;
      char cell[32];
      std::snprintf(cell, sizeof cell, " %7s", text_of(one).c_str());
      out += cell;
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out + "\n";
  };
  std::string out = row(style.text(msg<"report.times">()), [](const Column& one) { return std::string(one.name); });
  const auto figure = [](double value) { return number(value, value < 100 ? "%.3f" : value < 10'000 ? "%.1f" : "%.0f"); };
  const auto interval_row = [&](const Message& begin, const char* clock, double PercentileInterval::*end) {
    return row("  " + style.text(begin), [&](const Column& one) {
      for (const PercentileInterval& interval : record.intervals)
        if (interval.clock == clock && interval.percentile == one.member) return figure(interval.*end);
      return std::string();
    });
  };
  for (const auto& [name, clock, latency] : clocks) {
    out += row(name, [&values = *latency, &figure](const Column& one) { return figure(values.*one.value); });
    if (record.intervals.empty()) continue;
    out += interval_row(msg<"report.interval-low">(), clock, &PercentileInterval::low);
    out += interval_row(msg<"report.interval-high">(), clock, &PercentileInterval::high);
  }
  return out;
}

std::string counted(const std::map<std::string, std::uint64_t>& all, const TextStyle& style) {
  // The most frequent ones, in the order of their names.
  std::vector<std::uint64_t> counts;
  counts.reserve(all.size());
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

/// Of repetitions, and of the steps of a search: a row of figures, as many as the screen has room for; a verdict that has none beside them stands below.
std::string runs_table(const std::vector<LoadRun>& runs, const TextStyle& style) {
  constexpr std::size_t all = 7;
  constexpr std::array<std::size_t, all> columns = {10, 10, 9, 9, 9, 9, 9};
  constexpr std::array<std::size_t, all> places = {2, 0, 4, 5, 1, 6, 3};  // among those that stay, as in latency_table
  const std::size_t screen = style.width > 0 ? style.width : 80;
  const auto width_of = [&](std::size_t shown) {
    std::size_t out = 2;
    for (std::size_t i = 0; i < all; ++i)
      if (places[i] < shown) out += columns[i];
    return out;
  };
  std::size_t figures = all;
  while (figures > 1 && width_of(figures) > screen) --figures;
  const auto row_of = [&](const std::array<std::string, all>& texts) {
    std::string out = "  ";
    for (std::size_t i = 0; i < all; ++i)
      if (places[i] < figures) out += std::string(columns[i] - std::min(columns[i] - 1, core::display_width(texts[i])), ' ') + texts[i];
    return out;
  };
  std::string out = row_of({style.text(msg<"report.intended">()), style.text(msg<"report.achieved">()), "p50", "p95", "p99", "p99.9",
                            style.text(msg<"report.errors-percent">())}) +
                    "\n";
  for (const LoadRun& run : runs) {
    const std::string row = row_of({number(run.intended_rate, "%.1f") + "/s", number(run.rate, "%.1f") + "/s", number(run.p50, "%.3f"), number(run.p95, "%.3f"),
                                    number(run.p99, "%.3f"), number(run.p999, "%.3f"), number(run.errors * 100, "%.3f")});
    const auto interval_row = [&](const Message& begin, double PercentileInterval::*end) {
      const auto figure = [&](const char* percentile) {
        for (const PercentileInterval& one : run.intervals)
          if (one.percentile == percentile) return number(one.*end, "%.3f");
        return std::string();
      };
      std::string cells = row_of({"", style.text(begin), figure("p50"), figure("p95"), figure("p99"), figure("p999"), ""});
      return cells.erase(cells.find_last_not_of(' ') + 1) + "\n";
    };
    const std::string verdict = style.text(run.verdict);
    if (verdict.empty()) {
      out += row + "\n";
    } else if (width_of(figures) + 2 + core::display_width(verdict) <= screen) {
      out += row + "  " + verdict + "\n";
    } else {
      out += row + "\n" + fitted("    " + verdict, 4, style);
    }
    if (!run.intervals.empty())
      out += interval_row(msg<"report.interval-low">(), &PercentileInterval::low) + interval_row(msg<"report.interval-high">(), &PercentileInterval::high);
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
    out += line(msg<"report.connections">(), style.text(msg<"report.connections-of-load">(record.connections_opened, record.requests)), style);
  out += latency_table(record, style);
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
