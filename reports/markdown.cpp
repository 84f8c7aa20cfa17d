// SPDX-License-Identifier: Apache-2.0
#include "reports/markdown.hpp"

#include <algorithm>

#include "core/i18n/message.hpp"
#include "core/text/utf8.hpp"
#include "reports/headline.hpp"
#include "reports/report_writer.hpp"

namespace meterproof::reports {

using i18n::Message;
using i18n::msg;

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

const char* sign(int exit_code) { return exit_code == 0 ? "✅" : exit_code == 1 ? "❌" : "⚠️"; }

}  // namespace

std::string to_markdown(const CheckRecord& record, const TextStyle& style) {
  const auto text = [&](const Message& message) { return cell(style.text(message)); };
  const auto head = [&](const Message& message) { return style.text(message); };
  std::string out =
      "## " + std::string(sign(record.exit_code)) + " " + cell(record.target) + " (" + cell(record.role) + "): " + text(headline(record)) + "\n\n";
  for (const Message& note : record.notes) out += text(note) + "\n\n";
  out += text(msg<"report.cases-and-requests">(record.cases.size(), record.requests, number(record.duration_s))) + "\n\n";
  out += row({head(msg<"report.verdict">()), head(msg<"report.cases">())}) + "|---|---:|\n";
  for (std::size_t i = 0; i < verdict_names.size(); ++i) {
    const auto verdict = static_cast<Verdict>(i);
    out += row({text(to_message(verdict)), std::to_string(record.count(verdict))});
  }
  std::size_t shown = 0, findings = 0;
  for (const CaseRecord& one : record.cases) {
    if (one.verdict != Verdict::failed && one.verdict != Verdict::broken) continue;
    if (findings++ == 0)
      out += "\n### " + head(msg<"report.findings">()) + "\n\n" +
             row({head(msg<"report.case">()), head(msg<"report.requirement">()), head(msg<"report.expected">()), head(msg<"report.observed">())}) +
             "|---|---|---|---|\n";
    if (shown == most_findings) continue;
    ++shown;
    out += row({cell(one.id), cell(one.section + " " + style.text(one.requirement)), text(one.expected), text(one.observed)});
  }
  if (findings > shown) out += "\n" + text(msg<"report.more-in-html">(findings - shown)) + "\n";
  return out;
}

std::string to_markdown(const LoadRecord& record, const TextStyle& style) {
  const auto text = [&](const Message& message) { return cell(style.text(message)); };
  const auto head = [&](const Message& message) { return style.text(message); };
  std::string out = "## " + std::string(sign(record.exit_code)) + " " + text(msg<"report.load-of">(record.target, record.verdict)) + "\n\n";
  const Message loop = record.mode == "open" ? msg<"report.open-loop">() : msg<"report.closed-loop">();
  const Message rate = record.intended_rate > 0 ? msg<"report.rate-and-intended">(number(record.rate), number(record.intended_rate))
                                                : i18n::verbatim(number(record.rate, "%.3f/s"));
  out += text(msg<"report.load-in-short">(record.workload, loop, rate, record.requests, record.failures(), record.late_sends)) + "\n\n";
  out += "| ms | p50 | p90 | p95 | p99 | p99.9 | p99.99 | max |\n|---|---:|---:|---:|---:|---:|---:|---:|\n";
  const auto percentiles = [&](const Message& name, const LatencyRecord& one) {
    out += row({text(name), number(one.p50), number(one.p90), number(one.p95), number(one.p99), number(one.p999), number(one.p9999), number(one.max)});
  };
  percentiles(msg<"report.response-time">(), record.response_time);
  percentiles(msg<"report.service-time">(), record.service_time);
  if (!record.thresholds.empty()) out += "\n" + row({head(msg<"report.threshold">()), "", head(msg<"report.found">())}) + "|---|---|---|\n";
  for (const ThresholdRecord& one : record.thresholds)
    out += row({cell(one.text),
                one.met       ? head(msg<"report.threshold-met">())
                : one.unknown ? "**" + head(msg<"report.threshold-unknown">()) + "**"
                              : "**" + head(msg<"report.threshold-not-met">()) + "**",
                text(one.found)});
  if (!record.differences.empty())
    out += "\n" + row({head(msg<"report.metric">()), head(msg<"report.now">()), head(msg<"report.base">()), head(msg<"report.change">()), "95 %", ""}) +
           "|---|---:|---:|---:|---|---|\n";
  for (const DifferenceRecord& one : record.differences)
    out += row({text(difference_metric(one.metric)), number(one.current), number(one.base), number(one.change), number(one.low) + " … " + number(one.high),
                text(difference_message(one.verdict))});
  for (const ReconciliationRecord& one : record.reconciliation) {
    out += "\n" + text(msg<"report.reconciled-in-short">(one.name, one.confirmed, one.acknowledged, one.lost, one.duplicated)) + "\n";
    if (one.differing > 0 || one.phantom > 0 || one.refused_stored > 0)
      out += "\n" + text(msg<"report.reconciled-wrong">(one.differing, one.phantom, one.refused_stored)) + "\n";
  }
  for (const Message& note : record.notes) out += "\n- " + text(note);
  return record.notes.empty() ? out : out + "\n";
}

namespace {

class MarkdownReport final : public ReportWriter {
 public:
  std::string_view name() const override { return "markdown"; }
  Message description() const override { return msg<"help.report.markdown">(); }
  std::string write(const std::vector<Record>& records, const ReportOptions& options) const override {
    std::string out;
    for (const Record& record : records)
      out += (out.empty() ? "" : "\n") + std::visit([&](const auto& one) { return to_markdown(one, options.style); }, record);
    return out;
  }
};

}  // namespace

std::unique_ptr<ReportWriter> make_markdown_report() { return std::make_unique<MarkdownReport>(); }

}  // namespace meterproof::reports
