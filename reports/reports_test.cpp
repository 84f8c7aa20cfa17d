// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "core/i18n/message.hpp"
#include "core/text/utf8.hpp"
#include "reports/findings.hpp"
#include "reports/html.hpp"
#include "reports/junit.hpp"
#include "reports/markdown.hpp"
#include "reports/report_writer.hpp"
#include "reports/screen.hpp"
#include "reports/text.hpp"

namespace meterproof::reports {
namespace reports_test {

CheckRecord hostile_record() {
  CheckRecord record;
  record.target = "http://t";
  record.role = "platform";
  record.verdict = RunVerdict::does_not_conform;
  record.exit_code = 1;
  for (std::size_t i = 0; i < verdict_names.size(); ++i) {
    CaseRecord one;
    one.id = "I/" + std::to_string(i) + "/a<b>&\"";
    one.interface = "I";
    one.section = "3.1";
    one.verdict = static_cast<Verdict>(i);
    one.observed = i18n::verbatim("<script>\x01\xff\xfe</script>]]>\xef\xbf\xbf");
    one.reason = i18n::verbatim("a\x1b[31mred");
    one.reply.body = std::string("\0\xc0\xaf", 3);
    record.cases.push_back(one);
  }
  return record;
}

TEST(Reports, JsonIsValidWhateverTheTargetSaid) {
  const auto json = nlohmann::json::parse(to_json(hostile_record()));
  EXPECT_EQ(json["summary"]["failed"], 1);
  EXPECT_EQ(json["cases"].size(), verdict_names.size());
  EXPECT_EQ(json["exit_code"], 1);
}

TEST(Reports, JunitCountsWhatConsumersCount) {
  const std::string xml = to_junit(hostile_record());
  EXPECT_NE(xml.find("tests=\"7\" failures=\"1\" errors=\"1\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("skipped=\"3\""), std::string::npos);
  EXPECT_EQ(xml.find("<script>"), std::string::npos);
  for (const char c : xml) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20U || c == '\n') << static_cast<int>(c);
}

/// Nothing that acts on a terminal or turns the writing: controls (C0, C1) and those of the direction.
void expect_plain(const std::string& text, const std::string& what) {
  EXPECT_TRUE(core::is_valid_utf8(text)) << what;
  EXPECT_EQ(core::sanitize(text).size(), text.size()) << what << ": " << core::sanitize(text);
}

TEST(Reports, TextCarriesNoControlCharactersWhereverTheyStand) {
  // Records come from others: every text of theirs may be hostile.
  CheckRecord record = hostile_record();
  const std::string evil = "\x1b[2J</script>\x07\u0085\u009b31m\u2028\u202e\u2066";
  const i18n::Message said = i18n::untranslated(evil);
  record.target += evil, record.role += evil, record.filter = evil;
  record.notes = {said};
  record.calibration = {{evil, {evil, {{evil, evil, {}}}, evil}}};
  record.questions = {{evil, evil, evil, {evil}, {evil}, true}, {evil, evil, evil, {evil}, {}, false}};
  for (CaseRecord& one : record.cases) {
    one.section = one.curl = evil;
    one.title = one.requirement = {evil, evil};
    one.expected = one.observed = one.reason = said;
    one.reply.body = evil;
  }
  for (const bool brief : {false, true})
    for (const Language language : {Language::en, Language::zh})
      expect_plain(to_text(record, TextStyle{false, language, brief}), brief ? "brief text" : "text");
  expect_plain(to_markdown(record), "Markdown");
  expect_plain(to_junit(record), "JUnit");
  expect_plain(to_html(to_json(record)), "page");
  LoadRecord load;
  load.reconciliation.emplace_back().name = evil;
  load.thresholds.push_back({evil, false, said});
  load.errors = {{said, 1}};
  load.runs.emplace_back().verdict = load.verdict = said;
  load.differences.emplace_back().metric = load.workload = load.mode = evil;
  load.notes = load.stages = {said};
  expect_plain(to_text(load), "text of a load");
  expect_plain(to_markdown(load), "Markdown of a load");
  expect_plain(to_junit(load), "JUnit of a load");
  expect_plain(to_html(to_json(load)), "page of a load");
}

// How often a target had to be connected to says what it does with connections.
TEST(Reports, ConnectionsAreShown) {
  CheckRecord record = hostile_record();
  record.requests = 57;
  EXPECT_EQ(to_text(record, {}).find("connections opened"), std::string::npos) << "not counted";
  EXPECT_FALSE(nlohmann::json::parse(to_json(record)).contains("connections_opened"));
  record.connections_opened = 13;
  for (const bool brief : {false, true}) {
    const std::string en = to_text(record, TextStyle{false, Language::en, brief}), zh = to_text(record, TextStyle{false, Language::zh, brief});
    EXPECT_NE(en.find("13 connections opened for 57 requests"), std::string::npos) << en;
    EXPECT_NE(zh.find("为 57 个请求建立了 13 个连接"), std::string::npos) << zh;
  }
  EXPECT_EQ(nlohmann::json::parse(to_json(record))["connections_opened"], 13);
  LoadRecord load;
  load.connections = load.connections_opened = 8;
  load.requests = 100;
  EXPECT_EQ(to_text(load).find("opened for"), std::string::npos) << "none was opened again";
  load.connections_opened = 12;
  EXPECT_NE(to_text(load).find("12 opened for 100 requests"), std::string::npos) << to_text(load);
  EXPECT_EQ(nlohmann::json::parse(to_json(load))["connections_opened"], 12);
}

TEST(Reports, ColoursAreColours) {
  const std::string text = to_text(hostile_record(), TextStyle{true, Language::en, true});
  EXPECT_NE(text.find("\x1b[33minconclusive\x1b[0m: a\\x1b[31mred"), std::string::npos) << text;
}

std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t out = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++out;
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

TEST(Reports, WrappedTextFitsAndLosesNothing) {
  const auto without_blanks = [](std::string text) {
    text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\n'; }), text.end());
    return text;
  };
  for (const std::string text : {"", "word", "  a line that begins with blanks, and goes on", "规范未明确之处，此系统的做法：接受（保留），或者拒绝。",
                                 "http://a.very.long/address/without/any/blank/in/it", "{one,two,three,four,five,six,seven,eight}",
                                 "\x1b[31mcoloured\x1b[0m text \x1b[33mtwice\x1b[0m, and more of it", "two\nlines of which the second is long\n"})
    for (std::size_t columns = 4; columns < 60; ++columns)
      for (const std::size_t indent : {0U, 4U, 30U}) {
        const std::string out = wrapped(text, columns, indent);
        for (const std::string& line : lines_of(out)) EXPECT_LE(core::display_width(line), columns) << text << "\n" << out;
        EXPECT_EQ(without_blanks(out), without_blanks(text)) << columns;
      }
  EXPECT_EQ(wrapped("any text", 0), "any text");
  EXPECT_EQ(wrapped("one two three", 8, 2), "one two\n  three");
  EXPECT_EQ(wrapped("用例一，用例二", 7), "用例\n一，用\n例二") << "no line begins with a comma";
  EXPECT_EQ(wrapped("a\n\nb\n", 5), "a\n\nb\n");
}

/// More of everything than a screen has room for.
CheckRecord large_record() {
  CheckRecord record = hostile_record();
  record.verdict = RunVerdict::does_not_conform;
  for (int i = 0; i < 1000; ++i) {
    const std::string number = std::to_string(i);
    CaseRecord& one = record.cases.emplace_back();
    one.interface = "Interface" + std::to_string(i % 10);
    one.id = one.interface + "/sequence/a-slug-that-is-rather-long-" + number;
    one.verdict = i % 3 == 0 ? Verdict::failed : i % 3 == 1 ? Verdict::inconclusive : Verdict::passed;
    one.observed = i18n::verbatim("seen " + number);
    one.expected = i18n::verbatim("what follows from the requests before it");
    one.reason = i18n::verbatim("reason " + number);
    record.notes.push_back(
        i18n::verbatim("the target answered with the code " + number + ", which the specification does not know at all, neither here nor there"));
    record.notes.push_back(record.notes.back());
    record.calibration.push_back({"property-" + number, i18n::verbatim(number)});
    record.questions.push_back({"question-" + number, "", "", {"a"}, {"b"}, true});
  }
  record.left_behind = {{"user", 164, {}}, {"meter", 200, {}}};
  record.connections_opened = 7;
  return record;
}

TEST(Reports, AScreenIsAScreen) {
  const CheckRecord record = large_record();
  for (const Language language : {Language::en, Language::zh})
    for (const std::size_t columns : {40U, 80U, 132U})
      for (const std::size_t rows : {0U, 20U, 24U, 50U}) {
        TextStyle style{.colour = true, .language = language, .brief = true, .width = columns, .rows = rows};
        for (const bool told : {false, true}) {
          style.told = told;
          const std::string text = to_text(record, style);
          const auto lines = lines_of(text);
          EXPECT_LT(lines.size(), rows == 0 ? 24 : rows) << text;
          for (const std::string& line : lines) EXPECT_LE(core::display_width(line), columns) << line;
          EXPECT_NE(text.find("--verbose"), std::string::npos) << text;
          EXPECT_EQ(text.find("seen 0") == std::string::npos, told) << text;
          EXPECT_EQ(text.find("Interface3 ") != std::string::npos, told) << text;
          EXPECT_NE(text.find(" s\n") + text.find(" 秒\n"), 2 * std::string::npos) << "the summary is last";
        }
      }
}

TEST(Reports, AFindingsLineShowsWhatWasObserved) {
  CaseRecord one;
  one.id = "ControlValve/open/user-and-meter-apart/meter-addr-of-another";
  one.verdict = Verdict::failed;
  one.observed = i18n::verbatim("step 6: Remnant is 77777, 0 expected");
  one.expected = i18n::verbatim("what follows from the requests before it");
  const std::string line = finding_line(one, {.width = 80});
  EXPECT_EQ(core::display_width(line), 80U) << line;
  EXPECT_NE(line.find("Remnant is 77777"), std::string::npos) << line;
  one.id = "GetData/reply/row";
  one.observed = i18n::verbatim("77777");
  EXPECT_EQ(finding_line(one, {.width = 80}), "failed  GetData/reply/row: 77777; expected what follows from the requests befor…");
  EXPECT_EQ(finding_line(one, {.width = 40}), "failed  GetData/reply/row: 77777");
  EXPECT_EQ(finding_line(one, {}), "failed  GetData/reply/row: 77777; expected what follows from the requests before it");
}

TEST(Reports, FindingsAlikeAreOne) {
  CheckRecord record;
  for (int i = 0; i < 6; ++i) {
    CaseRecord& one = record.cases.emplace_back();
    one.interface = "I" + std::to_string(i);
    one.id = one.interface + "/1/both";
    one.verdict = i == 5 ? Verdict::broken : Verdict::failed;
    one.observed = i18n::verbatim("an envelope without a code");
    one.reason = i18n::verbatim(i == 4 ? "another" : "the same");
    one.curl = "curl of case " + std::to_string(i);
  }
  const std::string screen = to_text(record, {.brief = true, .width = 80, .rows = 24}), whole = to_text(record, {}), markdown = to_markdown(record);
  EXPECT_NE(screen.find("failed  I0/1/both (4 cases): an envelope without a code\n"), std::string::npos) << screen;
  EXPECT_EQ(occurrences(screen, "an envelope"), 3U) << screen;
  EXPECT_EQ(occurrences(markdown, "| an envelope without a code |"), 3U) << markdown;
  EXPECT_NE(markdown.find("| I0/1/both (4 cases) |"), std::string::npos) << markdown;
  for (const CaseRecord& one : record.cases) EXPECT_EQ(occurrences(whole, "  " + one.id + "\n"), 1U) << whole;
  EXPECT_EQ(occurrences(whole, "observed    an envelope"), 3U) << whole;
  EXPECT_EQ(occurrences(whole, "curl of case"), 3U) << whole;
}

/// Three failures of two causes; the most telling case of the first is not the first in the record.
CheckRecord record_with_causes() {
  CheckRecord record;
  record.exit_code = 1;
  record.verdict = RunVerdict::does_not_conform;
  for (const char* id : {"A/sequence/x", "A/1/both", "B/-1/unknown", "B/1/both"}) {
    CaseRecord& one = record.cases.emplace_back();
    one.id = id;
    one.interface = one.id.substr(0, 1);
    one.kind = one.id == "A/sequence/x" ? "sequence" : "code";
    one.verdict = one.id == "B/1/both" ? Verdict::passed : Verdict::failed;
    one.observed = i18n::verbatim("seen of " + one.id);
    one.cause = one.verdict == Verdict::passed ? "" : one.interface == "A" ? "refuses/A/-6" : "code/B/-1/0";
    one.requests = 3;
  }
  record.causes = {{"refuses/A/-6", i18n::msg<"cause.refuses-with">("A", "-6"), {"A/1/both", "A/sequence/x"}},
                   {"code/B/-1/0", i18n::msg<"cause.code-of">("B", "0", "-1"), {"B/-1/unknown"}}};
  NotJudgedRecord gap;
  gap.why = i18n::msg<"reach.no-hook">();
  gap.chosen = true;
  gap.raised_by = {i18n::msg<"reach.by-hook">("database")};
  gap.clauses = {"3.1/code/-203"};
  record.reach = ReachRecord{5, 4, {{"2", "", 1, 1, {}}, {"3.1", "A", 4, 3, {gap}}}, {}, {}};
  record.requests_by = {{"A", "code", 2, 6}, {"A", "control", 0, 2}};
  return record;
}

TEST(Reports, FindingsOfOneCauseStandTogetherTheMostTellingFirst) {
  const CheckRecord record = record_with_causes();
  const std::vector<Alike> findings = findings_of(record);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].front()->id, "A/1/both");
  EXPECT_EQ(findings[0].size(), 2U);
  const std::string screen = to_text(record, {.brief = true, .width = 80, .rows = 24}), whole = to_text(record, {}), markdown = to_markdown(record),
                    xml = to_junit(record);
  EXPECT_NE(screen.find("A/1/both (2 cases): seen of A/1/both"), std::string::npos) << screen;
  EXPECT_NE(whole.find("cause       A refuses valid requests with -6\n"), std::string::npos) << whole;
  EXPECT_EQ(occurrences(whole, "observed    "), 2U) << whole;
  EXPECT_NE(markdown.find("| A/1/both (2 cases) | A refuses valid requests with -6 |"), std::string::npos) << markdown;
  EXPECT_EQ(occurrences(xml, "type=\"refuses/A/-6\""), 2U) << xml;
  EXPECT_NE(xml.find("A refuses valid requests with -6 (2 cases; the most telling: A/1/both)"), std::string::npos) << xml;
  for (const std::string& report : {screen, whole, markdown, xml}) EXPECT_NE(report.find("3 failures, 2 causes"), std::string::npos) << report;
  // Whoever takes the causes out of a record takes no finding out.
  CheckRecord edited = record;
  edited.causes.pop_back();
  std::size_t told = 0;
  for (const Alike& alike : findings_of(edited)) told += alike.size();
  EXPECT_EQ(told, 3U);
}

TEST(Reports, TheReachIsToldByInterfaceWithWhatWouldRaiseIt) {
  const CheckRecord record = record_with_causes();
  const std::string whole = to_text(record, {}), markdown = to_markdown(record), xml = to_junit(record);
  EXPECT_NE(whole.find("reach: 4 of 5 stated clauses judged"), std::string::npos) << whole;
  for (const std::string& report : {whole, xml})
    EXPECT_NE(report.find("1 not judged: no fault hook (would be with: fault_hooks: database)"), std::string::npos) << report;
  EXPECT_NE(markdown.find("| 3.1 A | 3 / 4 | 1: no fault hook |"), std::string::npos) << markdown;
  EXPECT_NE(whole.find("8 well-signed requests for 5 stated clauses (1.6 each)"), std::string::npos) << whole;
  EXPECT_NE(whole.find("codes 6, control 2"), std::string::npos) << whole;
}

// A terminal that was told of twenty alike findings was not told of the others: the summary keeps their line.
TEST(Reports, OfFindingsThatWereNotAllToldTheSummaryKeepsTheLine) {
  CheckRecord record;
  const auto add = [&](std::size_t count, const std::string& observed) {
    for (std::size_t i = 0; i < count; ++i) {
      CaseRecord& one = record.cases.emplace_back();
      one.interface = "I";
      one.id = "I/" + observed + "/" + std::to_string(i);
      one.verdict = Verdict::failed;
      one.observed = i18n::verbatim(observed);
    }
  };
  add(49, "many");
  add(most_told_alike, "few");
  TextStyle style{.brief = true, .width = 80, .rows = 24};
  for (const bool told : {false, true}) {
    style.told = told;
    const std::string text = to_text(record, style);
    EXPECT_NE(text.find("failed  I/many/0 (49 cases): many\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("(20 cases): few") == std::string::npos, told) << text;
    EXPECT_EQ(text.find("20 findings, shown above: I 20") != std::string::npos, told) << text;
  }
}

TEST(Reports, NotesAreToldOnceAndTwentyAtMost) {
  const CheckRecord record = large_record();
  for (const std::string& text : {to_text(record, {}), to_markdown(record)}) {
    EXPECT_EQ(occurrences(text, "which the specification does not know"), 20U);
    EXPECT_EQ(occurrences(text, "980 more notes"), 1U);
  }
}

// Of cases that failed for one cause, those that a baseline has as well stand apart from those that it has not.
TEST(Reports, KnownFailuresStandApartFromNewOnes) {
  CheckRecord record;
  for (const char* id : {"I/1/known", "I/1/new"}) {
    CaseRecord& one = record.cases.emplace_back();
    one.id = id;
    one.interface = "I";
    one.verdict = Verdict::failed;
    one.observed = i18n::verbatim("-9");
    one.cause = "one";
  }
  record.exit_code = 1;
  record.causes = {{"one", i18n::verbatim("a cause"), {"I/1/known", "I/1/new"}}};
  TextStyle style;
  style.baseline = BaselineVerdict{i18n::verbatim("1 known, 1 new"), 1, {"I/1/known"}};
  const std::string markdown = to_markdown(record, style), junit = to_junit(record, style);
  const std::size_t fresh = markdown.find("### Findings"), known = markdown.find("### Known failures");
  ASSERT_LT(fresh, known) << markdown;
  ASSERT_NE(known, std::string::npos) << markdown;
  EXPECT_NE(markdown.substr(fresh, known - fresh).find("I/1/new"), std::string::npos) << markdown;
  EXPECT_EQ(markdown.substr(fresh, known - fresh).find("I/1/known"), std::string::npos) << markdown;
  EXPECT_NE(markdown.find("I/1/known", known), std::string::npos) << markdown;
  EXPECT_NE(junit.find("failures=\"1\" errors=\"1\""), std::string::npos) << "the new one, and that the run is worse: " << junit;
  EXPECT_NE(junit.find("skipped=\"1\""), std::string::npos) << junit;
}

TEST(Reports, MarkdownHasWhatTheOthersHave) {
  CheckRecord record = hostile_record();
  record.questions = {{"zero-amount", "", "", {"accept", "refuse"}, {"refuse"}, false}, {"never-seen", "", "", {"x"}, {}, false}};
  record.calibration = {{"utc-offset", i18n::verbatim("UTC+8")}};
  const std::string text = to_markdown(record);
  EXPECT_NE(text.find("### Open questions\n\n| question | this target | accepted |\n|---|---|---|\n| zero-amount | refuse | accept, refuse |\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("never-seen"), std::string::npos);
  EXPECT_NE(text.find("| UTC+8 |"), std::string::npos) << text;
  EXPECT_NE(text.find("| inconclusive | `a\\x1b[31mred` | 1 |"), std::string::npos) << text;
}

/// What is left of Markdown without its code spans (CommonMark, section 6.1), inside which nothing is linked.
std::string without_code(const std::string& markdown) {
  const auto run_at = [&](std::size_t at) { return std::min(markdown.find_first_not_of('`', at), markdown.size()) - at; };
  std::string out;
  for (std::size_t at = 0; at < markdown.size();) {
    const std::size_t fence = run_at(at);
    if (fence == 0) {
      out += markdown[at++];
      continue;
    }
    std::size_t close = markdown.find('`', at + fence);
    const std::size_t line_end = markdown.find('\n', at);
    while (close < line_end && run_at(close) != fence) close = markdown.find('`', close + run_at(close));
    EXPECT_LT(close, line_end) << "a code span without an end: " << markdown.substr(at, 100);
    if (close >= line_end) break;
    at = close + fence;
  }
  return out;
}

// GitHub and GitLab make links of what has no mark at all, some of it after they have read escapes and references.
TEST(Reports, MarkdownLinksNothing) {
  const std::string evil =
      "https://evil.example http://a ftp://b gopher://c //d www.evil.example WWW.evil.example WwW.x wwww.y mailto:me@evil.example "
      "@someone a@b.c xmpp:x@y.z #1 org/repo#23 <https://e> <me@evil.example> [a](https://f) ![b](//g) [c]: https://h &#58;//i "
      "GH-12 !5 ~5 $1 %3 &4 ``#1`` 3f786850e387550fdb836ed7e6dc881de23001b `";
  const i18n::Message said = i18n::verbatim(evil);
  CheckRecord record = hostile_record();
  record.target = evil, record.role = evil, record.filter = evil;
  record.notes = {said};
  record.calibration = {{evil, said}};
  record.questions = {{evil, evil, evil, {evil}, {evil}, true}};
  for (CaseRecord& one : record.cases) {
    one.id = one.section = evil;
    one.title = one.requirement = {evil, evil};
    one.expected = one.observed = one.reason = said;
  }
  LoadRecord load;
  load.target = load.workload = load.mode = evil;
  load.reconciliation.emplace_back().name = evil;
  load.thresholds.push_back({evil, false, said});
  load.runs.emplace_back().verdict = load.verdict = said;
  load.differences.emplace_back().metric = evil;
  load.notes = load.stages = {said};
  for (const Language language : {Language::en, Language::zh})
    for (const std::string& markdown : {to_markdown(record, {.language = language}), to_markdown(load, {.language = language})}) {
      EXPECT_GT(occurrences(markdown, "evil"), 5U);
      const std::string text = without_code(markdown);
      for (const char* link : {"evil", "[:/]/", "www", "[@#!~$%&][A-Za-z0-9]", "GH-", "[0-9a-f]{7}", "[<\\[\\\\]"})
        EXPECT_FALSE(std::regex_search(text, std::regex(link))) << link << ": " << text;
      for (const std::string& one : lines_of(text)) EXPECT_TRUE(!one.starts_with('|') || one.ends_with('|')) << one;
    }
}

// What is harmless is text, and what is not is code: each alone, since the whole of the text above is code for any one of these.
TEST(Reports, MarkdownPutsReferencesIntoCode) {
  const auto note = [](const std::string& text) {
    CheckRecord record;
    record.notes = {i18n::verbatim(text)};
    const std::string markdown = to_markdown(record);
    return without_code(markdown).find(text) == std::string::npos ? "code" : "text";
  };
  for (const char* link : {"see GH-12",
                           "group/project!5",
                           "~5",
                           "$1",
                           "%3",
                           "&amp;4",
                           "&4",
                           "mailto:a",
                           "@a",
                           "a@b.c",
                           "#1",
                           "http://a",
                           "www.a",
                           "<b>",
                           "a*b*",
                           "[a](b)",
                           "3f786850e387550fdb836ed7e6dc881de23001b4",
                           "DA39A3E",
                           "a|b",
                           ":smile:",
                           "a\\b",
                           "!5"})
    EXPECT_STREQ(note(link), "code") << link;
  for (const char* text :
       {"step 6: Remnant is 77, 0 expected", "GetData/reply/row (4 cases)", "-201 at 08:30:00, 5 % of them", "用例：不符合。", "a feed, a decade"})
    EXPECT_STREQ(note(text), "text") << text;
}

TEST(Reports, MarkdownKeepsTheTextOfCode) {
  CheckRecord record;
  record.notes = {i18n::verbatim("`a` and ``b`` | c")};
  record.calibration = {{"x", i18n::verbatim("a|#1")}};
  const std::string markdown = to_markdown(record);
  EXPECT_NE(markdown.find("\n``` `a` and ``b`` | c ```\n"), std::string::npos) << markdown;
  EXPECT_NE(markdown.find("| `a\\|#1` |"), std::string::npos) << markdown;
}

TEST(Reports, MarkdownIsNotCutWithinACharacter) {
  CheckRecord record = hostile_record();
  for (CaseRecord& one : record.cases) {
    std::string text;
    for (int i = 0; i < 200; ++i) text += "表";
    one.expected = i18n::verbatim(text);
  }
  EXPECT_EQ(to_markdown(record).find("\xEF\xBF\xBD…"), std::string::npos);
}

TEST(Reports, JunitOfARunThatJudgedNothingIsAnError) {
  for (const int exit_code : {3, 4}) {
    CheckRecord record;
    record.exit_code = exit_code;
    record.verdict = RunVerdict::unreachable;
    const std::string xml = to_junit(record);
    EXPECT_NE(xml.find("tests=\"1\" failures=\"0\" errors=\"1\""), std::string::npos) << xml;
  }
}

// What a reader must know beside the cases, a wrong clock for example, stands in the file whatever the run came to, and once.
TEST(Reports, JunitHasTheNotes) {
  for (const int exit_code : {0, 1, 3, 4}) {
    CheckRecord record;
    record.exit_code = exit_code;
    record.verdict = exit_code > 1 ? RunVerdict::not_judged : RunVerdict::conforms;
    record.notes = {i18n::verbatim("its clock is set to <UTC>"), i18n::verbatim("its clock is set to <UTC>"), i18n::verbatim("another")};
    for (const char* interface : {"A", "B"}) {
      CaseRecord& one = record.cases.emplace_back();
      one.id = one.interface = interface;
      one.verdict = Verdict::passed;
    }
    const std::string xml = to_junit(record);
    EXPECT_EQ(occurrences(xml, "<system-out>its clock is set to &lt;UTC&gt;&#10;another</system-out>"), exit_code <= 1 ? 1U : 0U) << xml;
    EXPECT_EQ(occurrences(xml, "another"), 1U) << xml;
    EXPECT_EQ(occurrences(xml, "classname=\"meterproof.run\""), exit_code > 1 ? 1U : 0U) << xml;
    EXPECT_EQ(occurrences(xml, "not judged"), exit_code > 1 ? 2U : 0U) << "in the name of all, and in the message\n" << xml;
  }
  LoadRecord load;
  load.notes = {i18n::verbatim("note of a load")};
  EXPECT_EQ(occurrences(to_junit(load), "<system-out>note of a load</system-out>"), 1U);
}

// Of a case that rests on several requests, each stands in the report with its reply and the rows that were due.
TEST(Reports, EveryStepAndTheRowsThatWereDueAreShown) {
  CheckRecord record;
  record.exit_code = 1;
  record.verdict = RunVerdict::does_not_conform;
  CaseRecord& one = record.cases.emplace_back();
  one.id = "I/sequence/pay-twice";
  one.interface = "I";
  one.verdict = Verdict::failed;
  for (const char* name : {"first", "second"}) {
    StepRecord& step = one.steps.emplace_back();
    step.request.body = std::string("body of the ") + name;
    step.curl = "curl of the " + std::string(name);
    step.reply.transport = "replied";
    step.reply.status = 200;
    step.reply.body = "reply to the " + std::string(name);
    step.expected = "rows of the " + std::string(name);
    one.curl += (one.curl.empty() ? "" : "\n") + step.curl;
  }
  const std::string text = to_text(record, TextStyle()), xml = to_junit(record);
  for (const char* part : {"step 1", "curl of the first", "reply to the first", "rows of the first", "step 2", "curl of the second", "reply to the second",
                           "rows of the second"}) {
    EXPECT_EQ(occurrences(text, part), 1U) << part << "\n" << text;
    EXPECT_EQ(occurrences(xml, part), 1U) << part << "\n" << xml;
  }
}

// A pipeline shows counts: a run that could not be judged is one error, not a thousand skips.
TEST(Reports, JunitTellsWhatCouldNotBeJudgedByOneError) {
  const auto count = [](const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
  };
  for (const int exit_code : {0, 1, 2, 3, 4}) {
    const bool judged = exit_code <= 1;
    CheckRecord check;
    check.exit_code = exit_code;
    for (const Verdict verdict : {Verdict::passed, Verdict::failed, Verdict::inconclusive, Verdict::inconclusive}) {
      CaseRecord& one = check.cases.emplace_back();
      one.id = "a/" + std::to_string(check.cases.size());
      one.interface = "a";
      one.verdict = verdict;
    }
    std::string xml = to_junit(check);
    EXPECT_EQ(count(xml, "<testcase "), judged ? 4U : 3U) << xml;
    EXPECT_EQ(count(xml, "<skipped"), judged ? 2U : 0U) << xml;
    EXPECT_EQ(count(xml, "<error message="), judged ? 0U : 1U) << xml;
    EXPECT_EQ(count(xml, "<failure message="), 1U) << xml;
    EXPECT_EQ(xml.find("received: 0"), std::string::npos) << xml;

    LoadRecord load;
    load.exit_code = exit_code;
    load.verdict = i18n::untranslated("why");
    xml = to_junit(load);
    EXPECT_EQ(count(xml, "<error message=\"why\">why</error>"), exit_code > 1 ? 1U : 0U) << xml;
    EXPECT_EQ(count(xml, "<failure message=\"why\">why</failure>"), exit_code == 1 ? 1U : 0U) << xml;
    EXPECT_NE(xml.find(exit_code > 1 ? "errors=\"1\"" : "errors=\"0\""), std::string::npos) << xml;
    EXPECT_EQ(xml.find("<skipped"), std::string::npos) << xml;
  }
}

TEST(Sanitize, LeavesTextAloneAndDisarmsTheRest) {
  EXPECT_EQ(core::sanitize("中文 😀\n\t"), "中文 😀\n\t");
  EXPECT_EQ(core::sanitize("\x1b[31m"), "\\x1b[31m");
  EXPECT_EQ(core::sanitize("\xc0\xaf"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
  EXPECT_EQ(core::sanitize("\xed\xa0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
}

TEST(Reports, AnUnsupportedPercentileIsNull) {
  LoadRecord record;
  record.response_time.p999 = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(nlohmann::json::parse(to_json(record))["response_time_ms"]["p999"].is_null());
}

TEST(Reports, PercentilesOfRunsHaveTheirIntervals) {
  LoadRecord record;
  record.mode = "open";
  record.runs.resize(2);
  record.runs[0].p99 = 12.25;
  record.runs[0].intervals = {{"response_time", "p99", 11.125, 14.375}};
  for (const std::string& text : {to_text(record), to_text(record, {.width = 60})})
    for (const char* part : {"95 % low", "11.125", "95 % high", "14.375"}) {
      EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
      EXPECT_EQ(text.find(part), text.rfind(part)) << "of one of the two\n" << text;
    }
  i18n::Message why;
  const auto read = load_record_from(to_json(record), why);
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->runs[0].intervals.size(), 1U);
  EXPECT_EQ(read->runs[0].intervals[0].high, 14.375);
  EXPECT_TRUE(read->runs[1].intervals.empty());
}

// Wherever p50 and p99 are told, p95 is.
TEST(Reports, P95StandsBesideTheOtherPercentiles) {
  LoadRecord record;
  record.mode = "open";
  record.response_time.p95 = 11.25;
  record.runs.emplace_back().p95 = 12.25;
  record.runs.back().verdict = i18n::msg<"load.step-sustained">();
  record.runs.back().p95_by_interval = {14.25};
  record.series.emplace_back().p95 = 13.25;
  record.differences = {{"p95", 1, 2, 2, 1.5, 3, "worse"}};
  for (const std::string& text : {to_text(record), to_text(record, {.width = 80})}) {
    EXPECT_NE(text.find("p50      p95      p99    p99.9"), std::string::npos) << "of the runs\n" << text;
    EXPECT_NE(text.find("12.250"), std::string::npos) << text;
    EXPECT_NE(text.find("11.250"), std::string::npos) << text;
    EXPECT_NE(text.find("seconds' p95"), std::string::npos) << text;
  }
  const std::string markdown = to_markdown(record);
  EXPECT_NE(markdown.find("| p90 | p95 | p99 |"), std::string::npos) << markdown;
  EXPECT_NE(markdown.find("11.25"), std::string::npos) << markdown;
  const std::string in_json = to_json(record);
  const auto json = nlohmann::json::parse(in_json);
  EXPECT_EQ(json["response_time_ms"]["p95"], 11.25);
  EXPECT_EQ(json["runs"][0]["p95"], 12.25);
  EXPECT_EQ(json["runs"][0]["p95_by_interval"], nlohmann::json::array({14.25}));
  EXPECT_EQ(json["series"][0]["p95"], 13.25);
  const std::string page = to_html(in_json);
  for (const char* part : {"\"p95\": ?12.25", "\"p95\": ?13.25", "p95 of the second", "\"p50\", \"p95\", \"p99\", \"p99.9\", say"})
    EXPECT_TRUE(std::regex_search(page, std::regex(part))) << part;
}

TEST(Reports, ARecordOfAnEarlierReleaseHasNoP95OfItsRuns) {
  LoadRecord record;
  record.mode = "open";
  record.verdict = i18n::msg<"load.good">();
  record.runs.emplace_back();
  record.series.emplace_back();
  auto older = nlohmann::json::parse(to_json(record));
  older["runs"][0].erase("p95");
  older["series"][0].erase("p95");
  i18n::Message why;
  const auto read = load_record_from(older.dump(), why);
  ASSERT_TRUE(read) << i18n::render(why, Language::en);
  EXPECT_TRUE(std::isnan(read->runs[0].p95));
  EXPECT_TRUE(std::isnan(read->series[0].p95));
  EXPECT_FALSE(nlohmann::json::parse(to_json(*read))["runs"][0].contains("p95_by_interval"));
}

TEST(Reports, StayShortHoweverManyAppIdsARunWasGiven) {
  constexpr std::size_t given = 20'000, of_many = 100'000;  // bytes of a report, at the most
  CheckRecord record;
  record.verdict = RunVerdict::conforms;
  record.cases.emplace_back().verdict = Verdict::passed;
  record.notes.reserve(given);
  record.apps.reserve(2 * given);
  for (std::size_t i = 0; i < given; ++i) {
    const std::string id = "refused-" + std::to_string(i);
    record.notes.push_back(i18n::msg<"check.app-refused">(id, "-202"));
    record.apps.push_back({id, false, i18n::verbatim("-202")});
    record.apps.push_back({"used-" + std::to_string(i), true, {}});
  }
  cut_long_lists(record);
  EXPECT_EQ(record.notes.size(), 1001U);
  EXPECT_EQ(render(record.notes.back(), Language::en), "19000 more notes were left out");
  EXPECT_EQ(record.apps.size(), 2000U);
  EXPECT_EQ(record.apps_used, given);
  EXPECT_EQ(record.apps_refused, given);
  for (const std::string& report : {to_text(record, {}), to_markdown(record), to_junit(record)}) {
    EXPECT_LT(report.size(), of_many);
    EXPECT_NE(report.find("refused-0"), std::string::npos);
  }
  EXPECT_NE(to_junit(record).find("and 19980 more appIds"), std::string::npos);
  record.exit_code = 4;  // not judged: the notes are one case
  EXPECT_LT(to_junit(record).size(), of_many);
  i18n::Message why;
  const auto again = check_record_from(to_json(record), why);
  ASSERT_TRUE(again) << render(why, Language::en);
  EXPECT_EQ(again->apps_refused, given);
  EXPECT_EQ(to_json(*again), to_json(record));
}

TEST(Reports, ListsThatAreNotLongStayAsTheyAre) {
  CheckRecord record = hostile_record();
  record.notes.assign(1000, i18n::msg<"client.no-call">());
  record.apps.assign(1000, AppRecord{"a", true, {}});
  const std::string before = to_json(record);
  cut_long_lists(record);
  EXPECT_EQ(to_json(record), before);
}

TEST(Reports, EveryFormatWritesBothKindsOfRecord) {
  for (const auto& writer : report_writers()) {
    EXPECT_FALSE(writer->description().empty()) << writer->name();
    for (const Language language : {Language::en, Language::zh}) {
      ReportOptions options;
      options.style.language = language;
      EXPECT_FALSE(writer->write({hostile_record()}, options).empty()) << writer->name();
      EXPECT_FALSE(writer->write({LoadRecord()}, options).empty()) << writer->name();
    }
  }
}

}  // namespace reports_test
}  // namespace meterproof::reports
