// SPDX-License-Identifier: Apache-2.0
#include "history/history_report.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/i18n/message.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "history/bilingual_page.hpp"
#include "history/series_chart.hpp"
#include "reports/junit.hpp"
#include "reports/markdown.hpp"
#include "reports/screen.hpp"

namespace meterproof::history {

using i18n::Language;
using i18n::Message;
using i18n::msg;
using nlohmann::ordered_json;
using reports::TextStyle;
using reports::Verdict;

namespace {

constexpr std::size_t most_runs = 30;  // of a target, where they are shown one by one; the others are in the JSON report, and count in all sums

std::string date_of(const std::string& started) {
  constexpr std::size_t length = 10;
  return started.substr(0, length);
}

/// A run, to say since when something is so.
template <class Run>
Message name_of(const Run& run) {
  const std::string& when = run.started;
  return run.release.empty() ? i18n::verbatim(when) : msg<"history.run">(when, run.release);
}

Message title(const TargetHistory& target) { return target.role.empty() ? i18n::verbatim(target.name) : msg<"history.target">(target.name, target.role); }

Message newest(const CheckRun& run) { return msg<"history.newest">(name_of(run), run.suite, run.headline); }

Message told(const ClauseHistory& clause, const std::vector<CheckRun>& runs) {
  if (clause.first_seen && clause.now == ClauseState::failed) {
    const Message since = name_of(runs[*clause.first_seen]);
    return clause.last_good ? msg<"history.fails-since">(since, name_of(runs[*clause.last_good])) : msg<"history.never-good">(since);
  }
  if (clause.now == ClauseState::passed) return msg<"history.mended">(clause.failures);
  return msg<"history.failed-before">(clause.failures, to_message(clause.now));
}

/// Those that failed in any run; what fails now first.
std::vector<const ClauseHistory*> failed_clauses(const TargetHistory& target) {
  std::vector<const ClauseHistory*> out;
  for (const ClauseHistory& one : target.clauses)
    if (one.failures > 0) out.push_back(&one);
  std::stable_sort(out.begin(), out.end(), [](const auto* a, const auto* b) { return (a->now == ClauseState::failed) > (b->now == ClauseState::failed); });
  return out;
}

std::vector<const AnswerHistory*> changed_answers(const TargetHistory& target) {
  std::vector<const AnswerHistory*> out;
  for (const AnswerHistory& one : target.answers)
    if (one.spans.size() > 1) out.push_back(&one);
  return out;
}

/// The newest change: "1, since RUN; before: -3".
Message told(const AnswerHistory& answer, const std::vector<CheckRun>& runs) {
  const AnswerHistory::Span& now = answer.spans.back();
  if (answer.spans.size() == 1) return i18n::verbatim(core::join(now.answers));
  return msg<"history.answer-changed">(core::join(now.answers), name_of(runs[now.since]), core::join(answer.spans[answer.spans.size() - 2].answers));
}

template <class Run>
std::vector<Message> told(const Series& series, const std::vector<Run>& runs) {
  std::vector<Message> out;
  for (const ChangePoint& change : series.changes)
    out.push_back(
        msg<"history.level">(series.name, with_unit(change.before, series.unit), with_unit(change.after, series.unit), name_of(runs[series.runs[change.at]])));
  return out;
}

Message title(const LoadHistory& load) {
  return load.search ? msg<"history.searches">(load.workload, load.stages) : msg<"history.loads">(load.workload, load.stages);
}

/// The 95 % confidence interval, as text.
std::string range_of(const reports::PercentileInterval& interval) { return with_unit(interval.low, "ms") + " – " + with_unit(interval.high, "ms"); }

Message told(const LoadRun& run, bool search) {
  if (!run.judged) return run.verdict;
  const std::string rate = with_unit(run.rate, "/s");
  if (search) return run.good && run.goals.size() <= 1 ? msg<"history.capacity">(rate) : run.verdict;
  const auto interval = run.intervals.find("p99");
  const std::string p99 = std::isnan(run.p99_ms)            ? "–"
                          : interval == run.intervals.end() ? with_unit(run.p99_ms, "ms")
                                                            : with_unit(run.p99_ms, "ms") + " (" + range_of(interval->second) + ")";
  return msg<"history.load">(rate, p99, run.verdict);
}

Message told(const CertificateEntry& one) {
  using Standing = CertificateEntry::Standing;
  switch (one.standing) {
    case Standing::unchecked: return msg<"history.certificate-unchecked">();
    case Standing::issued: return msg<"history.certificate-issued">();
    case Standing::registered: return msg<"history.certificate-registered">();
    case Standing::expired: return msg<"history.certificate-expired">();
    case Standing::revoked: return msg<"history.certificate-revoked">(one.why);
    case Standing::unregistered: return msg<"history.certificate-unregistered">();
    case Standing::undecided: return msg<"history.certificate-undecided">();
    case Standing::forged: return msg<"history.certificate-forged">(one.why);
  }
  return {};
}

Message verdict_of(const CertificateEntry& one) {
  return to_message(one.says.conforms ? reports::RunVerdict::conforms : reports::RunVerdict::does_not_conform);
}

/// One line.
Message line(const CertificateEntry& one) {
  return msg<"history.certificate">(one.says.serial, core::sanitize(one.whose()), verdict_of(one), core::sanitize(one.says.issued),
                                    core::sanitize(one.says.until), told(one));
}

Message summary(const HistoryReport& report) { return msg<"history.summary">(report.folder, report.history.runs(), report.history.targets.size()); }

}  // namespace

std::string to_text(const HistoryReport& report, const TextStyle& style) {
  constexpr std::size_t indent = 4;
  std::string out;
  const auto add = [&](std::size_t at, const std::string& text) { out += reports::wrapped(std::string(at, ' ') + text, style.width, at + 2) + "\n"; };
  const auto tell = [&](std::size_t at, const Message& message) { add(at, style.text(message)); };
  tell(0, summary(report));
  for (const TargetHistory& target : report.history.targets) {
    out += "\n";
    tell(0, title(target));
    if (!target.checks.empty()) {
      tell(2, newest(target.checks.back()));
      const auto failed = failed_clauses(target);
      if (!failed.empty()) tell(2, msg<"history.clauses">(failed.size()));
      for (const ClauseHistory* one : failed) {
        add(indent, core::sanitize(one->id) + "  " + style.text(told(*one, target.checks)));
        add(indent + 2, style.text(i18n::localized(one->requirement)));
      }
      tell(2, msg<"history.clauses-good">(target.clauses.size() - failed.size()));
      const auto changed = changed_answers(target);
      if (!changed.empty()) tell(2, msg<"history.answers">(changed.size()));
      for (const AnswerHistory* one : changed) add(indent, core::sanitize(one->id) + "  " + style.text(told(*one, target.checks)));
      for (const Series& series : target.latency)
        for (const Message& change : told(series, target.checks)) tell(2, change);
    }
    for (const LoadHistory& load : target.loads) {
      tell(2, title(load));
      tell(indent, msg<"history.newest-load">(name_of(load.runs.back()), told(load.runs.back(), load.search)));
      for (const Series& series : load.series)
        for (const Message& change : told(series, load.runs)) tell(indent, change);
    }
  }
  if (!report.history.certificates.empty()) {
    out += "\n";
    tell(0, msg<"history.certificates">(report.history.certificates.size()));
    for (const CertificateEntry& one : report.history.certificates) tell(2, line(one));
    tell(2, msg<"history.certificates-note">());
  }
  if (!report.history.unread.empty()) out += "\n";
  for (const auto& [path, why] : report.history.unread) tell(0, msg<"history.unread">(path, why));
  return out;
}

namespace {

ordered_json both(const Message& message) { return {{"zh", render(message, Language::zh)}, {"en", render(message, Language::en)}}; }
ordered_json both(const core::LocalizedText& text) { return {{"zh", text.zh}, {"en", text.en}}; }
ordered_json number_or_null(double value) { return std::isnan(value) ? ordered_json(nullptr) : ordered_json(value); }
ordered_json place_or_null(const std::optional<std::size_t>& place) { return place ? ordered_json(*place) : ordered_json(nullptr); }

template <class Run>
ordered_json run_begin(const Run& run) {
  return {{"file", run.file.path}, {"report", run.file.report}, {"started", run.started}, {"release", run.release}};
}

ordered_json to_json(const CheckRun& run) {
  ordered_json out = run_begin(run);
  out["suite"] = run.suite;
  out["verdict"] = to_string(run.verdict);
  out["headline"] = both(run.headline);
  out["clauses"] = run.clauses;
  out["judged"] = run.judged;
  out["cases"] = ordered_json::object();
  for (const auto& [verdict, count] : run.cases) out["cases"][std::string(to_string(verdict))] = count;
  return out;
}

ordered_json to_json(const LoadRun& run) {
  ordered_json out = run_begin(run);
  out["judged"] = run.judged;
  out["good"] = run.good;
  out["verdict"] = both(run.verdict);
  out["rate"] = run.rate;
  if (run.goals.size() > 1) out["goals"] = run.goals;
  out["p50_ms"] = number_or_null(run.p50_ms);
  out["p95_ms"] = number_or_null(run.p95_ms);
  out["p99_ms"] = number_or_null(run.p99_ms);
  for (const auto& [percentile, one] : run.intervals) out["intervals"][percentile] = {{"low_ms", one.low}, {"high_ms", one.high}};
  out["errors"] = run.errors;
  return out;
}

ordered_json to_json(const std::vector<Series>& all) {
  ordered_json out = ordered_json::array();
  for (const Series& series : all) {
    ordered_json changes = ordered_json::array();
    for (const ChangePoint& change : series.changes) changes.push_back({{"run", series.runs[change.at]}, {"before", change.before}, {"after", change.after}});
    out.push_back({{"name", series.name}, {"unit", series.unit}, {"runs", series.runs}, {"values", series.values}, {"changes", std::move(changes)}});
  }
  return out;
}

ordered_json to_json(const ClauseHistory& clause, const std::vector<CheckRun>& runs) {
  ordered_json states = ordered_json::array();
  for (const CheckRun& run : runs) {
    const auto found = run.states.find(clause.id);
    states.push_back(to_string(found == run.states.end() ? ClauseState::absent : found->second));
  }
  return {{"id", clause.id},
          {"section", clause.section},
          {"requirement", both(clause.requirement)},
          {"now", to_string(clause.now)},
          {"first_seen", place_or_null(clause.first_seen)},
          {"last_good", place_or_null(clause.last_good)},
          {"states", std::move(states)}};
}

ordered_json to_json(const TargetHistory& target) {
  ordered_json out = {{"name", target.name}, {"role", target.role}};
  for (const char* list : {"checks", "clauses", "answers"}) out[list] = ordered_json::array();
  for (const CheckRun& run : target.checks) out["checks"].push_back(to_json(run));
  for (const ClauseHistory& clause : target.clauses) out["clauses"].push_back(to_json(clause, target.checks));
  for (const AnswerHistory& answer : target.answers) {
    ordered_json spans = ordered_json::array();
    for (const AnswerHistory::Span& span : answer.spans) spans.push_back({{"since", span.since}, {"answers", span.answers}});
    out["answers"].push_back({{"id", answer.id}, {"question", both(answer.question)}, {"spans", std::move(spans)}});
  }
  out["latency"] = to_json(target.latency);
  out["loads"] = ordered_json::array();
  for (const LoadHistory& load : target.loads) {
    ordered_json stages = ordered_json::array(), runs = ordered_json::array();
    for (const Message& stage : load.stages) stages.push_back(both(stage));
    for (const LoadRun& run : load.runs) runs.push_back(to_json(run));
    out["loads"].push_back({{"workload", load.workload},
                            {"search", load.search},
                            {load.search ? "thresholds" : "stages", std::move(stages)},
                            {"runs", std::move(runs)},
                            {"series", to_json(load.series)}});
  }
  return out;
}

}  // namespace

std::string to_json(const HistoryReport& report) {
  ordered_json out = {{"format", "meterproof/history/1"}, {"tool", report.tool}, {"folder", report.folder}};
  out["targets"] = ordered_json::array();
  for (const TargetHistory& target : report.history.targets) out["targets"].push_back(to_json(target));
  out["certificates"] = ordered_json::array();
  for (const CertificateEntry& one : report.history.certificates)
    out["certificates"].push_back({{"file", one.file.path},
                                   {"report", one.file.report},
                                   {"serial", one.says.serial},
                                   {"product", one.says.product},
                                   {"target", one.says.target},
                                   {"issued", one.says.issued},
                                   {"until", one.says.until},
                                   {"conforms", one.says.conforms},
                                   {"standing", to_string(one.standing)},
                                   {"why", both(one.why)}});
  out["unread"] = ordered_json::array();
  for (const auto& [path, why] : report.history.unread) out["unread"].push_back({{"file", path}, {"why", both(why)}});
  constexpr int indent = 1;
  return out.dump(indent, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string to_markdown(const HistoryReport& report, const TextStyle& style) {
  using reports::markdown_cell, reports::markdown_line;
  std::string out = "## " + markdown_line(style.text(summary(report))) + "\n";
  for (const TargetHistory& target : report.history.targets) {
    out += "\n### " + markdown_line(style.text(title(target))) + "\n";
    const auto item = [&](const Message& message) { out += "\n- " + markdown_line(style.text(message)); };
    if (!target.checks.empty()) {
      const auto failed = failed_clauses(target);
      item(newest(target.checks.back()));
      item(msg<"history.clauses-good">(target.clauses.size() - failed.size()));
      for (const AnswerHistory* one : changed_answers(target)) out += "\n- " + markdown_line(one->id + ": " + style.text(told(*one, target.checks)));
      for (const Series& series : target.latency)
        for (const Message& change : told(series, target.checks)) item(change);
      out += "\n";
      if (!failed.empty())
        out += "\n| " + style.text(msg<"history.clause">()) + " | " + style.text(msg<"history.state">()) + " | " + style.text(msg<"history.requirement">()) +
               " |\n|---|---|---|\n";
      for (const ClauseHistory* one : failed)
        out += "| " + markdown_cell(one->id) + " | " + markdown_cell(style.text(told(*one, target.checks))) + " | " +
               markdown_cell(style.text(i18n::localized(one->requirement))) + " |\n";
    }
    for (const LoadHistory& load : target.loads) {
      item(i18n::list({title(load), msg<"history.newest-load">(name_of(load.runs.back()), told(load.runs.back(), load.search))}));
      for (const Series& series : load.series)
        for (const Message& change : told(series, load.runs)) item(change);
      out += "\n";
    }
  }
  if (!report.history.certificates.empty()) out += "\n### " + markdown_line(style.text(msg<"history.certificates">(report.history.certificates.size()))) + "\n";
  for (const CertificateEntry& one : report.history.certificates) out += "\n- " + markdown_line(style.text(line(one)));
  if (!report.history.certificates.empty()) out += "\n\n" + markdown_line(style.text(msg<"history.certificates-note">())) + "\n";
  for (const auto& [path, why] : report.history.unread) out += "\n" + markdown_line(style.text(msg<"history.unread">(path, why))) + "\n";
  return out;
}

namespace {

constexpr std::string_view style_rules =
    R"(th, td.short { white-space: nowrap; } section { margin-top: 2.5rem; } h3 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
.scroll { overflow-x: auto; } .states td.state { text-align: center; padding: .2rem; font-family: inherit; }
.state { font-weight: 600; } .state.failed { color: #b3261e; } .state.passed { color: #1a7f37; } .state.waived, .state.undecided { color: #8a5a00; }
@media (prefers-color-scheme: dark) { .state.failed { color: #ff8a80; } .state.passed { color: #6fdd8b; } .state.waived, .state.undecided { color: #e8b339; } a { color: #8ab4f8; } }
svg.series { display: block; width: 100%; max-width: 44rem; height: auto; } svg.series text { font-size: 11px; fill: currentColor; }
.series .axis { fill: none; stroke: var(--line); } .series .line { fill: none; stroke: currentColor; opacity: .6; } .series circle { fill: currentColor; }
.series .change { stroke: #b3261e; stroke-width: 2; stroke-dasharray: 4 3; }
)";

std::string cell(const std::string& html) { return "<td>" + html + "</td>"; }
std::string head(const Message& message) { return "<th scope=\"col\">" + in_both(message) + "</th>"; }

/// A run's report, or its record where there is none. Every part of the path is encoded.
template <class Run>
std::string link(const Run& run, const std::string& to_folder, const std::string& html) {
  const std::string& path = run.file.report.empty() ? run.file.path : run.file.report;
  std::string encoded;
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t to = std::min(path.find('/', from), path.size());
    encoded += (from == 0 ? "" : "/") + core::percent_encoded(std::string_view(path).substr(from, to - from));
    from = to + 1;
  }
  return "<a href=\"" + reports::xml_escaped(to_folder) + encoded + "\">" + html + "</a>";
}

std::string sign_of(ClauseState state) {
  switch (state) {
    case ClauseState::absent: return "–";
    case ClauseState::undecided: return "?";
    case ClauseState::passed: return "✓";
    case ClauseState::waived: return "~";
    case ClauseState::failed: return "✕";
  }
  return "";
}

std::string state_cell(ClauseState state) { return "<td class=\"state " + std::string(to_string(state)) + "\">" + sign_of(state) + "</td>"; }

/// The newest ones, by their places in time.
std::pair<std::size_t, std::size_t> shown(std::size_t runs) { return {runs > most_runs ? runs - most_runs : 0, runs}; }

std::string older(std::size_t runs) { return runs > most_runs ? "<p>" + in_both(msg<"history.older">(runs - most_runs)) + "</p>\n" : ""; }

std::string table_of_checks(const TargetHistory& target, const std::string& to_folder) {
  std::string out = "<h3>" + in_both(msg<"history.checks">(target.checks.size())) +
                    "</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"runs\"><table>\n<tr>";
  for (const Message& one : {msg<"history.started">(), msg<"history.release">(), msg<"history.suite">(), msg<"history.verdict">(), msg<"history.reach">(),
                             msg<"history.failures">()})
    out += head(one);
  out += "</tr>\n";
  const auto [from, to] = shown(target.checks.size());
  for (std::size_t i = to; i-- > from;) {
    const CheckRun& run = target.checks[i];
    const auto failed = run.cases.find(Verdict::failed);
    out += "<tr>" + cell(link(run, to_folder, reports::xml_escaped(run.started))) + cell(reports::xml_escaped(run.release)) +
           cell(reports::xml_escaped(run.suite)) + cell(in_both(run.headline)) + "<td class=\"short\">" +
           (run.clauses == 0 ? "" : std::to_string(run.judged) + "/" + std::to_string(run.clauses)) + "</td>" +
           cell(std::to_string(failed == run.cases.end() ? 0 : failed->second)) + "</tr>\n";
  }
  return out + "</table></div>\n" + older(target.checks.size());
}

std::string table_of_clauses(const TargetHistory& target, const std::string& to_folder) {
  const auto failed = failed_clauses(target);
  std::string out;
  if (!failed.empty()) {
    const auto [from, to] = shown(target.checks.size());
    out += "<h3>" + in_both(msg<"history.clauses">(failed.size())) + "</h3>\n<p>" + in_both(msg<"history.legend">()) +
           "</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"clauses\"><table class=\"states\">\n<tr>" + head(msg<"history.clause">()) +
           head(msg<"history.state">());
    for (std::size_t i = from; i < to; ++i)
      out += "<th scope=\"col\">" +
             link(target.checks[i], to_folder,
                  reports::xml_escaped(target.checks[i].release.empty() ? date_of(target.checks[i].started) : target.checks[i].release)) +
             "</th>";
    out += "</tr>\n";
    for (const ClauseHistory* one : failed) {
      out += "<tr><td>" + reports::xml_escaped(one->id) + "</td><td>" + in_both(told(*one, target.checks)) + "<br>" +
             in_both(i18n::localized(one->requirement)) + "</td>";
      for (std::size_t i = from; i < to; ++i) {
        const auto found = target.checks[i].states.find(one->id);
        out += state_cell(found == target.checks[i].states.end() ? ClauseState::absent : found->second);
      }
      out += "</tr>\n";
    }
    out += "</table></div>\n";
  }
  return out + "<p>" + in_both(msg<"history.clauses-good">(target.clauses.size() - failed.size())) + "</p>\n";
}

std::string table_of_answers(const TargetHistory& target) {
  if (target.answers.empty()) return {};
  const auto row = [&](const AnswerHistory& one) {
    return "<tr><td>" + reports::xml_escaped(one.id) + "</td><td>" + in_both(i18n::localized(one.question)) + "</td><td>" + in_both(told(one, target.checks)) +
           "</td></tr>\n";
  };
  const std::string begin = "<table>\n<tr>" + head(msg<"history.question">()) + "<td></td>" + head(msg<"history.answer">()) + "</tr>\n";
  std::string out, unchanged;
  std::size_t count = 0;
  for (const AnswerHistory& one : target.answers)
    if (one.spans.size() > 1) out += row(one);
    else ++count, unchanged += row(one);
  if (!out.empty()) out = "<h3>" + in_both(msg<"history.answers">(target.answers.size() - count)) + "</h3>\n" + begin + out + "</table>\n";
  if (count > 0) out += "<details><summary>" + in_both(msg<"history.answers-same">(count)) + "</summary>\n" + begin + unchanged + "</table></details>\n";
  return out;
}

template <class Run>
std::string charts(const std::vector<Series>& all, const std::vector<Run>& runs) {
  std::string out;
  for (const Series& series : all) {
    std::vector<std::string> dates;
    for (const std::size_t run : series.runs) dates.push_back(date_of(runs[run].started));
    out += "<h4>" + reports::xml_escaped(series.name) + "</h4>\n" + series_chart(series, dates);
    for (const Message& change : told(series, runs)) out += "<p>" + in_both(change) + "</p>\n";
  }
  return out;
}

std::string table_of_loads(const LoadHistory& load, const std::string& to_folder) {
  std::string out = "<h3>" + in_both(title(load)) + "</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"loads\"><table>\n<tr>" +
                    head(msg<"history.started">()) + head(msg<"history.rate">());
  for (const char* name : {"p50", "p95", "p99"}) out += "<th scope=\"col\">" + std::string(name) + "</th>";
  out += head(msg<"history.verdict">()) + "</tr>\n";
  const auto [from, to] = shown(load.runs.size());
  const auto time = [](const LoadRun& run, const char* percentile, double value) {
    const auto interval = run.intervals.find(percentile);
    if (std::isnan(value)) return cell("–");
    if (interval == run.intervals.end()) return cell(with_unit(value, "ms"));
    return cell(with_unit(value, "ms") + "<br><small>" + range_of(interval->second) + "</small>");
  };
  for (std::size_t i = to; i-- > from;) {
    const LoadRun& run = load.runs[i];
    out += "<tr>" + cell(link(run, to_folder, reports::xml_escaped(run.started))) + cell(with_unit(run.rate, "/s")) + time(run, "p50", run.p50_ms) +
           time(run, "p95", run.p95_ms) + time(run, "p99", run.p99_ms) + cell(in_both(run.verdict)) + "</tr>\n";
  }
  return out + "</table></div>\n" + older(load.runs.size()) + charts(load.series, load.runs);
}

std::string table_of_certificates(const std::vector<CertificateEntry>& all, const std::string& to_folder) {
  if (all.empty()) return {};
  std::string out = "<section>\n<h2>" + in_both(msg<"history.certificates">(all.size())) +
                    "</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"certificates\"><table>\n<tr>";
  for (const Message& one :
       {msg<"history.serial">(), msg<"history.product">(), msg<"history.verdict">(), msg<"history.issued">(), msg<"history.until">(), msg<"history.state">()})
    out += head(one);
  out += "</tr>\n";
  for (std::size_t i = all.size(); i-- > 0;) {
    const CertificateEntry& one = all[i];
    out += "<tr>" + cell(link(one, to_folder, reports::xml_escaped(one.says.serial))) + cell(reports::xml_escaped(one.whose())) +
           cell(in_both(verdict_of(one))) + "<td class=\"short\">" + reports::xml_escaped(one.says.issued) + "</td><td class=\"short\">" +
           reports::xml_escaped(one.says.until) + "</td>" + cell(in_both(told(one))) + "</tr>\n";
  }
  return out + "</table></div>\n<p>" + in_both(msg<"history.certificates-note">()) + "</p>\n</section>\n";
}

}  // namespace

std::string to_html(const HistoryReport& report, const TextStyle& style, const std::string& to_folder) {
  std::string out = "<h1>" + in_both(summary(report)) + "</h1>\n";
  for (const TargetHistory& target : report.history.targets) {
    out += "<section>\n<h2>" + in_both(title(target)) + "</h2>\n";
    if (!target.checks.empty()) {
      out += "<p>" + in_both(newest(target.checks.back())) + "</p>\n" + table_of_checks(target, to_folder) + table_of_clauses(target, to_folder) +
             table_of_answers(target);
      if (!target.latency.empty())
        out += "<details><summary>" + in_both(msg<"history.latency">()) + "</summary>\n" + charts(target.latency, target.checks) + "</details>\n";
      for (const Series& series : target.latency)
        for (const Message& change : told(series, target.checks)) out += "<p>" + in_both(change) + "</p>\n";
    }
    for (const LoadHistory& load : target.loads) out += table_of_loads(load, to_folder);
    out += "</section>\n";
  }
  out += table_of_certificates(report.history.certificates, to_folder);
  for (const auto& [path, why] : report.history.unread) out += "<p>" + in_both(msg<"history.unread">(path, why)) + "</p>\n";
  out += "<p>" + reports::xml_escaped(report.tool) + "</p>\n";
  return bilingual_page(style.language, style.text(summary(report)), style_rules, out);
}

}  // namespace meterproof::history
