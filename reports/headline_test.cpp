// SPDX-License-Identifier: Apache-2.0
#include "reports/headline.hpp"

#include <gtest/gtest.h>

#include "core/i18n/message.hpp"
#include "reports/junit.hpp"
#include "reports/markdown.hpp"
#include "reports/text.hpp"

namespace meterproof::reports {
namespace {

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
      {of({good, beyond}), "conforms, without 1 cases beyond --budget"},
      {of({good, unanswered, unanswered_query}), "conforms, without 2 cases that were left without a reply"},
      {of({good, unanswered}, RunVerdict::does_not_conform), "does not conform, without 1 cases that were left without a reply"},
      {once_more, "conforms in part: 1 of 1342 cases (--failed-in 'last run.json')"},
      {once_more_of_old, "conforms in part: 1 of 1342 cases (--failed-in)"},
      {chosen_and_absent, "conforms in part: 3 of 1342 cases (--filter A --filter B) without B (declared absent, 2 cases)"},
      {of({good, absent}, RunVerdict::not_judged), "not judged"},
  };
  for (const auto& [record, said] : table) EXPECT_EQ(english(record), said);
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

}  // namespace
}  // namespace meterproof::reports
