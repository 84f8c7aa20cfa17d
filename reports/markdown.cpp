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

bool is_hexadecimal(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Whether nothing in it can be markup, or be made a link, a mention or a reference by GitHub, GitLab or a tracker beside them: words, numbers and the signs
/// between them. It rather says no: "GH-12", "!5", "%3", "$1", "mailto:a", seven hexadecimal digits in a row.
bool is_plain(std::string_view text) {
  constexpr std::size_t least_of_a_commit = 7;
  std::size_t hexadecimal = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at], before = at > 0 ? text[at - 1] : ' ', after = at + 1 < text.size() ? text[at + 1] : ' ';
    hexadecimal = is_hexadecimal(c) ? hexadecimal + 1 : 0;
    if (hexadecimal == least_of_a_commit) return false;
    if (is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80U) continue;
    const bool is_domain = c == '.' && at >= 3 && core::to_lower(text.substr(at - 3, 3)) == "www";
    const bool is_ticket = c == '-' && is_letter(before) && is_digit(after);
    const bool ends_a_word = (c == ':' && (after == ' ' || (is_digit(before) && is_digit(after)))) || (c == '%' && after == ' ');
    const bool is_harmless = std::string_view(" .,;()'\"/?+=-").find(c) != std::string_view::npos;
    if (is_domain || is_ticket || !(is_harmless || ends_a_word)) return false;
  }
  return true;
}

}  // namespace

/// Escapes do not stop GitLab from making links; inside a code span nobody makes any (CommonMark, section 6.1).
std::string markdown_line(std::string_view text) {
  std::string safe = core::sanitize(core::truncate_utf8(text, longest_cell)) + (text.size() > longest_cell ? "…" : "");
  std::replace_if(
      safe.begin(), safe.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  if (is_plain(safe)) return safe;
  std::size_t run = 0, longest_run = 0;
  for (const char c : safe) {
    run = c == '`' ? run + 1 : 0;
    longest_run = std::max(longest_run, run);
  }
  const std::string fence(longest_run + 1, '`');
  const std::string pad = safe.starts_with('`') || safe.ends_with('`') ? " " : "";
  return fence + pad + safe + pad + fence;
}

/// A table takes a bar for its own even inside code (GitHub Flavored Markdown, section 4.10).
std::string markdown_cell(std::string_view text) {
  std::string out;
  for (const char c : markdown_line(text)) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

namespace {

const auto line = markdown_line;
const auto cell = markdown_cell;

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
  return left_out == 0 ? out : out + "\n" + line(style.text(msg<"report.more-in-html">(left_out))) + "\n";
}

/// Those of one cause, or that are alike, in a row. `known`: those that a baseline has as well, or the others.
std::string findings_table(const CheckRecord& record, const TextStyle& style, bool known) {
  const auto head = [&](const Message& message) { return style.text(message); };
  std::vector<std::string> rows;
  std::size_t left_out = 0;
  for (Alike alike : findings_of(record)) {
    std::erase_if(alike, [&](const CaseRecord* one) { return style.is_known(one->id) != known; });
    if (alike.empty()) continue;
    if (rows.size() == most_rows) {
      left_out += alike.size();
      continue;
    }
    const CaseRecord& one = *alike.front();
    const std::string more = alike.size() > 1 ? style.text(msg<"report.cases-alike">(alike.size())) : "";
    const CauseRecord* const cause = cause_of(record, alike);
    const std::string about = cause == nullptr ? one.section + " " + style.text(one.requirement) : style.text(cause->what);
    rows.push_back(row({cell(one.id + more), cell(about), cell(style.text(one.expected)), cell(style.text(one.observed.empty() ? one.reason : one.observed))}));
  }
  const Message about = record.causes.empty() ? msg<"report.requirement">() : msg<"report.cause">();
  return table(known ? msg<"report.known-findings">() : msg<"report.findings">(),
               row({head(msg<"report.case">()), head(about), head(msg<"report.expected">()), head(msg<"report.observed">())}) + "|---|---|---|---|\n", rows,
               style, left_out);
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
               row({style.text(msg<"report.verdict">()), style.text(msg<"report.reason">()), style.text(msg<"report.cases">())}) + "|---|---|---:|\n", rows,
               style, left_out);
}

/// The open questions that this target has answered.
std::string questions_table(const CheckRecord& record, const TextStyle& style) {
  std::vector<std::string> rows;
  for (const QuestionRecord& one : record.questions) {
    if (one.observed.empty()) continue;
    const std::string remark = one.inconsistent ? style.text(msg<"report.inconsistent">()) : "";
    rows.push_back(row({cell(one.id), cell(core::join(one.observed) + remark), cell(core::join(one.accepted))}));
  }
  return table(msg<"report.questions">(),
               row({style.text(msg<"report.question">()), style.text(msg<"report.this-target">()), style.text(msg<"report.accepted">())}) + "|---|---|---|\n",
               rows, style);
}

/// Interfaces of which not every stated clause came to a verdict, why, and what would change that.
std::string reach_table(const CheckRecord& record, const TextStyle& style) {
  if (!record.reach) return {};
  std::vector<std::string> rows;
  for (const InterfaceReachRecord& one : record.reach->interfaces) {
    std::string judged = std::to_string(one.judged) + " / " + std::to_string(one.clauses);
    std::string name = one.section + (one.interface.empty() ? "" : " " + one.interface);
    for (const NotJudgedRecord& gap : one.not_judged) {
      rows.push_back(row({cell(name), judged, cell(std::to_string(gap.clauses.size()) + ": " + style.text(gap.why)),
                          gap.raised_by.empty() ? "" : cell(style.text(i18n::list(gap.raised_by)))}));
      name.clear();
      judged.clear();
    }
  }
  const Message heading = msg<"report.reach-in-all">(record.reach->judged, record.reach->clauses);
  return table(heading,
               row({style.text(msg<"report.interface">()), style.text(msg<"report.judged">()), style.text(msg<"report.reason">()),
                    style.text(msg<"report.raised-by">())}) +
                   "|---|---:|---|---|\n",
               rows, style);
}

std::string calibration_table(const CheckRecord& record, const TextStyle& style) {
  std::vector<std::string> rows;
  for (const CalibrationRecord& one : record.calibration) rows.push_back(row({cell(style.text(one.label())), cell(style.text(one.value))}));
  return table(msg<"report.calibration">(), "| | |\n|---|---|\n", rows, style);
}

std::string calls_table(const CheckRecord& record, const TextStyle& style) {
  if (record.calls_by.empty()) return {};
  const auto head = [&](const Message& message) { return style.text(message); };
  std::string out = row({head(msg<"report.interface">()), head(msg<"report.calls">()), head(msg<"report.accepted">()), head(msg<"report.calls-refused">()),
                         head(msg<"report.calls-with-fault">())}) +
                    "|---|---:|---:|---:|---:|\n";
  for (const CallsRecord& one : record.calls_by)
    out += row({cell(one.interface), std::to_string(one.calls), std::to_string(one.accepted), std::to_string(one.refused), std::to_string(one.faults)});
  return out + "\n";
}

const char* sign(int exit_code) { return exit_code == 0 ? "✅" : exit_code == 1 ? "❌" : "⚠️"; }

}  // namespace

std::string to_markdown(const CheckRecord& record, const TextStyle& style) {
  const auto text = [&](const Message& message) { return line(style.text(message)); };
  const auto head = [&](const Message& message) { return style.text(message); };
  std::string out = "## " + std::string(sign(style.baseline ? style.baseline->exit_code : record.exit_code)) + " " + line(record.target) + " (" +
                    line(record.role) + "): " + text(headline(record)) + "\n\n";
  if (style.baseline) out += text(style.baseline->told) + "\n\n";
  std::vector<std::string> notes;
  for (const Message& note : record.notes)
    if (std::string said = text(note); std::find(notes.begin(), notes.end(), said) == notes.end()) notes.push_back(std::move(said));
  for (std::size_t i = 0; i < std::min(notes.size(), most_notes); ++i) out += notes[i] + "\n\n";
  if (notes.size() > most_notes) out += text(msg<"report.more-notes">(notes.size() - most_notes)) + "\n\n";
  out += calls_table(record, style);
  out += text(msg<"report.cases-and-requests">(record.cases.size(), record.requests, number(record.duration_s))) + "\n\n";
  out += row({head(msg<"report.verdict">()), head(msg<"report.cases">())}) + "|---|---:|\n";
  for (std::size_t i = 0; i < verdict_names.size(); ++i) {
    const auto verdict = static_cast<Verdict>(i);
    out += row({cell(style.text(to_message(verdict))), std::to_string(record.count(verdict))});
  }
  return out + findings_table(record, style, false) + findings_table(record, style, true) + reach_table(record, style) + undecided_table(record, style) +
         questions_table(record, style) + calibration_table(record, style);
}

std::string to_markdown(const LoadRecord& record, const TextStyle& style) {
  const auto text = [&](const Message& message) { return line(style.text(message)); };
  const auto head = [&](const Message& message) { return style.text(message); };
  std::string out = "## " + std::string(sign(record.exit_code)) + " " + text(msg<"report.load-of">(record.target, record.verdict)) + "\n\n";
  const Message loop = record.mode == "open" ? msg<"report.open-loop">() : msg<"report.closed-loop">();
  const Message rate = record.intended_rate > 0 ? msg<"report.rate-and-intended">(number(record.rate), number(record.intended_rate))
                                                : i18n::verbatim(number(record.rate, "%.3f/s"));
  out += text(msg<"report.load-in-short">(record.workload, loop, rate, record.requests, record.failures(), record.late_sends)) + "\n\n";
  out += "| ms | p50 | p90 | p95 | p99 | p99.9 | p99.99 | max |\n|---|---:|---:|---:|---:|---:|---:|---:|\n";
  const auto percentiles = [&](const Message& name, std::string_view clock, const LatencyRecord& one) {
    const auto with_interval = [&](std::string_view percentile, double value) {
      for (const PercentileInterval& interval : record.intervals)
        if (interval.clock == clock && interval.percentile == percentile)
          return number(value) + " (" + number(interval.low) + " … " + number(interval.high) + ")";
      return number(value);
    };
    out += row({cell(style.text(name)), with_interval("p50", one.p50), with_interval("p90", one.p90), with_interval("p95", one.p95),
                with_interval("p99", one.p99), with_interval("p999", one.p999), with_interval("p9999", one.p9999), number(one.max)});
  };
  percentiles(msg<"report.response-time">(), "response_time", record.response_time);
  percentiles(msg<"report.service-time">(), "service_time", record.service_time);
  if (!record.intervals.empty()) out += "\n" + text(msg<"report.intervals">()) + "\n";
  if (!record.thresholds.empty()) out += "\n" + row({head(msg<"report.threshold">()), "", head(msg<"report.found">())}) + "|---|---|---|\n";
  for (const ThresholdRecord& one : record.thresholds)
    out += row({cell(one.text),
                one.met       ? head(msg<"report.threshold-met">())
                : one.unknown ? "**" + head(msg<"report.threshold-unknown">()) + "**"
                              : "**" + head(msg<"report.threshold-not-met">()) + "**",
                cell(style.text(one.found))});
  if (!record.differences.empty())
    out += "\n" + row({head(msg<"report.metric">()), head(msg<"report.now">()), head(msg<"report.base">()), head(msg<"report.change">()), "95 %", ""}) +
           "|---|---:|---:|---:|---|---|\n";
  for (const DifferenceRecord& one : record.differences)
    out += row({cell(style.text(difference_metric(one.metric))), number(one.current), number(one.base), number(one.change),
                number(one.low) + " … " + number(one.high), cell(style.text(difference_message(one.verdict)))});
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
  void write_to(std::ostream& out, const std::vector<Record>& records, const ReportOptions& options) const override {
    for (const Record& record : records)
      out << (&record == &records.front() ? "" : "\n") << std::visit([&](const auto& one) { return to_markdown(one, options.style); }, record);
  }
};

}  // namespace

std::unique_ptr<ReportWriter> make_markdown_report() { return std::make_unique<MarkdownReport>(); }

}  // namespace meterproof::reports
