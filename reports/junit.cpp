// SPDX-License-Identifier: Apache-2.0
#include "reports/junit.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

#include "core/i18n/message.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "reports/findings.hpp"
#include "reports/headline.hpp"
#include "reports/report_writer.hpp"
#include "reports/text.hpp"

namespace meterproof::reports {

using i18n::Message;
using i18n::msg;

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : core::sanitize(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      default: out += c;
    }
  }
  // U+FFFE and U+FFFF are UTF-8, but no XML.
  for (const char* forbidden : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"})
    for (std::size_t at = out.find(forbidden); at != std::string::npos; at = out.find(forbidden)) out.replace(at, 3, "\xEF\xBF\xBD");
  return out;
}

namespace {

const auto escaped = xml_escaped;

/// "2026-01-31 08:30:00 UTC" as the JUnit schemas want it: 2026-01-31T08:30:00.
std::string iso_8601(std::string time) {
  constexpr std::size_t length = 19;
  if (time.size() > length && time[10] == ' ') time[10] = 'T';
  return time.substr(0, length);
}

std::string seconds(double milliseconds) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.6f", milliseconds / 1000);
  return digits;
}

constexpr std::size_t most_notes = 20, most_refused_apps = 20;

/// What the reader must know beside the cases, each once, a line each.
std::string notes_of(const std::vector<Message>& notes, const TextStyle& style) {
  std::vector<std::string> lines;
  for (const Message& note : notes)
    if (std::string text = style.text(note); std::find(lines.begin(), lines.end(), text) == lines.end()) lines.push_back(std::move(text));
  if (lines.size() > most_notes) {
    const std::string more = style.text(msg<"report.more-notes">(lines.size() - most_notes));
    lines.resize(most_notes);
    lines.push_back(more);
  }
  return core::join(lines, "\n");
}

/// The appIds that the target refused, a skipped case each; of many the first ones, and a case that says how many follow.
std::vector<CaseRecord> refused_apps_of(const CheckRecord& record, const std::string& interface) {
  std::vector<CaseRecord> out;
  std::size_t listed = 0;
  const auto add = [&](const std::string& id, Message reason) {
    CaseRecord& one = out.emplace_back();
    one.id = id;
    one.interface = interface;
    one.verdict = Verdict::inconclusive;
    one.reason = std::move(reason);
  };
  for (const AppRecord& app : record.apps)
    if (!app.used && ++listed <= most_refused_apps) add("appId " + app.id, msg<"check.app-refused">(app.id, app.why));
  const std::uint64_t refused = record.apps_refused.value_or(listed);
  if (refused > most_refused_apps) add("appId …", msg<"report.more-refused-apps">(refused - most_refused_apps));
  return out;
}

/// How much of what is stated of that interface was judged, and why not the rest. "" where nothing is known of it.
std::string reach_of(const CheckRecord& record, const std::string& interface, const TextStyle& style) {
  if (!record.reach) return {};
  std::vector<std::string> lines;
  for (const InterfaceReachRecord& one : record.reach->interfaces) {
    if (one.interface != interface) continue;
    lines.push_back(one.section + ": " + style.text(msg<"report.reach-of">(one.judged, one.clauses)));
    for (const NotJudgedRecord& gap : one.not_judged)
      lines.push_back(style.text(gap.raised_by.empty() ? msg<"report.reach-gap">(gap.clauses.size(), gap.why)
                                                       : msg<"report.reach-gap-raise">(gap.clauses.size(), gap.why, i18n::list(gap.raised_by))));
  }
  return core::join(lines, "\n");
}

std::string system_out(const std::string& text) { return text.empty() ? "" : "    <system-out>" + escaped(text) + "</system-out>\n"; }

bool is_judged(Verdict verdict) { return verdict == Verdict::passed || verdict == Verdict::warned || verdict == Verdict::failed || verdict == Verdict::broken; }

/// `cause`: null where none is known.
std::string details(const CaseRecord& one, const CauseRecord* cause, const TextStyle& style) {
  std::string out;
  const auto line = [&](const Message& label, const std::string& text) {
    if (!text.empty()) out += (out.empty() ? "" : "\n") + style.text(label) + ": " + text;
  };
  line(msg<"report.section">(), one.section.empty() ? "" : one.section + " " + style.text(one.title));
  line(msg<"report.requirement">(), one.requirement.zh + (style.language == Language::zh || one.requirement.en.empty() ? "" : " (" + one.requirement.en + ")"));
  line(msg<"report.expected">(), style.text(one.expected));
  line(msg<"report.observed">(), style.text(one.observed));
  line(msg<"report.reason">(), style.text(one.reason));
  if (cause != nullptr) line(msg<"report.cause">(), style.text(msg<"report.cause-and-cases">(cause->what, cause->cases.size(), cause->cases.front())));
  line(msg<"report.sent">(), one.request.body);
  line(msg<"report.received">(), one.reply.status == 0 ? "" : std::to_string(one.reply.status) + " " + one.reply.body);
  line(msg<"report.repeat">(), repeat_of(one, style));
  std::size_t number = 0;
  for (const StepRecord& step : one.steps) {
    line(msg<"report.step">(++number), step.request.body);
    line(msg<"report.received">(), step.reply.status == 0 ? step.reply.transport : std::to_string(step.reply.status) + " " + step.reply.body);
    line(msg<"report.expected-rows">(), step.expected);
  }
  return out;
}

/// Jenkins' schema has no attributes here, and its reader takes the text as well.
std::string skipped(const std::string& why) { return "<skipped>" + escaped(why) + "</skipped>"; }

void append_case(std::string& out, const CheckRecord& record, const CaseRecord& one, const TextStyle& style) {
  out += "    <testcase name=\"" + escaped(one.id) + "\" classname=\"meterproof." + escaped(one.interface) + "\" time=\"" + seconds(one.reply.took_ms) + "\"";
  const auto child = [&](const char* name, const std::string& message, const std::string& type, const std::string& text) {
    out += ">\n      <" + std::string(name) + " message=\"" + escaped(message) + "\"";
    if (!type.empty()) out += " type=\"" + escaped(type) + "\"";  // by which readers group
    out += ">" + escaped(text) + "</" + name + ">\n    </testcase>\n";
  };
  if (style.is_known(one.id)) {
    out += ">\n      " + skipped(style.text(msg<"report.known-failure">(one.observed.empty() ? one.reason : one.observed))) + "\n    </testcase>\n";
    return;
  }
  switch (one.verdict) {
    case Verdict::passed: out += "/>\n"; return;
    case Verdict::warned:
      out += ">\n      <system-out>" + escaped(style.text(to_message(one.verdict)) + ": " + style.text(one.reason)) + "</system-out>\n    </testcase>\n";
      return;
    case Verdict::failed: {
      const CauseRecord* cause = cause_of(record, {&one});
      if (cause != nullptr && cause->cases.empty()) cause = nullptr;  // a record of somebody else
      return child("failure", style.text(msg<"report.expected-and-observed">(one.expected, one.observed)), one.cause, details(one, cause, style));
    }
    case Verdict::broken: {
      // The text tells the rest of it; readers that show the text alone need one.
      CaseRecord rest = one;
      Message& told = rest.observed.empty() ? rest.reason : rest.observed;
      const std::string message = style.text(told);
      told = {};
      const std::string text = details(rest, nullptr, style);
      return child("error", message, "", text.empty() ? message : text);
    }
    case Verdict::inconclusive:
    case Verdict::not_applicable:
    case Verdict::waived: out += ">\n      " + skipped(style.text(to_message(one.verdict)) + ": " + style.text(one.reason)) + "\n    </testcase>\n"; return;
  }
}

}  // namespace

std::string to_junit(const CheckRecord& record, const TextStyle& style) {
  // A run that judged nothing is no success: readers of JUnit see no exit code.
  CaseRecord unjudged;
  unjudged.id = "verdict";
  unjudged.interface = "run";
  unjudged.verdict = Verdict::broken;
  std::vector<Message> notes = record.notes;
  if (record.interrupted) notes.insert(notes.begin(), msg<"report.check-interrupted">());
  std::map<std::string, std::vector<const CaseRecord*>> suites;
  // Beside that error, a thousand skipped cases say nothing: only what was judged stays.
  const bool judged = record.exit_code <= 1;
  std::size_t left_out = 0;
  for (const CaseRecord& one : record.cases) {
    if (judged || is_judged(one.verdict)) suites[one.interface].push_back(&one);
    else ++left_out;
  }
  if (left_out > 0) notes.push_back(msg<"report.cases-left-out">(left_out));
  unjudged.observed = headline(record);
  std::vector<Message> first(notes.begin(), notes.begin() + static_cast<std::ptrdiff_t>(std::min(most_notes, notes.size())));
  if (notes.size() > most_notes) first.push_back(msg<"report.more-notes">(notes.size() - most_notes));
  unjudged.reason = i18n::list(std::move(first));
  if (!judged) suites[unjudged.interface].push_back(&unjudged);
  CaseRecord worse;  // than the baseline, also where nothing fails: for an answer, or for clauses that came to no verdict
  worse.id = "baseline";
  worse.interface = unjudged.interface;
  worse.verdict = Verdict::broken;
  if (style.baseline && style.baseline->exit_code != 0) {
    worse.observed = style.baseline->told;
    suites[worse.interface].push_back(&worse);
  }
  std::vector<CaseRecord> refused_apps;
  if (judged) refused_apps = refused_apps_of(record, unjudged.interface);  // otherwise the notes tell of them
  for (const CaseRecord& one : refused_apps) suites[one.interface].push_back(&one);
  const auto counts = [&](const std::vector<const CaseRecord*>& cases) {
    std::size_t failures = 0, errors = 0, skipped = 0;
    double time = 0;
    for (const CaseRecord* one : cases) {
      time += one->reply.took_ms;
      const bool is_known = style.is_known(one->id);
      if (one->verdict == Verdict::failed && !is_known) ++failures;
      else if (one->verdict == Verdict::broken && !is_known) ++errors;
      else if (one->verdict != Verdict::passed && one->verdict != Verdict::warned) ++skipped;
    }
    return " tests=\"" + std::to_string(cases.size()) + "\" failures=\"" + std::to_string(failures) + "\" errors=\"" + std::to_string(errors) +
           "\" skipped=\"" + std::to_string(skipped) + "\" time=\"" + seconds(time) + "\"";
  };
  std::vector<const CaseRecord*> all;
  for (const auto& [name, cases] : suites) all.insert(all.end(), cases.begin(), cases.end());
  std::string all_counts = counts(all);
  all_counts.replace(all_counts.find(" skipped="), all_counts.find(" time=") - all_counts.find(" skipped="), "");
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"meterproof " + escaped(record.role) + " " + escaped(record.target) + ": " +
                    escaped(style.text(headline(record))) + "\"" + all_counts + ">\n";
  for (const auto& [name, cases] : suites) {
    out += "  <testsuite name=\"" + escaped(name) + "\"" + counts(cases) + " timestamp=\"" + escaped(iso_8601(record.started)) + "\">\n";
    for (const CaseRecord* one : cases) append_case(out, record, *one, style);
    std::vector<std::string> said;
    if (judged && name == suites.begin()->first) said.push_back(notes_of(notes, style));                        // the root has no place for it
    if (judged && name == suites.begin()->first && !name.empty()) said.push_back(reach_of(record, "", style));  // what is stated for all of them
    if (judged) said.push_back(reach_of(record, name, style));
    std::erase(said, "");
    out += system_out(core::join(said, "\n"));
    out += "  </testsuite>\n";
  }
  out += "</testsuites>\n";
  return out;
}

std::string to_junit(const LoadRecord& record, const TextStyle& style) {
  struct Test {
    std::string name, trouble;
    bool error = false;  // it could not be judged
  };
  std::vector<Test> tests;
  tests.push_back({"load", record.exit_code == 0 ? "" : style.text(record.verdict), record.exit_code > 1});
  for (const ThresholdRecord& one : record.thresholds)
    tests.push_back({one.text, one.met ? "" : style.text(msg<"report.threshold-found">(one.found)), one.unknown});
  for (const ReconciliationRecord& one : record.reconciliation) {
    const bool more = one.differing > 0 || one.phantom > 0 || one.refused_stored > 0;
    const Message found = msg<"report.lost-and-duplicated">(one.lost, one.duplicated, one.not_queried);
    const Message all = more ? i18n::list({found, msg<"report.reconciled-wrong">(one.differing, one.phantom, one.refused_stored)}) : found;
    tests.push_back({"reconciliation " + one.name, one.is_wrong() || one.not_queried > 0 ? style.text(all) : "", false});
  }
  for (const DifferenceRecord& one : record.differences)
    tests.push_back(
        {"comparison " + style.text(difference_metric(one.metric)), one.verdict == "worse" ? style.text(msg<"report.worse-than-base">()) : "", false});
  const auto errors = std::count_if(tests.begin(), tests.end(), [](const Test& one) { return one.error; });
  const auto failures = std::count_if(tests.begin(), tests.end(), [](const Test& one) { return !one.trouble.empty() && !one.error; });
  const std::string time = seconds(record.duration_s * 1000);
  const std::string counted =
      " tests=\"" + std::to_string(tests.size()) + "\" failures=\"" + std::to_string(failures) + "\" errors=\"" + std::to_string(errors) + "\"";
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"meterproof load " + escaped(record.target) + "\"" + counted + " time=\"" +
                    time + "\">\n  <testsuite name=\"" + escaped(record.workload) + "\"" + counted + " skipped=\"0\" time=\"" + time + "\" timestamp=\"" +
                    escaped(iso_8601(record.started)) + "\">\n";
  for (const Test& one : tests) {
    out += "    <testcase name=\"" + escaped(one.name) + "\" classname=\"meterproof.load\" time=\"" + (&one == &tests.front() ? time : "0") + "\"";
    if (one.trouble.empty()) out += "/>\n";
    const std::string kind = one.error ? "error" : "failure";
    if (!one.trouble.empty())
      out += ">\n      <" + kind + " message=\"" + escaped(one.trouble) + "\">" + escaped(one.trouble) + "</" + kind + ">\n    </testcase>\n";
  }
  out += system_out(notes_of(record.notes, style));
  return out + "  </testsuite>\n</testsuites>\n";
}

namespace {

class JunitReport final : public ReportWriter {
 public:
  std::string_view name() const override { return "junit"; }
  Message description() const override { return msg<"help.report.junit">(); }
  /// CI servers read one report of a run.
  bool takes_several() const override { return false; }
  void write_to(std::ostream& out, const std::vector<Record>& records, const ReportOptions& options) const override {
    out << std::visit([&](const auto& one) { return to_junit(one, options.style); }, records.front());
  }
};

}  // namespace

std::unique_ptr<ReportWriter> make_junit_report() { return std::make_unique<JunitReport>(); }

}  // namespace meterproof::reports
