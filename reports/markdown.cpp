#include "reports/markdown.hpp"
#include "core/text/utf8.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace meterproof::reports {

namespace {

constexpr std::size_t most_findings = 100;  // GitHub takes a mebibyte
constexpr std::size_t longest_cell = 300;

/// Text in a table's cell, with nothing left that Markdown or HTML would take for its own.
std::string cell(std::string_view text) {
  std::string out;
  std::size_t end = std::min(text.size(), longest_cell);
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // not within a character
  for (const char c : core::sanitize(text.substr(0, end))) {
    if (c == '\n' || c == '\t') out += ' ';
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else if (std::string_view("|`*_[]\\#!@").find(c) != std::string_view::npos) out += std::string("\\") + c;
    else out += c;
  }
  return text.size() > longest_cell ? out + "…" : out;
}

std::string row(std::initializer_list<std::string> cells) {
  std::string out = "|";
  for (const std::string& one : cells) out += " " + one + " |";
  return out + "\n";
}

std::string number(double value, const char* unit = "") {
  if (std::isnan(value)) return "-";
  char out[64];
  std::snprintf(out, sizeof out, "%.3f%s", value, unit);
  return out;
}

const char* sign(int exit_code) { return exit_code == 0 ? "✅" : exit_code == 1 ? "❌" : "⚠️"; }

}  // namespace

std::string to_markdown(const CheckRecord& record) {
  std::string out = "## " + std::string(sign(record.exit_code)) + " " + cell(record.target) + " (" + cell(record.role) + "): " + cell(record.verdict) + "\n\n";
  if (!record.filter.empty()) out += "**of a part of the cases alone: " + cell(record.filter) + "**\n\n";
  if (!record.note.empty()) out += cell(record.note) + "\n\n";
  out += std::to_string(record.cases.size()) + " cases, " + std::to_string(record.requests) + " requests, " + number(record.duration_s, " s") + "\n\n";
  out += "| verdict | cases |\n|---|---:|\n";
  for (std::size_t i = 0; i < verdict_names.size(); ++i) out += row({std::string(verdict_names[i]), std::to_string(record.count(static_cast<Verdict>(i)))});
  std::size_t shown = 0, findings = 0;
  for (const CaseRecord& one : record.cases) {
    if (one.verdict != Verdict::failed && one.verdict != Verdict::broken) continue;
    if (findings++ == 0) out += "\n### Findings 问题\n\n| case 用例 | paper 文档 | expected 应为 | observed 实际 |\n|---|---|---|---|\n";
    if (shown == most_findings) continue;
    ++shown;
    out += row({cell(one.id), cell(one.section + " " + one.sentence), cell(one.expected), cell(one.observed)});
  }
  if (findings > shown) out += "\nand " + std::to_string(findings - shown) + " more: see the HTML report\n";
  return out;
}

std::string to_markdown(const LoadRecord& record) {
  std::string out = "## " + std::string(sign(record.exit_code)) + " load of " + cell(record.target) + ": " + cell(record.verdict) + "\n\n";
  out += cell(record.workload) + ", " + cell(record.mode) + " loop: " + number(record.rate, "/s") +
         (record.intended_rate > 0 ? " of " + number(record.intended_rate, "/s") : "") + ", " + std::to_string(record.requests) + " requests, " +
         std::to_string(record.failures()) + " failed, " + std::to_string(record.late_sends) + " late sends\n\n";
  out += "| ms | p50 | p90 | p99 | p99.9 | p99.99 | max |\n|---|---:|---:|---:|---:|---:|---:|\n";
  const auto latencies = [&](const char* name, const LatencyRecord& one) {
    out += row({name, number(one.p50), number(one.p90), number(one.p99), number(one.p999), number(one.p9999), number(one.max)});
  };
  latencies("intended to answered", record.latency);
  latencies("sent to answered", record.service);
  if (!record.thresholds.empty()) out += "\n| threshold | | found |\n|---|---|---|\n";
  for (const ThresholdRecord& gate : record.thresholds) out += row({cell(gate.text), gate.met ? "met" : "**not met**", cell(gate.found)});
  if (!record.differences.empty()) out += "\n| metric | now | base | change | 95 % | |\n|---|---:|---:|---:|---|---|\n";
  for (const DifferenceRecord& one : record.differences)
    out += row({cell(one.metric), number(one.current), number(one.base), number(one.change), number(one.low) + " to " + number(one.high), cell(one.verdict)});
  for (const ReconciliationRecord& one : record.reconciliation)
    out += "\nreconciled " + cell(one.name) + ": " + std::to_string(one.standing) + " of " + std::to_string(one.acknowledged) + " stand, " +
           std::to_string(one.lost) + " lost, " + std::to_string(one.doubled) + " doubled\n";
  for (const std::string& note : record.notes) out += "\n- " + cell(note);
  return record.notes.empty() ? out : out + "\n";
}

}  // namespace meterproof::reports
