// SPDX-License-Identifier: Apache-2.0
#include "reports/markdown.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "core/i18n/message.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "reports/findings.hpp"
#include "reports/headline.hpp"
#include "reports/report_writer.hpp"

namespace meterproof::reports {

using i18n::Message;
using i18n::msg;

namespace {

constexpr std::size_t most_rows = 100, most_notes = 20;  // GitHub takes a mebibyte
constexpr std::size_t longest_cell = 300;

/// Whether a link or a mention may begin with that character. GitHub and GitLab make them of addresses without any mark, and look for some of them after
/// they have read escapes and references: only something between the characters stops that.
bool may_link(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  const bool is_domain = rest.starts_with('.') && at >= 3 && core::to_lower(text.substr(at - 3, 3)) == "www";
  const bool is_number = rest.starts_with('#') && rest.size() > 1 && rest[1] >= '0' && rest[1] <= '9';  // of an issue
  return rest.starts_with("://") || rest.starts_with('@') || is_domain || is_number;
}

/// Text in a table's cell, with nothing left that Markdown or HTML would take for its own, or make a link of.
std::string cell(std::string_view text) {
  constexpr const char* zero_width = "&#8203;";
  const std::string safe = core::sanitize(core::truncate_utf8(text, longest_cell));
  std::string out;
  for (std::size_t at = 0; at < safe.size(); ++at) {
    const char c = safe[at];
    if (may_link(safe, at)) out += "&#" + std::to_string(static_cast<int>(c)) + ";" + zero_width;
    else if (c == '\n' || c == '\t') out += ' ';
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else if (std::string_view("|`*_[]\\#!~").find(c) != std::string_view::npos) out += std::string("\\") + c;
    else out += c;
  }
  return text.size() > longest_cell ? out + "…" : out;
}

std::string row(std::initializer_list<std::string> cells) {
  std::string out = "|";
  for (const std::string& one : cells) out += " " + one + " |";
  return out + "\n";
}

/// A heading and a table of at most so many rows; nothing where there are none. `rest`: what is said of the others.
std::string table(const Message& heading, const std::string& head, const std::vector<std::string>& rows, const TextStyle& style, std::size_t left_out = 0) {
  if (rows.empty()) return {};
  std::string out = "\n### " + style.text(heading) + "\n\n" + head;
  for (const std::string& one : rows) out += one;
  return left_out == 0 ? out : out + "\n" + cell(style.text(msg<"report.more-in-html">(left_out))) + "\n";
}

/// Those that are alike in a row.
std::string findings_table(const CheckRecord& record, const TextStyle& style) {
  const auto head = [&](const Message& message) { return style.text(message); };
  std::vector<std::string> rows;
  std::size_t left_out = 0;
  for (const Alike& alike : findings_of(record)) {
    if (rows.size() == most_rows) {
      left_out += alike.size();
      continue;
    }
    const CaseRecord& one = *alike.front();
    const std::string more = alike.size() > 1 ? style.text(msg<"report.cases-alike">(alike.size())) : "";
    rows.push_back(row({cell(one.id) + cell(more), cell(one.section + " " + style.text(one.requirement)), cell(style.text(one.expected)),
                        cell(style.text(one.observed.empty() ? one.reason : one.observed))}));
  }
  return table(msg<"report.findings">(),
               row({head(msg<"report.case">()), head(msg<"report.requirement">()), head(msg<"report.expected">()), head(msg<"report.observed">())}) +
                   "|---|---|---|---|\n",
               rows, style, left_out);
}

/// What came to no verdict, or to a warning, by its reason.
std::string undecided_table(const CheckRecord& record, const TextStyle& style) {
  std::map<std::pair<Verdict, std::string>, std::size_t> counts;
  for (const CaseRecord& one : record.cases)
    if (one.verdict == Verdict::warned || one.verdict == Verdict::inconclusive) ++counts[{one.verdict, cell(style.text(one.reason))}];
  std::vector<std::string> rows;
  std::size_t left_out = 0;
  for (const auto& [kind, count] : counts) {
    if (rows.size() < most_rows) rows.push_back(row({cell(style.text(to_message(kind.first))), kind.second, std::to_string(count)}));
    else left_out += count;
  }
  return table(msg<"report.undecided">(),
               row({style.text(msg<"report.verdict">()), style.text(msg<"report.reason">()), style.text(msg<"report.cases">())}) + "|---|---|---:|\n", rows, style,
               left_out);
}

/// The open questions that this target has answered.
std::string questions_table(const CheckRecord& record, const TextStyle& style) {
  std::vector<std::string> rows;
  for (const QuestionRecord& one : record.questions) {
    if (one.observed.empty()) continue;
    const std::string remark = one.inconsistent ? style.text(msg<"report.inconsistent">()) : "";
    rows.push_back(row({cell(one.id), cell(core::join(one.observed)) + cell(remark), cell(core::join(one.accepted))}));
  }
  return table(msg<"report.questions">(),
               row({style.text(msg<"report.question">()), style.text(msg<"report.this-target">()), style.text(msg<"report.accepted">())}) + "|---|---|---|\n", rows,
               style);
}

std::string calibration_table(const CheckRecord& record, const TextStyle& style) {
  std::vector<std::string> rows;
  for (const CalibrationRecord& one : record.calibration) rows.push_back(row({cell(style.text(one.label())), cell(style.text(one.value))}));
  return table(msg<"report.calibration">(), "| | |\n|---|---|\n", rows, style);
}

const char* sign(int exit_code) { return exit_code == 0 ? "✅" : exit_code == 1 ? "❌" : "⚠️"; }

}  // namespace

std::string to_markdown(const CheckRecord& record, const TextStyle& style) {
  const auto text = [&](const Message& message) { return cell(style.text(message)); };
  const auto head = [&](const Message& message) { return style.text(message); };
  std::string out =
      "## " + std::string(sign(record.exit_code)) + " " + cell(record.target) + " (" + cell(record.role) + "): " + text(headline(record)) + "\n\n";
  std::vector<std::string> notes;
  for (const Message& note : record.notes)
    if (std::string said = text(note); std::find(notes.begin(), notes.end(), said) == notes.end()) notes.push_back(std::move(said));
  for (std::size_t i = 0; i < std::min(notes.size(), most_notes); ++i) out += notes[i] + "\n\n";
  if (notes.size() > most_notes) out += text(msg<"report.more-notes">(notes.size() - most_notes)) + "\n\n";
  out += text(msg<"report.cases-and-requests">(record.cases.size(), record.requests, number(record.duration_s))) + "\n\n";
  out += row({head(msg<"report.verdict">()), head(msg<"report.cases">())}) + "|---|---:|\n";
  for (std::size_t i = 0; i < verdict_names.size(); ++i) {
    const auto verdict = static_cast<Verdict>(i);
    out += row({text(to_message(verdict)), std::to_string(record.count(verdict))});
  }
  return out + findings_table(record, style) + undecided_table(record, style) + questions_table(record, style) + calibration_table(record, style);
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
