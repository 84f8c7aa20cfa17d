// SPDX-License-Identifier: Apache-2.0
#include "reports/text.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>

#include "core/i18n/message.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "reports/findings.hpp"
#include "reports/headline.hpp"
#include "reports/report_writer.hpp"
#include "reports/screen.hpp"
#include "reports/transport_message.hpp"

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

void append_line(std::string& out, const Message& label, const std::string& text, const TextStyle& style) {
  if (!text.empty()) out += "    " + padded(style.text(label), label_columns) + text + "\n";
}

std::string received(const ReplyRecord& reply) {
  return reply.transport == "replied" ? std::to_string(reply.status) + " " + excerpt(reply.body) : reply.transport;
}

void append_steps(std::string& out, const CaseRecord& one, const TextStyle& style) {
  std::size_t number = 0;
  for (const StepRecord& step : one.steps) {
    const bool is_powershell = style.commands == auth::CommandDialect::powershell && !step.powershell.empty();
    append_line(out, msg<"report.step">(++number), core::sanitize(is_powershell ? step.powershell : step.curl), style);
    append_line(out, msg<"report.received">(), received(step.reply), style);
    append_line(out, msg<"report.expected-rows">(), excerpt(step.expected), style);
  }
}

/// Every request of it, and how to repeat it.
void append_finding(std::string& out, const CaseRecord& one, const TextStyle& style) {
  const auto line = [&](const Message& label, const std::string& text) { append_line(out, label, text, style); };
  const std::string title = core::sanitize(style.text(one.title)), requirement = core::sanitize(style.text(one.requirement));
  line(msg<"report.requirement">(), style.language == Language::zh && title == requirement ? "" : core::sanitize(one.requirement.zh));
  if (style.language == Language::en) line({}, requirement == title ? "" : requirement);
  line(msg<"report.expected">(), excerpt(style.text(one.expected)));
  line(msg<"report.observed">(), excerpt(style.text(one.observed)));
  line(msg<"report.reason">(), excerpt(style.text(one.reason)));
  line(msg<"report.sent">(), excerpt(one.request.body));
  line(msg<"report.received">(), one.reply.transport == "replied" ? received(one.reply) : "");
  line(msg<"report.repeat">(), one.steps.empty() ? core::sanitize(repeat_of(one, style)) : "");
  append_steps(out, one, style);
}

/// Findings of one cause, or alike: every id, and the first one wholly. `cause`: null where they are but alike.
void append_alike(std::string& out, const Alike& alike, const CauseRecord* cause, const TextStyle& style) {
  for (const CaseRecord* one : alike) {
    const std::string title = core::sanitize(style.text(one->title)), section = core::sanitize(one->section);
    const std::string about = section + (section.empty() || title.empty() ? "" : " ") + title;
    out += painted(one->verdict, style) + "  " + core::sanitize(one->id) + (about.empty() ? "" : "  (" + about + ")") + "\n";
  }
  if (cause != nullptr) append_line(out, msg<"report.cause">(), excerpt(style.text(cause->what)), style);
  if (alike.size() > 1 && cause != nullptr) append_line(out, {}, style.text(msg<"report.cases-of-cause">(alike.size())), style);
  else if (alike.size() > 1) append_line(out, msg<"report.alike">(), style.text(msg<"report.alike-cases">(alike.size())), style);
  append_finding(out, *alike.front(), style);
}

/// Findings that are alike in a line: which, what was observed, and what was expected where there is room for it.
std::string alike_line(const Alike& alike, const TextStyle& style) {
  constexpr std::size_t without_screen = 200, worth_it = 20;  // columns
  const std::size_t columns = style.width == 0 ? without_screen : style.width;
  const CaseRecord& one = *alike.front();
  const bool same_expected = std::all_of(alike.begin(), alike.end(), [&](const CaseRecord* other) { return other->expected == one.expected; });
  const std::string verdict = painted(one.verdict, style) + "  ", more = alike.size() > 1 ? style.text(msg<"report.cases-alike">(alike.size())) : "";
  const std::size_t taken = core::display_width(verdict) + core::display_width(more) + 2, left = columns > taken ? columns - taken : 0;
  const std::string observed = excerpt(style.text(one.observed.empty() ? one.reason : one.observed), columns);
  const std::string id = core::sanitize(one.id);
  // Of a line that is too short, what was observed gets a half, and the id what that leaves.
  const std::size_t for_id = left - std::min(left, std::min(core::display_width(observed), std::max(left / 2, left - std::min(left, core::display_width(id)))));
  std::string out = verdict + core::truncate_to_width(id, for_id) + more + ": " + observed;
  const std::size_t used = core::display_width(out);
  if (same_expected && !one.expected.empty() && used + worth_it <= columns)
    out += style.text(msg<"report.but-expected">(excerpt(style.text(one.expected), columns)));
  return core::truncate_to_width(out, columns);
}

/// Cases that are neither good nor bad, by verdict and reason. A reason that is a note on the whole run is told there.
using ByReason = std::map<std::pair<Verdict, std::string>, std::vector<std::string>>;
ByReason others_of(const CheckRecord& record, const TextStyle& style) {
  ByReason out;
  for (const CaseRecord& one : record.cases)
    if (one.verdict == Verdict::warned || one.verdict == Verdict::inconclusive) out[{one.verdict, excerpt(style.text(one.reason), 160)}].push_back(one.id);
  for (const Message& note : record.notes) out.erase({Verdict::inconclusive, excerpt(style.text(note), 160)});
  return out;
}

void append_others(std::string& out, const CheckRecord& record, const TextStyle& style) {
  constexpr std::size_t enough = 3;
  for (const auto& [kind, ids] : others_of(record, style)) {
    std::vector<std::string> first(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(std::min(enough, ids.size())));
    out += painted(kind.first, style) + ": " + kind.second + "\n    " + core::sanitize(core::join(first));
    if (ids.size() > enough) out += style.text(msg<"report.more-cases">(ids.size() - enough, ids.size()));
    out += "\n";
  }
}

std::string question_line(const QuestionRecord& question, const TextStyle& style) {
  std::string out = "    " + core::sanitize(question.id) + ": " + excerpt(core::join(question.observed));
  if (question.inconsistent) out += style.text(msg<"report.inconsistent">());
  if (!question.accepted.empty()) out += style.text(msg<"report.accepted-answers">(core::join(question.accepted)));
  return out;
}

void append_questions(std::string& out, const CheckRecord& record, const TextStyle& style) {
  std::vector<std::string> unseen;
  std::size_t answered = 0;
  for (const QuestionRecord& question : record.questions) {
    if (question.observed.empty()) {
      unseen.push_back(core::sanitize(question.id));
      continue;
    }
    if (++answered == 1) out += "\n" + style.text(msg<"report.open-questions">()) + "\n";
    out += question_line(question, style) + "\n";
  }
  if (!unseen.empty()) out += "    " + style.text(msg<"report.questions-not-seen">(core::join(unseen))) + "\n";
}

/// What the reader must know, each once: a target may give a thousand reasons.
std::vector<std::string> notes_of(const CheckRecord& record, const TextStyle& style) {
  constexpr std::size_t most = 20;
  std::vector<std::string> out;
  for (const Message& note : record.notes)
    if (std::string text = style.text(note); std::find(out.begin(), out.end(), text) == out.end()) out.push_back(std::move(text));
  if (out.size() > most) {
    const std::string more = style.text(msg<"report.more-notes">(out.size() - most));
    out.resize(most);
    out.push_back(more);
  }
  for (const CallsRecord& one : record.calls_by)
    if (one.calls > 0)
      out.push_back(style.text(msg<"client.interface-calls">(core::sanitize(one.interface), one.calls, one.accepted, one.refused, one.faults)));
  if (record.interrupted) out.push_back(style.text(msg<"report.check-interrupted">()));
  return out;
}

std::string name_of(const InterfaceReachRecord& one) {
  return core::sanitize(one.section) + (one.interface.empty() ? "" : " " + core::sanitize(one.interface));
}

/// Why clauses have no verdict, and what would give them one.
std::string gap_line(const NotJudgedRecord& gap, const TextStyle& style) {
  const std::string why = excerpt(style.text(gap.why), 200);
  if (gap.raised_by.empty()) return style.text(msg<"report.reach-gap">(gap.clauses.size(), why));
  return style.text(msg<"report.reach-gap-raise">(gap.clauses.size(), why, i18n::list(gap.raised_by)));
}

/// The reach of each interface: clauses with a verdict, of how many, and why not all.
std::vector<std::string> reach_lines(const CheckRecord& record, const TextStyle& style, bool all) {
  std::vector<std::string> out;
  if (!record.reach) return out;
  for (const InterfaceReachRecord& one : record.reach->interfaces) {
    if (one.judged == one.clauses && !all) continue;
    out.push_back(padded(name_of(one), 2 * label_columns) + style.text(msg<"report.reach-of">(one.judged, one.clauses)));
    for (const NotJudgedRecord& gap : one.not_judged) out.push_back("    " + gap_line(gap, style));
  }
  return out;
}

void append_reach(std::string& out, const CheckRecord& record, const TextStyle& style) {
  const std::vector<std::string> lines = reach_lines(record, style, true);
  if (lines.empty()) return;
  out += style.text(msg<"report.reach-in-all">(record.reach->judged, record.reach->clauses)) + "\n";
  for (const std::string& line : lines) out += "    " + line + "\n";
}

/// Well-signed requests: in all, for each stated clause, and by interface and kind of case.
void append_requests(std::string& out, const CheckRecord& record, const TextStyle& style) {
  std::uint64_t all = 0;
  std::map<std::string, std::string> by_interface;
  std::vector<std::string> order;
  for (const RequestsRecord& one : record.requests_by) {
    all += one.requests;
    std::string& line = by_interface[one.interface];
    if (line.empty()) order.push_back(one.interface);
    line += (line.empty() ? "" : ", ") + core::sanitize(style.text(kind_label(one.kind))) + " " + std::to_string(one.requests);
  }
  if (order.empty()) return;
  const std::uint64_t clauses = record.reach ? record.reach->clauses : 0;
  out += style.text(clauses == 0 ? msg<"report.well-signed">(all)
                                 : msg<"report.well-signed-each">(all, clauses, number(static_cast<double>(all) / static_cast<double>(clauses), "%.1f"))) +
         "\n";
  for (const std::string& interface : order)
    out += "    " + padded(interface.empty() ? "-" : core::sanitize(interface), 2 * label_columns) + by_interface[interface] + "\n";
}

std::string counts_of(const CheckRecord& record, const TextStyle& style) {
  std::string out;
  for (std::size_t i = 0; i < verdict_names.size(); ++i) {
    const auto verdict = static_cast<Verdict>(i);
    if (const std::size_t count = record.count(verdict); count > 0 || verdict == Verdict::passed || verdict == Verdict::failed)
      out += (out.empty() ? "" : "  ") + std::to_string(count) + " " + painted(verdict, style);
    if (verdict == Verdict::failed && record.causes.size() > 1) out += style.text(msg<"report.causes">(record.causes.size()));
  }
  return out;
}

/// What the target keeps of the run.
Message left_behind_of(const CheckRecord& record) {
  std::vector<std::string> tables;
  for (const LeftBehindRecord& one : record.left_behind) tables.push_back(std::to_string(one.count) + " " + one.table);
  return msg<"report.left-behind">(core::join(tables));
}

/// Everything.
std::string whole(const CheckRecord& record, const TextStyle& style) {
  std::string out;
  for (const Alike& alike : findings_of(record)) append_alike(out, alike, cause_of(record, alike), style);
  if (!out.empty()) out += "\n";
  append_others(out, record, style);
  append_questions(out, record, style);
  out += "\n";
  for (const CalibrationRecord& one : record.calibration) out += style.text(one.label()) + ": " + excerpt(style.text(one.value)) + "\n";
  for (const std::string& note : notes_of(record, style)) out += note + "\n";
  append_reach(out, record, style);
  append_requests(out, record, style);
  out += counts_of(record, style) + "\n";
  if (!record.left_behind.empty()) out += style.text(left_behind_of(record)) + "\n";
  if (record.connections_opened) out += style.text(msg<"report.connections-opened">(*record.connections_opened, record.requests)) + "\n";
  return out + summary_line(record, style) + "\n";
}

/// What matters, on one screen.
std::string screenful(const CheckRecord& record, const TextStyle& style) {
  enum GiveWay { never, findings_do, notes_do, details_do, reach_does, left_behind_does, others_do, questions_do, connections_do, calibration_does };
  Screen screen(style);
  const std::vector<Alike> findings = findings_of(record);
  Screen::Part& found = screen.part(findings_do, 1, 8);
  std::vector<Alike> told;  // each of them, as it came
  std::copy_if(findings.begin(), findings.end(), std::back_inserter(told), [&](const Alike& alike) { return style.told && alike.size() <= most_told_alike; });
  std::size_t count = 0;
  for (const Alike& alike : told) count += alike.size();
  for (const Alike& alike : findings)
    if (!style.told || alike.size() > most_told_alike) found.line(alike_line(alike, style), alike.size());
  if (count > 0) found.paragraph(style.text(msg<"report.findings-above">(count, count_by_interface(told))));
  if (!findings.empty()) screen.part(details_do).line(style.text(msg<"report.details-elsewhere">()));
  Screen::Part& others = screen.part(others_do, 0, 4);
  for (const auto& [kind, ids] : others_of(record, style))
    others.line(std::to_string(ids.size()) + " " + painted(kind.first, style) + ": " + kind.second, ids.size());
  Screen::Part& questions = screen.part(questions_do, 0, 1);
  const auto answered = std::count_if(record.questions.begin(), record.questions.end(), [](const QuestionRecord& one) { return !one.observed.empty(); });
  if (answered > 0) questions.line(style.text(msg<"report.open-questions-answered">(answered)));
  for (const QuestionRecord& question : record.questions)
    if (question.inconsistent) questions.line(question_line(question, style));
  Screen::Part& calibration = screen.part(calibration_does);
  if (findings.empty())
    for (const CalibrationRecord& one : record.calibration) calibration.line(style.text(one.label()) + ": " + style.text(one.value));
  Screen::Part& notes = screen.part(notes_do, 1, 4);
  for (const std::string& note : notes_of(record, style)) notes.paragraph(note);
  Screen::Part& reach = screen.part(reach_does, 0, 4);
  for (const std::string& line : reach_lines(record, style, false)) reach.line(line);
  screen.part(never).paragraph(counts_of(record, style));
  if (!record.left_behind.empty()) screen.part(left_behind_does).paragraph(style.text(left_behind_of(record)));
  if (record.connections_opened) screen.part(connections_do).line(style.text(msg<"report.connections-opened">(*record.connections_opened, record.requests)));
  screen.part(never).paragraph(summary_line(record, style));
  return screen.text();
}

}  // namespace

const std::string& repeat_of(const CaseRecord& one, const TextStyle& style) {
  return style.commands == auth::CommandDialect::powershell && !one.powershell.empty() ? one.powershell : one.curl;
}

std::string finding_line(const CaseRecord& one, const TextStyle& style) { return alike_line({&one}, style); }

std::string summary_line(const CheckRecord& record, const TextStyle& style) {
  return style.text(
      msg<"report.check-summary">(record.target, record.role, headline(record), record.cases.size(), record.requests, number(record.duration_s, "%.2f")));
}

std::string to_text(const CheckRecord& record, const TextStyle& style) { return style.brief ? screenful(record, style) : whole(record, style); }

namespace {

class TextReport final : public ReportWriter {
 public:
  std::string_view name() const override { return "text"; }
  Message description() const override { return msg<"help.report.text">(); }
  void write_to(std::ostream& out, const std::vector<Record>& records, const ReportOptions& options) const override {
    for (const Record& record : records)
      out << (&record == &records.front() ? "" : "\n") << std::visit([&](const auto& one) { return to_text(one, options.style); }, record);
  }
};

}  // namespace

std::unique_ptr<ReportWriter> make_text_report() { return std::make_unique<TextReport>(); }

}  // namespace meterproof::reports
