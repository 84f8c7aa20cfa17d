// SPDX-License-Identifier: Apache-2.0
#include "history/difference_report.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/i18n/message.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "history/bilingual_page.hpp"
#include "reports/headline.hpp"
#include "reports/junit.hpp"
#include "reports/markdown.hpp"
#include "reports/screen.hpp"

namespace meterproof::history {

using i18n::Language;
using i18n::Message;
using i18n::msg;
using nlohmann::ordered_json;
using reports::TextStyle;

namespace {

/// One change: what has changed, how, why, and by whom.
struct Row {
  std::string name;  // a case's id, a question's, a clause
  Message about, change, reason, blame;
};

/// Changes of one kind; `is_worse`: the run is worse for each of them.
struct Block {
  Message heading;
  std::string id;  // in JUnit
  bool is_worse = false;
  std::vector<Row> rows;
};

std::string milliseconds(double value) { return reports::number(value, "%.1f") + " ms"; }

std::vector<Row> rows_of(const std::vector<CaseChange>& changes) {
  std::vector<Row> out;
  out.reserve(changes.size());
  for (const CaseChange& one : changes)
    out.push_back({one.id, msg<"diff.about">(one.section, one.title), msg<"diff.change">(to_message(one.before), to_message(one.after)), one.reason,
                   to_message(one.blame)});
  return out;
}

std::vector<Row> rows_of(const std::vector<AnswerChange>& changes) {
  std::vector<Row> out;
  out.reserve(changes.size());
  for (const AnswerChange& one : changes)
    out.push_back({one.id, i18n::localized(one.question), msg<"diff.change">(core::join(one.before), core::join(one.after)), {}, to_message(one.blame)});
  return out;
}

std::vector<Block> blocks_of(const RecordDifference& difference) {
  std::vector<Block> out;
  // `heading` is told how many rows there are.
  const auto add = [&](const auto& heading, const char* id, bool is_worse, std::vector<Row> rows) {
    if (rows.empty()) return;
    const std::size_t count = rows.size();
    out.push_back({heading(count), id, is_worse, std::move(rows)});
  };
  std::vector<Row> causes, calibration, latency, lost, gained;
  for (const Message& one : difference.causes) causes.push_back({"", one, {}, {}, {}});
  for (const CalibrationChange& one : difference.calibration) calibration.push_back({"", one.label, msg<"diff.change">(one.before, one.after), {}, {}});
  for (const LatencyChange& one : difference.latency)
    latency.push_back({one.interface, {}, msg<"diff.change">(milliseconds(one.before), milliseconds(one.after)), {}, {}});
  for (const std::string& one : difference.clauses_lost) lost.push_back({one, {}, {}, {}, {}});
  for (const std::string& one : difference.clauses_gained) gained.push_back({one, {}, {}, {}, {}});
  add([](std::size_t) { return msg<"report.cause">(); }, "causes", false, std::move(causes));
  add([](std::size_t count) { return msg<"diff.failed">(count); }, "failed", true, rows_of(difference.failed));
  add([](std::size_t count) { return msg<"diff.answers">(count); }, "answers", true, rows_of(difference.answers));
  add([](std::size_t count) { return msg<"diff.uncertain-answers">(count); }, "uncertain-answers", false, rows_of(difference.uncertain_answers));
  add([](std::size_t count) { return msg<"diff.undecided">(count); }, "undecided", false, rows_of(difference.undecided));
  add([](std::size_t count) { return msg<"diff.mended">(count); }, "mended", false, rows_of(difference.mended));
  add([](std::size_t count) { return msg<"diff.decided">(count); }, "decided", false, rows_of(difference.decided));
  add([](std::size_t count) { return msg<"diff.others">(count); }, "others", false, rows_of(difference.others));
  add([](std::size_t count) { return msg<"diff.clauses-lost">(count); }, "clauses-lost", false, std::move(lost));
  add([](std::size_t count) { return msg<"diff.clauses-gained">(count); }, "clauses-gained", false, std::move(gained));
  add([](std::size_t count) { return msg<"diff.calibration">(count); }, "calibration", false, std::move(calibration));
  add([](std::size_t count) { return msg<"diff.latency">(count); }, "latency", false, std::move(latency));
  return out;
}

Message told(const ComparedRecord& one) {
  return msg<"diff.record">(one.file, one.record->target, one.record->started, one.record->suite.version, reports::headline(*one.record));
}

/// What the reader must know beside the changes.
std::vector<Message> notes_of(const RecordDifference& difference) {
  std::vector<Message> out;
  if (difference.only_before + difference.only_after > 0) out.push_back(msg<"diff.not-compared">(difference.only_before, difference.only_after));
  if (!difference.no_evidence.empty()) out.push_back(msg<"diff.no-evidence">(difference.no_evidence));
  else if (difference.has_evidence) out.push_back(msg<"diff.evidence">());
  return out;
}

}  // namespace

Message summary(const RecordDifference& difference) {
  if (difference.verdict == DifferenceVerdict::not_comparable) return msg<"diff.not-comparable">(difference.why);
  if (difference.empty()) return msg<"diff.same">();
  const auto counts =
      msg<"diff.counts">(difference.failed.size(), difference.mended.size(), difference.undecided.size(), difference.decided.size(), difference.answers.size());
  return difference.verdict == DifferenceVerdict::worse ? msg<"diff.worse">(counts) : msg<"diff.no-worse">(counts);
}

std::string to_text(const DifferenceReport& report, const TextStyle& style) {
  constexpr std::size_t indent = 4;
  std::string out;
  const auto add = [&](std::size_t at, const std::string& text) { out += reports::wrapped(std::string(at, ' ') + text, style.width, at + 2) + "\n"; };
  add(0, "A  " + style.text(told(report.before)));
  add(0, "B  " + style.text(told(report.after)));
  for (const Block& block : blocks_of(report.difference)) {
    out += "\n";
    add(0, style.text(block.heading));
    for (const Row& row : block.rows) {
      std::string first = core::sanitize(row.name);
      for (const Message* one : {&row.about, &row.change})
        if (!one->empty()) first += (first.empty() ? "" : "  ") + style.text(*one);
      if (!row.blame.empty()) first += "  [" + style.text(row.blame) + "]";
      add(2, first);
      if (!row.reason.empty()) add(indent, style.text(row.reason));
    }
  }
  out += "\n";
  for (const Message& note : notes_of(report.difference)) add(0, style.text(note));
  add(0, style.text(summary(report.difference)));
  return out;
}

namespace {

ordered_json both(const Message& message) { return {{"zh", render(message, Language::zh)}, {"en", render(message, Language::en)}}; }

ordered_json to_json(const ComparedRecord& one) {
  return {
      {"file", one.file},
      {"target", one.record->target},
      {"started", one.record->started},
      {"tool", one.record->tool},
      {"suite", {{"version", one.record->suite.version}, {"spec_version", one.record->suite.spec_version}, {"rules_digest", one.record->suite.rules_digest}}},
      {"verdict", to_string(one.record->verdict)},
      {"cases", one.record->cases.size()}};
}

ordered_json to_json(const std::vector<CaseChange>& changes) {
  ordered_json out = ordered_json::array();
  for (const CaseChange& one : changes)
    out.push_back({{"id", one.id},
                   {"interface", one.interface},
                   {"section", one.section},
                   {"title", {{"zh", one.title.zh}, {"en", one.title.en}}},
                   {"clauses", one.clauses},
                   {"before", to_string(one.before)},
                   {"after", to_string(one.after)},
                   {"reason", both(one.reason)},
                   {"blame", to_string(one.blame)}});
  return out;
}

ordered_json to_json(const std::vector<AnswerChange>& changes) {
  ordered_json out = ordered_json::array();
  for (const AnswerChange& one : changes)
    out.push_back({{"id", one.id},
                   {"question", {{"zh", one.question.zh}, {"en", one.question.en}}},
                   {"before", one.before},
                   {"after", one.after},
                   {"blame", to_string(one.blame)}});
  return out;
}

}  // namespace

std::string to_json(const DifferenceReport& report) {
  const RecordDifference& difference = report.difference;
  ordered_json out = {{"format", "meterproof/diff/1"},
                      {"tool", report.tool},
                      {"before", to_json(report.before)},
                      {"after", to_json(report.after)},
                      {"verdict", to_string(difference.verdict)},
                      {"exit_code", difference.exit_code()},
                      {"summary", both(summary(difference))},
                      {"evidence", difference.has_evidence},
                      {"failed", to_json(difference.failed)},
                      {"mended", to_json(difference.mended)},
                      {"undecided", to_json(difference.undecided)},
                      {"decided", to_json(difference.decided)},
                      {"others", to_json(difference.others)}};
  out["answers"] = to_json(difference.answers);
  out["uncertain_answers"] = to_json(difference.uncertain_answers);
  out["calibration"] = ordered_json::array();
  for (const CalibrationChange& one : difference.calibration)
    out["calibration"].push_back({{"what", both(one.label)}, {"before", both(one.before)}, {"after", both(one.after)}});
  out["clauses_lost"] = difference.clauses_lost;
  out["clauses_gained"] = difference.clauses_gained;
  out["latency"] = ordered_json::array();
  for (const LatencyChange& one : difference.latency)
    out["latency"].push_back({{"interface", one.interface}, {"before_ms", one.before}, {"after_ms", one.after}});
  out["only_before"] = difference.only_before;
  out["only_after"] = difference.only_after;
  constexpr int indent = 2;
  return out.dump(indent, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string to_junit(const DifferenceReport& report, const TextStyle& style) {
  using reports::xml_escaped;
  std::string cases;
  std::size_t tests = 0, failures = 0;
  const auto begin = [&](const std::string& name, const std::string& group) {
    ++tests;
    cases += "    <testcase name=\"" + xml_escaped(name) + "\" classname=\"meterproof.diff." + group + "\"";
  };
  const bool comparable = report.difference.verdict != DifferenceVerdict::not_comparable;
  begin(report.before.file + " → " + report.after.file, "verdict");
  if (comparable) cases += "/>\n";
  else cases += ">\n      <error message=\"" + xml_escaped(style.text(summary(report.difference))) + "\"/>\n    </testcase>\n";  // readers see no exit code
  for (const Block& block : blocks_of(report.difference))
    for (const Row& row : block.rows) {
      begin(row.name.empty() ? style.text(row.about) : row.name, block.id);
      std::string said;
      for (const Message* one : {&row.about, &row.change, &row.reason, &row.blame})
        if (!one->empty()) said += (said.empty() ? "" : "; ") + style.text(*one);
      if (block.is_worse) {
        ++failures;
        cases += ">\n      <failure message=\"" + xml_escaped(style.text(row.change)) + "\" type=\"" + block.id + "\">" + xml_escaped(said) +
                 "</failure>\n    </testcase>\n";
      } else {
        cases += ">\n      <system-out>" + xml_escaped(said) + "</system-out>\n    </testcase>\n";
      }
    }
  const std::string counts =
      "tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failures) + "\" errors=\"" + (comparable ? "0" : "1") + "\"";
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"meterproof diff\" " + counts + " time=\"0\">\n  <testsuite name=\"" +
         xml_escaped(style.text(summary(report.difference))) + "\" " + counts + " skipped=\"0\" time=\"0\">\n" + cases + "  </testsuite>\n</testsuites>\n";
}

std::string to_markdown(const DifferenceReport& report, const TextStyle& style) {
  constexpr std::size_t most_rows = 100;
  std::string out = "## " + reports::markdown_line(style.text(summary(report.difference))) + "\n\n";
  for (const auto& [letter, one] : {std::pair("A", &report.before), std::pair("B", &report.after)})
    out += std::string("- ") + letter + ": " + reports::markdown_line(style.text(told(*one))) + "\n";
  for (const Block& block : blocks_of(report.difference)) {
    out += "\n### " + style.text(block.heading) + "\n\n| | | |\n|---|---|---|\n";
    for (std::size_t i = 0; i < std::min(block.rows.size(), most_rows); ++i) {
      const Row& row = block.rows[i];
      std::string said = style.text(row.change);
      if (!row.blame.empty()) said += " [" + style.text(row.blame) + "]";
      const std::string why = row.reason.empty() ? style.text(row.about) : style.text(row.about) + ": " + style.text(row.reason);
      out += "| " + reports::markdown_cell(row.name) + " | " + reports::markdown_cell(said) + " | " + reports::markdown_cell(why) + " |\n";
    }
    if (block.rows.size() > most_rows) out += "\n" + style.text(msg<"report.more-in-html">(block.rows.size() - most_rows)) + "\n";
  }
  for (const Message& note : notes_of(report.difference)) out += "\n" + reports::markdown_line(style.text(note)) + "\n";
  return out;
}

std::string to_html(const DifferenceReport& report, const TextStyle& style) {
  std::string out =
      "<h1>" + in_both(summary(report.difference)) + "</h1>\n<p>A: " + in_both(told(report.before)) + "<br>B: " + in_both(told(report.after)) + "</p>\n";
  for (const Block& block : blocks_of(report.difference)) {
    out += std::string("<section") + (block.is_worse ? " class=\"worse\"" : "") + ">\n<h2>" + in_both(block.heading) + "</h2>\n<table>\n";
    for (const Row& row : block.rows) {
      out +=
          "<tr><td>" + reports::xml_escaped(row.name) + "</td><td>" + in_both(row.change) + "</td><td>" + in_both(row.blame) + "</td><td>" + in_both(row.about);
      if (!row.reason.empty()) out += "<br>" + in_both(row.reason);
      out += "</td></tr>\n";
    }
    out += "</table>\n</section>\n";
  }
  for (const Message& note : notes_of(report.difference)) out += "<p>" + in_both(note) + "</p>\n";
  out += "<p>" + reports::xml_escaped(report.tool) + "</p>\n";
  return bilingual_page(style.language, style.text(summary(report.difference)), ".worse h2::before { content: \"▼ \"; color: #c22; }\n", out);
}

}  // namespace meterproof::history
