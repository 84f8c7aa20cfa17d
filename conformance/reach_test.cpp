// SPDX-License-Identifier: Apache-2.0
#include "conformance/reach.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "conformance/planner.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace reach_test {

using i18n::msg;
using reports::CaseRecord;
using reports::Verdict;

CaseRecord a_case(const std::string& interface, std::vector<std::string> clauses, Verdict verdict, i18n::Message reason = {}) {
  CaseRecord out;
  out.interface = interface;
  out.id = interface + "/1/x";
  out.clauses = std::move(clauses);
  out.verdict = verdict;
  out.reason = std::move(reason);
  return out;
}

std::string said(const reports::ReachRecord& reach) {
  std::string out = std::to_string(reach.judged) + "/" + std::to_string(reach.clauses);
  for (const auto& one : reach.interfaces)
    for (const auto& gap : one.not_judged) {
      out += "; " + one.section + " " + std::to_string(gap.clauses.size()) + (gap.chosen ? " chosen: " : ": ") + test::english(gap.why);
      for (const i18n::Message& way : gap.raised_by) out += " <" + test::english(way) + ">";
    }
  return out;
}

// Each clause once, by the case of it that came furthest; what nobody chose is told rather than what somebody did.
TEST(Reach, CountsStatedClausesAndSaysWhyNotTheRest) {
  const std::string query = "GetData", number = "3.5/reply/ReadNumber", voltage = "3.5/reply/Voltage", refused = "3.5/refused", code = "3.5/code/-203";
  const i18n::Message hidden = msg<"case.shows-nothing-yet">(query), hookless = msg<"case.needs-a-fault-hook">("database");
  const std::set<std::string> accepted = {query};
  const struct {
    std::vector<CaseRecord> cases;
    const char* said;
  } table[] = {
      {{a_case(query, {number, voltage}, Verdict::passed)}, "2/2"},
      {{a_case(query, {number, refused}, Verdict::passed)}, "1/1"},  // what the words but imply is not stated
      {{a_case(query, {number}, Verdict::warned), a_case(query, {voltage}, Verdict::failed)}, "2/2"},
      {{a_case(query, {number}, Verdict::waived)}, "1/1"},
      {{a_case(query, {number}, Verdict::inconclusive, hidden), a_case(query, {voltage}, Verdict::inconclusive, hidden)},
       "0/2; 3.5 2: no row had a reading <a row that has a reading (--fixture), or a longer --effect-timeout>"},
      {{a_case(query, {number}, Verdict::inconclusive, hidden), a_case(query, {number}, Verdict::passed)}, "1/1"},
      {{a_case(query, {code}, Verdict::inconclusive, hookless)}, "0/1; 3.5 1 chosen: no fault hook <fault_hooks: database>"},
      {{a_case(query, {number}, Verdict::not_applicable)}, "0/1; 3.5 1 chosen: declared unsupported"},
      {{a_case(query, {number}, Verdict::inconclusive, msg<"case.not-run">())},
       "0/1; 3.5 1 chosen: not run within --budget <a longer --budget, or more appIds (--app)>"},
      {{a_case(query, {number}, Verdict::inconclusive, msg<"case.not-run">()), a_case(query, {number}, Verdict::inconclusive, hidden)},
       "0/1; 3.5 1: no row had a reading <a row that has a reading (--fixture), or a longer --effect-timeout>"},
      {{a_case(query, {number}, Verdict::inconclusive, msg<"case.no-row-in-that-state">("meter.cancelled"))},
       "0/1; 3.5 1: no row in the state in question <--fixture meter.cancelled=KEY>"},
      {{a_case(query, {number}, Verdict::inconclusive, msg<"case.no-interface-makes">("meter"))}, "0/1; 3.5 1: no row of meter <--fixture meter=KEY>"},
      {{a_case(query, {number}, Verdict::inconclusive, msg<"case.side-effects-not-visible">(msg<"case.no-reply">(msg<"transport.closed">())))},
       "0/1; 3.5 1: no reply <a longer --timeout>"},
      {{a_case(query, {number}, Verdict::broken)}, "0/1; 3.5 1: a hook, or the checker itself, failed"},
  };
  for (const auto& row : table) {
    const auto reach = reach_of(test::specification(), row.cases, accepted);
    EXPECT_EQ(said(reach), row.said);
    EXPECT_TRUE(reach.without_control.empty());
  }
}

// Without an accepted valid request a refusal proves nothing; a failure does.
TEST(Reach, NeedsAControl) {
  const auto reach = reach_of(test::specification(),
                              {a_case("GetData", {"3.5/code/-1"}, Verdict::passed), a_case("GetData", {"3.5/code/1"}, Verdict::failed),
                               a_case("GetData", {"3.5/code/-203"}, Verdict::inconclusive, msg<"case.needs-a-fault-hook">("database"))},
                              {});
  EXPECT_EQ(said(reach), "1/3; 3.5 1: no valid request was accepted; 3.5 1 chosen: no fault hook <fault_hooks: database>");
  EXPECT_EQ(reach.without_control, std::vector<std::string>{"GetData"});
  EXPECT_FALSE(reach.is_enough());
  EXPECT_TRUE(reach_of(test::specification(), {a_case("GetData", {"3.5/code/-1"}, Verdict::not_applicable)}, {}).without_control.empty())
      << "what is declared absent needs none";
}

TEST(Reach, OfAnHonestMockIsAllButWhatHooksAndRowsDecide) {
  const auto record = test::check_mock(test::specification(), test::settings_for(test::specification()), test::options_for("both"));
  ASSERT_TRUE(record.reach);
  EXPECT_GT(record.reach->clauses, 200U);
  EXPECT_LE(record.reach->clauses - record.reach->judged - record.reach->chosen(), 1U) << said(*record.reach);
  EXPECT_EQ(record.reach->interfaces.size(), test::specification().interfaces.size() + 1) << "and what is stated for all of them";
  std::uint64_t requests = 0, of_cases = 0;
  for (const auto& one : record.requests_by) requests += one.requests;
  for (const auto& one : record.cases) of_cases += one.requests.value_or(0);
  EXPECT_LE(of_cases, requests);
  EXPECT_GT(of_cases, requests / 2) << "most requests are those of cases";
  EXPECT_LE(requests, record.requests) << "wrong signatures need no timestamp of their own";
}

}  // namespace reach_test
}  // namespace meterproof::conformance
