// SPDX-License-Identifier: Apache-2.0
#include "reports/text.hpp"

#include <algorithm>

#include "core/i18n/message.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "reports/headline.hpp"
#include "reports/report_writer.hpp"

namespace meterproof::reports {

using i18n::Message;
using i18n::msg;

namespace {

constexpr std::size_t label_columns = 12;

std::string painted(Verdict verdict, const TextStyle& style) {
  std::string name = style.text(to_message(verdict));
  if (!style.colour) return name;
  const bool bad = verdict == Verdict::failed || verdict == Verdict::broken;
  return std::string(bad ? "\x1b[31m" : verdict == Verdict::passed ? "\x1b[32m" : "\x1b[33m") + name + "\x1b[0m";
}

/// At most so many columns of a text, on one line.
std::string excerpt(const std::string& text, std::size_t columns = 400) {
  constexpr std::size_t most_bytes = 4;  // of a character, which takes a column at least: what is cut here is cut below
  std::string out = core::sanitize(text.substr(0, most_bytes * (columns + 1)));
  std::replace(out.begin(), out.end(), '\n', ' ');
  return core::truncate_to_width(out, columns);
}

/// A line of a screen.
std::string on_a_line(const std::string& line, const TextStyle& style) { return style.width == 0 ? line : core::truncate_to_width(line, style.width); }

void append_finding(std::string& out, const CaseRecord& one, const TextStyle& style) {
  const auto line = [&](const Message& label, const std::string& text) {
    if (!text.empty()) out += "    " + padded(style.text(label), label_columns) + text + "\n";
  };
  const std::string title = core::sanitize(style.text(one.title)), requirement = core::sanitize(style.text(one.requirement));
  const std::string section = core::sanitize(one.section), about = section + (section.empty() || title.empty() ? "" : " ") + title;
  out += painted(one.verdict, style) + "  " + core::sanitize(one.id) + (about.empty() ? "" : "  (" + about + ")") + "\n";
  line(msg<"report.requirement">(), style.language == Language::zh && title == requirement ? "" : core::sanitize(one.requirement.zh));
  if (style.language == Language::en) line({}, requirement == title ? "" : requirement);
  line(msg<"report.expected">(), excerpt(style.text(one.expected)));
  line(msg<"report.observed">(), excerpt(style.text(one.observed)));
  line(msg<"report.reason">(), excerpt(style.text(one.reason)));
  line(msg<"report.sent">(), excerpt(one.request.body));
  if (one.reply.transport == "replied") line(msg<"report.received">(), std::to_string(one.reply.status) + " " + excerpt(one.reply.body));
  if (one.steps.empty()) line(msg<"report.repeat">(), core::sanitize(repeat_of(one, style)));
  std::size_t number = 0;
  for (const StepRecord& step : one.steps) {
    const bool is_powershell = style.commands == auth::CommandDialect::powershell && !step.powershell.empty();
    line(msg<"report.step">(++number), core::sanitize(is_powershell ? step.powershell : step.curl));
    line(msg<"report.received">(), step.reply.transport == "replied" ? std::to_string(step.reply.status) + " " + excerpt(step.reply.body) : step.reply.transport);
    line(msg<"report.expected-rows">(), excerpt(step.expected));
  }
}

bool is_finding(const CaseRecord& one) { return one.verdict == Verdict::broken || one.verdict == Verdict::failed; }

/// Each finding wholly; on a screen the first ones by a line each, the rest by their number.
std::string findings_of(const CheckRecord& record, const TextStyle& style) {
  constexpr std::size_t named = 8;
  std::string out;
  std::size_t count = 0;
  for (const Verdict shown : {Verdict::broken, Verdict::failed})
    for (const CaseRecord& one : record.cases) {
      if (one.verdict != shown) continue;
      ++count;
      if (!style.brief) append_finding(out, one, style);
      else if (count <= named) out += finding_line(one, style) + "\n";
    }
  if (style.brief && count > named) out += style.text(msg<"report.more-findings">(count - named)) + "\n";
  if (style.brief && count > 0) out += style.text(msg<"report.details-elsewhere">()) + "\n";
  return out;
}

/// What is neither good nor bad, by its reason.
std::string others_of(const CheckRecord& record, const TextStyle& style) {
  std::map<std::pair<Verdict, std::string>, std::vector<std::string>> quiet;
  for (const CaseRecord& one : record.cases)
    if (one.verdict == Verdict::warned || one.verdict == Verdict::inconclusive)
      quiet[{one.verdict, excerpt(style.text(one.reason), style.brief ? 60 : 160)}].push_back(one.id);
  constexpr std::size_t enough = 3, lines_on_a_screen = 4;
  std::string out;
  std::size_t lines = 0;
  for (const auto& [kind, ids] : quiet) {
    const std::string why = painted(kind.first, style) + ": " + kind.second;
    if (style.brief && lines++ == lines_on_a_screen) {
      out += style.text(msg<"report.more-reasons">()) + "\n";
      break;
    }
    if (style.brief) {
      out += on_a_line(std::to_string(ids.size()) + " " + why, style) + "\n";
      continue;
    }
    std::vector<std::string> first(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(std::min(enough, ids.size())));
    out += why + "\n    " + core::sanitize(core::join(first));
    if (ids.size() > enough) out += style.text(msg<"report.more-cases">(ids.size() - enough, ids.size()));
    out += "\n";
  }
  return out;
}

/// What the target keeps of the run.
Message left_behind_of(const CheckRecord& record) {
  std::vector<std::string> tables;
  for (const LeftBehindRecord& one : record.left_behind) tables.push_back(std::to_string(one.count) + " " + one.table);
  return msg<"report.left-behind">(core::join(tables));
}

std::string questions_of(const CheckRecord& record, const TextStyle& style) {
  std::vector<std::string> unseen;
  std::string out;
  std::size_t answered = 0;
  for (const QuestionRecord& question : record.questions) {
    if (question.observed.empty()) {
      unseen.push_back(core::sanitize(question.id));
      continue;
    }
    if (++answered == 1 && !style.brief) out += "\n" + style.text(msg<"report.open-questions">()) + "\n";
    if (style.brief && !question.inconsistent) continue;
    out += "    " + core::sanitize(question.id) + ": " + core::sanitize(core::join(question.observed));
    if (question.inconsistent) out += style.text(msg<"report.inconsistent">());
    if (!question.accepted.empty()) out += style.text(msg<"report.accepted-answers">(core::join(question.accepted)));
    out += "\n";
  }
  if (style.brief && answered > 0) return out + style.text(msg<"report.open-questions-answered">(answered)) + "\n";
  if (!unseen.empty()) out += "    " + style.text(msg<"report.questions-not-seen">(core::join(unseen))) + "\n";
  return out;
}

}  // namespace

const std::string& repeat_of(const CaseRecord& one, const TextStyle& style) {
  return style.commands == auth::CommandDialect::powershell && !one.powershell.empty() ? one.powershell : one.curl;
}

std::string finding_line(const CaseRecord& one, const TextStyle& style) {
  constexpr std::size_t each = 60;
  return on_a_line(painted(one.verdict, style) + "  " + core::sanitize(one.id) + ": " +
                       style.text(msg<"report.finding-in-a-line">(excerpt(style.text(one.expected), each), excerpt(style.text(one.observed), each))),
                   style);
}

std::string summary_line(const CheckRecord& record, const TextStyle& style) {
  return style.text(msg<"report.check-summary">(record.target, record.role, headline(record), record.cases.size(), record.requests,
                                                number(record.duration_s, "%.2f")));
}

std::string to_text(const CheckRecord& record, const TextStyle& style) {
  std::string out = findings_of(record, style);
  if (!out.empty()) out += "\n";
  out += others_of(record, style) + questions_of(record, style) + "\n";
  if (!style.brief || std::none_of(record.cases.begin(), record.cases.end(), is_finding))
    for (const CalibrationRecord& one : record.calibration) out += style.text(one.label()) + ": " + style.text(one.value) + "\n";
  for (const Message& note : record.notes) out += style.text(note) + "\n";
  if (record.interrupted) out += style.text(msg<"report.check-interrupted">()) + "\n";
  for (std::size_t i = 0; i < verdict_names.size(); ++i) {
    const auto verdict = static_cast<Verdict>(i);
    if (const std::size_t count = record.count(verdict); count > 0 || verdict == Verdict::passed || verdict == Verdict::failed)
      out += std::to_string(count) + " " + painted(verdict, style) + "  ";
  }
  if (!record.left_behind.empty()) out += "\n" + style.text(left_behind_of(record));
  if (record.connections_opened) out += "\n" + style.text(msg<"report.connections-opened">(*record.connections_opened, record.requests));
  return out + "\n" + summary_line(record, style) + "\n";
}

namespace {

class TextReport final : public ReportWriter {
 public:
  std::string_view name() const override { return "text"; }
  Message description() const override { return msg<"help.report.text">(); }
  std::string write(const std::vector<Record>& records, const ReportOptions& options) const override {
    std::string out;
    for (const Record& record : records) out += (out.empty() ? "" : "\n") + std::visit([&](const auto& one) { return to_text(one, options.style); }, record);
    return out;
  }
};

}  // namespace

std::unique_ptr<ReportWriter> make_text_report() { return std::make_unique<TextReport>(); }

}  // namespace meterproof::reports
