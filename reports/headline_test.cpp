// SPDX-License-Identifier: Apache-2.0
#include "reports/headline.hpp"

#include <gtest/gtest.h>

#include "core/i18n/message.hpp"
#include "reports/junit.hpp"
#include "reports/markdown.hpp"
#include "reports/text.hpp"

namespace meterproof::reports {
namespace headline_test {

CaseRecord a_case(const std::string& interface, int number, Verdict verdict) {
  CaseRecord out;
  out.interface = interface;
  out.id = interface + "/1/" + std::to_string(number);
  out.verdict = verdict;
  return out;
}

CheckRecord of(std::vector<CaseRecord> cases, RunVerdict verdict = RunVerdict::conforms) {
  CheckRecord out;
  out.verdict = verdict;
  out.planned = 1342;
  out.cases = std::move(cases);
  return out;
}

std::string english(const CheckRecord& record) { return render(headline(record), i18n::Language::en); }

TEST(Headline, NeverTellsAVerdictWithoutItsPart) {
  const CaseRecord good = a_case("A", 1, Verdict::passed), absent = a_case("B", 1, Verdict::not_applicable),
                   also_absent = a_case("B", 2, Verdict::not_applicable);
  CaseRecord beyond = a_case("A", 2, Verdict::inconclusive);
  beyond.reason = i18n::msg<"case.budget">("user");
  CaseRecord not_run = a_case("A", 5, Verdict::inconclusive);
  not_run.reason = i18n::msg<"case.not-run">();
  CheckRecord chosen = of({good});
  chosen.selection.only = {"A/1/*"};
  chosen.selection.except = {"B"};
  CheckRecord old = of({good});
  old.planned.reset();
  old.filter = "A/1/*";
  CheckRecord failing = chosen;
  failing.verdict = RunVerdict::does_not_conform;
  CaseRecord unanswered = a_case("A", 4, Verdict::inconclusive);
  unanswered.reason = i18n::msg<"case.no-reply">(i18n::msg<"transport.closed">());
  CaseRecord unanswered_query = unanswered;
  unanswered_query.reason = i18n::msg<"case.no-reply-from">("A", i18n::msg<"transport.closed">());
  CheckRecord once_more = of({good}), once_more_of_old = of({good});
  once_more.selection.failed = once_more_of_old.selection.failed = {"A/1/1"};
  once_more.selection.failed_in = "last run.json";
  CheckRecord chosen_and_absent = of({good, absent, also_absent});
  chosen_and_absent.selection.only = {"A", "B"};
  const std::pair<CheckRecord, const char*> table[] = {
      {of({good}), "conforms"},
      {chosen, "conforms in part: 1 of 1342 cases (--filter 'A/1/*' --exclude B)"},
      {old, "conforms in part: 1 cases (--filter 'A/1/*')"},
      {failing, "does not conform, by 1 of 1342 cases (--filter 'A/1/*' --exclude B)"},
      {of({good, absent, also_absent}), "conforms without B (declared absent, 2 cases)"},
      {of({good, a_case("A", 3, Verdict::not_applicable)}), "conforms, without 1 cases that are declared unsupported"},
      {of({good, beyond}), "conforms, without 1 cases that need more rows than --max-rows allows"},
      {of({good, not_run, not_run}), "conforms, without 2 cases that were not run within --budget"},
      {of({good, unanswered, unanswered_query}), "conforms, without 2 cases that were left without a reply"},
      {of({good, unanswered}, RunVerdict::does_not_conform), "does not conform, without 1 cases that were left without a reply"},
      {once_more, "conforms in part: 1 of 1342 cases (--failed-in 'last run.json')"},
      {once_more_of_old, "conforms in part: 1 of 1342 cases (--failed-in)"},
      {chosen_and_absent, "conforms in part: 3 of 1342 cases (--filter A --filter B) without B (declared absent, 2 cases)"},
      {of({good, absent}, RunVerdict::not_judged), "not judged"},
  };
  for (const auto& [record, said] : table) EXPECT_EQ(english(record), said);
}

NotJudgedRecord a_gap(i18n::Message why, std::size_t clauses, bool chosen = false) {
  NotJudgedRecord out;
  out.why = std::move(why);
  out.chosen = chosen;
  out.clauses.assign(clauses, "3.5/code/1");
  return out;
}

// "Conforms" alone is for who was judged in all that is stated.
TEST(Headline, SaysHowFarTheVerdictReaches) {
  const auto reach_of = [](std::vector<InterfaceReachRecord> interfaces) {
    ReachRecord out;
    for (const InterfaceReachRecord& one : interfaces) {
      out.clauses += one.clauses;
      out.judged += one.judged;
    }
    out.interfaces = std::move(interfaces);
    return out;
  };
  const auto hooks = [](std::size_t clauses) { return a_gap(i18n::msg<"reach.no-hook">(), clauses, true); };
  const auto reading = [](std::size_t clauses) { return a_gap(i18n::msg<"reach.no-reading">(), clauses); };
  const InterfaceReachRecord full{"3.1", "A", 20, 20, {}}, hidden{"3.5", "B", 12, 0, {reading(12)}}, partly{"3.5", "B", 12, 8, {reading(4)}};
  const auto hookless = [&](const char* section) { return InterfaceReachRecord{section, section, 10, 8, {hooks(2)}}; };
  const CaseRecord good = a_case("A", 1, Verdict::passed);
  const struct {
    ReachRecord reach;
    RunVerdict verdict;
    const char* said;
  } table[] = {
      {reach_of({full}), RunVerdict::conforms, "conforms"},
      {reach_of({full, hidden}), RunVerdict::conforms, "conforms as far as judged (20 of 32 clauses; 3.5 not judged: no row had a reading)"},
      {reach_of({full, partly}), RunVerdict::conforms, "conforms as far as judged (28 of 32 clauses; 4 of 3.5 not judged: no row had a reading)"},
      {reach_of({hookless("3.1"), hookless("3.2"), partly}), RunVerdict::conforms,
       "conforms as far as judged (24 of 32 clauses; 4 of 3.5 not judged: no row had a reading; 4 of 3.1, 3.2 not judged: no fault hook)"},
      {reach_of({hookless("3.1"), hookless("3.2"), hookless("3.3"), hookless("3.4")}), RunVerdict::conforms,
       "conforms as far as judged (32 of 40 clauses; 8 in 4 sections not judged: no fault hook)"},
      {reach_of({hookless("3.1"), {"3.2", "C", 3, 0, {a_gap(i18n::msg<"reach.no-reply">(), 1), a_gap(i18n::msg<"reach.broken">(), 2)}}}), RunVerdict::conforms,
       "conforms as far as judged (8 of 13 clauses; 2 of 3.2 not judged: a hook, or the checker itself, failed; 1 of 3.2 not judged: no reply; 1 other "
       "reasons)"},
      {reach_of({full, hidden}), RunVerdict::does_not_conform, "does not conform"},
      {reach_of({full, hidden}), RunVerdict::not_judged, "not judged"},
  };
  for (const auto& row : table) {
    CheckRecord record = of({good}, row.verdict);
    record.reach = row.reach;
    EXPECT_EQ(english(record), row.said);
    for (const Language language : {Language::en, Language::zh})
      for (const std::string& text :
           {to_text(record, {.language = language}), to_markdown(record, {.language = language}), to_junit(record, {.language = language})})
        EXPECT_NE(text.find(render(headline(record), language)), std::string::npos) << text;
  }
  CheckRecord old = of({good});  // of a release that did not count by interface
  old.reach = ReachRecord{183, 171, {}, {}, {}};
  EXPECT_EQ(english(old), "conforms as far as judged (171 of 183 clauses)");
  CheckRecord part = of({good});
  part.selection.only = {"A"};
  part.reach = reach_of({partly});
  EXPECT_EQ(english(part), "conforms in part: 1 of 1342 cases (--filter A) as far as judged (8 of 12 clauses; 4 of 3.5 not judged: no row had a reading)");
  CheckRecord absent = of({good, a_case("B", 1, Verdict::not_applicable)});
  absent.reach = reach_of({full, {"3.5", "B", 12, 0, {a_gap(i18n::msg<"reach.declared">(), 12, true)}}});
  EXPECT_EQ(english(absent), "conforms as far as judged (20 of 32 clauses) without B (declared absent, 1 cases)");
}

// Below --min-reach nothing is concluded, and the note says what would raise the reach.
TEST(Headline, AReachThatWasAskedForIsAGate) {
  NotJudgedRecord gap = a_gap(i18n::msg<"reach.no-reading">(), 2);
  gap.raised_by = {i18n::msg<"reach.by-fixture">("meter"), i18n::msg<"reach.by-hook">("database")};
  const struct {
    std::optional<double> min_reach;
    int exit_code;
    const char* said;
  } table[] = {
      {std::nullopt, 0, "conforms as far as judged (38 of 40 clauses; 2 of 3.5 not judged: no row had a reading)"},
      {95, 0, "conforms as far as judged (38 of 40 clauses; 2 of 3.5 not judged: no row had a reading)"},
      {95.5, 4, "not judged enough (38 of 40 clauses, --min-reach 95.5 %)"},
      {100, 4, "not judged enough (38 of 40 clauses, --min-reach 100 %)"},
  };
  for (const auto& row : table) {
    CheckRecord record = of({a_case("A", 1, Verdict::passed)});
    record.reach = ReachRecord{40, 38, {{"3.5", "B", 40, 38, {gap}}}, {}, {}};
    record.min_reach = row.min_reach;
    conclude(record, true);
    EXPECT_EQ(record.exit_code, row.exit_code) << row.said;
    EXPECT_EQ(english(record), row.said);
    EXPECT_TRUE(is_concluded(record));
    if (row.exit_code == 0) continue;
    ASSERT_EQ(record.notes.size(), 1U);
    const std::string note = render(record.notes.front(), i18n::Language::en);
    EXPECT_NE(note.find("95.0 %"), std::string::npos) << note;
    EXPECT_NE(note.find("More would be judged with: --fixture meter=KEY; fault_hooks: database"), std::string::npos) << note;
  }
  CheckRecord failing = of({a_case("A", 1, Verdict::failed)});
  failing.reach = ReachRecord{40, 1, {}, {}, {}};
  failing.min_reach = 95;
  conclude(failing, true);
  EXPECT_EQ(failing.exit_code, 1) << "a failure is one, however little was judged";
}

// What whoever ran the check left out does not make a run unjudged; what the target left undecided does.
TEST(Headline, OneClauseInTenMayStayWithoutAVerdict) {
  const struct {
    std::size_t left_out, undecided;
    int exit_code;
  } table[] = {{0, 0, 0}, {0, 10, 0}, {0, 11, 4}, {50, 5, 0}, {50, 6, 4}, {90, 1, 0}, {99, 0, 0}};
  for (const auto& row : table) {
    CheckRecord record = of({a_case("A", 1, Verdict::passed)});
    record.reach = ReachRecord{100, 100 - row.left_out - row.undecided, {{"3.1", "A", 100, 100 - row.left_out - row.undecided, {}}}, {}, {}};
    auto& gaps = record.reach->interfaces.front().not_judged;
    if (row.left_out > 0) gaps.push_back(a_gap(i18n::msg<"reach.not-run">(), row.left_out, true));
    if (row.undecided > 0) gaps.push_back(a_gap(i18n::msg<"reach.no-reply">(), row.undecided));
    conclude(record, true);
    EXPECT_EQ(record.exit_code, row.exit_code) << row.left_out << ", " << row.undecided;
  }
}

TEST(Headline, CausesStandBesideFailures) {
  CheckRecord record = of({a_case("A", 1, Verdict::failed), a_case("A", 2, Verdict::failed), a_case("A", 3, Verdict::failed)}, RunVerdict::does_not_conform);
  EXPECT_EQ(english(record), "does not conform") << "of a record without causes";
  record.causes = {{"code/-1/0", i18n::msg<"cause.code">("0", "-1"), {"A/1/1", "A/1/3"}}, {"changed/A", i18n::msg<"cause.changed">("A"), {"A/1/2"}}};
  EXPECT_EQ(english(record), "does not conform (3 failures, 2 causes)");
  EXPECT_NE(to_text(record, {}).find("3 failed (2 causes)"), std::string::npos) << to_text(record, {});
  record.causes.pop_back();
  EXPECT_EQ(english(record), "does not conform (3 failures, 1 cause)");
  record.cases.resize(1);
  EXPECT_EQ(english(record), "does not conform (1 failure)");
}

TEST(Headline, IsTheVerdictOfEveryForm) {
  CheckRecord record = of({a_case("A", 1, Verdict::passed)});
  record.selection.only = {"A"};
  const std::string said = "conforms in part: 1 of 1342 cases (--filter A)";
  EXPECT_NE(to_text(record, {}).find(said), std::string::npos) << to_text(record, {});
  EXPECT_NE(summary_line(record, {}).find(said), std::string::npos);
  EXPECT_NE(to_markdown(record, {}).find(said), std::string::npos) << to_markdown(record, {});
  EXPECT_NE(to_junit(record, {}).find(said), std::string::npos) << to_junit(record, {});
  EXPECT_NE(to_json(record).find(said), std::string::npos);
}

TEST(Headline, SaysHowManyInterfacesAClientCalled) {
  CheckRecord record = of({});
  record.role = "billing client";
  const auto add = [&](const std::string& interface, const std::string& id, Verdict verdict) {
    record.cases.push_back(a_case(interface, 1, verdict));
    record.cases.back().id = (interface.empty() ? "client" : interface) + "/" + id;
  };
  add("", "timestamp", Verdict::passed);
  add("A", "called", Verdict::passed);
  add("A", "names", Verdict::inconclusive);
  add("B", "called", Verdict::inconclusive);
  add("C", "called", Verdict::inconclusive);
  const std::string said = "conforms in what it called: 1 of 3 interfaces";
  EXPECT_EQ(english(record), said);
  EXPECT_NE(render(headline(record), i18n::Language::zh).find("3 个接口中的 1 个"), std::string::npos);
  EXPECT_NE(to_text(record, {}).find(said), std::string::npos) << to_text(record, {});
  EXPECT_NE(to_markdown(record, {}).find(said), std::string::npos);
  EXPECT_NE(to_junit(record, {}).find(said), std::string::npos) << to_junit(record, {});
  EXPECT_NE(to_json(record).find(said), std::string::npos) << "which the page shows";
  record.cases[3].verdict = record.cases[4].verdict = Verdict::passed;
  EXPECT_EQ(english(record), "conforms");
  record.verdict = RunVerdict::does_not_conform;
  EXPECT_EQ(english(record), "does not conform");
}

// A broken hook is the user's, or ours: nobody fails for it, and nobody conforms by it.
TEST(Headline, WhatIsBrokenIsNotJudged) {
  CheckRecord record = of({a_case("A", 1, Verdict::passed), a_case("A", 2, Verdict::broken)});
  conclude(record, true);
  EXPECT_EQ(record.verdict, RunVerdict::not_judged);
  EXPECT_EQ(record.exit_code, 4);
  record = of({a_case("A", 1, Verdict::failed), a_case("A", 2, Verdict::broken)});
  conclude(record, true);
  EXPECT_EQ(record.verdict, RunVerdict::does_not_conform);
}

}  // namespace headline_test
}  // namespace meterproof::reports
