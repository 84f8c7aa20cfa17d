// SPDX-License-Identifier: Apache-2.0
#include "reports/headline.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "core/i18n/message.hpp"
#include "core/text/shell.hpp"
#include "core/text/text.hpp"

namespace meterproof::reports {

using i18n::Message;
using i18n::msg;

namespace {

/// What is missing, and how many cases that is.
struct Missing {
  std::vector<std::string> absent;  // interfaces that were declared unsupported as a whole
  std::size_t of_absent = 0;        // their cases
  std::size_t declared = 0;         // other cases that were declared unsupported
  std::size_t beyond_rows = 0;      // that would need more rows than --max-rows allows
  std::size_t not_run = 0;          // within --budget
  std::size_t without_reply = 0;
};

Missing missing_of(const CheckRecord& record) {
  struct Count {
    std::size_t all = 0, unsupported = 0;
  };
  std::vector<std::pair<std::string, Count>> interfaces;  // in the order of the cases
  std::map<std::string, std::size_t> places;
  Missing out;
  for (const CaseRecord& one : record.cases) {
    const auto [place, is_new] = places.emplace(one.interface, interfaces.size());
    if (is_new) interfaces.push_back({one.interface, {}});
    Count& count = interfaces[place->second].second;
    ++count.all;
    if (one.verdict == Verdict::not_applicable) ++count.unsupported;
    if (i18n::mentions(one.reason, "case.budget")) ++out.beyond_rows;
    if (one.reason.id == "case.not-run") ++out.not_run;
    if (one.got_no_reply()) ++out.without_reply;
  }
  for (const auto& [name, count] : interfaces) {
    if (count.unsupported == count.all) {
      out.absent.push_back(name);
      out.of_absent += count.all;
    } else {
      out.declared += count.unsupported;
    }
  }
  return out;
}

/// Of a client's record: how many interfaces there are, and how many it called as the specification says.
struct Called {
  std::size_t all = 0, called = 0;
};

Called called_of(const CheckRecord& record) {
  Called out;
  if (!record.role.ends_with(" client")) return out;
  for (const CaseRecord& one : record.cases) {
    if (one.interface.empty() || one.id != one.interface + "/called") continue;
    ++out.all;
    if (one.verdict != Verdict::inconclusive) ++out.called;
  }
  return out;
}

/// Clauses without a verdict for one reason, in whichever interfaces.
struct Gap {
  const Message* why = nullptr;
  bool chosen = false;
  std::vector<const InterfaceReachRecord*> of;
  std::size_t clauses = 0;
};

/// What matters most first: what nobody chose, then how many clauses it is. Interfaces that are declared absent as a whole are told apart.
std::vector<Gap> gaps_of(const ReachRecord& reach, const std::vector<std::string>& absent) {
  std::vector<Gap> out;
  for (const InterfaceReachRecord& one : reach.interfaces) {
    if (std::find(absent.begin(), absent.end(), one.interface) != absent.end()) continue;
    for (const NotJudgedRecord& part : one.not_judged) {
      const auto same = std::find_if(out.begin(), out.end(), [&](const Gap& other) { return *other.why == part.why; });
      Gap& gap = same == out.end() ? out.emplace_back(Gap{&part.why, part.chosen, {}, 0}) : *same;
      gap.of.push_back(&one);
      gap.clauses += part.clauses.size();
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const Gap& a, const Gap& b) { return std::pair(a.chosen, b.clauses) < std::pair(b.chosen, a.clauses); });
  return out;
}

Message said_of(const Gap& gap) {
  constexpr std::size_t few = 3;
  std::vector<std::string> sections;
  std::size_t all = 0;
  for (const InterfaceReachRecord* one : gap.of) {
    sections.push_back(one->section);
    all += one->clauses;
  }
  if (gap.of.size() > few) return msg<"report.gap-of-several">(gap.clauses, gap.of.size(), *gap.why);
  if (gap.clauses == all) return msg<"report.gap-of-all">(core::join(sections), *gap.why);
  return msg<"report.gap">(gap.clauses, core::join(sections), *gap.why);
}

/// The verdict with its reach, where that is not full.
Message as_far_as_judged(Message verdict, const CheckRecord& record, const std::vector<std::string>& absent) {
  constexpr std::size_t most = 2;  // reasons
  if (!record.reach || record.reach->is_full()) return verdict;
  const ReachRecord& reach = *record.reach;
  const std::vector<Gap> gaps = gaps_of(reach, absent);
  std::vector<Message> said;
  for (std::size_t i = 0; i < std::min(most, gaps.size()); ++i) said.push_back(said_of(gaps[i]));
  if (gaps.size() > most) said.push_back(msg<"report.more-gaps">(gaps.size() - most));
  if (said.empty()) return msg<"report.as-far-as-judged">(std::move(verdict), reach.judged, reach.clauses);
  return msg<"report.as-far-as-judged-why">(std::move(verdict), reach.judged, reach.clauses, std::move(said));
}

/// "does not conform (12 failures, 3 causes)", "not judged enough (171 of 183 clauses, --min-reach 95 %)".
Message verdict_of(const CheckRecord& record) {
  const std::size_t failures = record.count(Verdict::failed);
  if (record.verdict == RunVerdict::does_not_conform && failures > 0 && !record.causes.empty())
    return failures == 1               ? msg<"report.failure">(to_message(record.verdict))
           : record.causes.size() == 1 ? msg<"report.failures-and-cause">(to_message(record.verdict), failures)
                                       : msg<"report.failures-and-causes">(to_message(record.verdict), failures, record.causes.size());
  if (record.verdict == RunVerdict::not_judged && is_below_min_reach(record) && record.reach->is_enough() && !record.interrupted &&
      record.count(Verdict::broken) == 0)
    return msg<"report.not-judged-enough">(record.reach->judged, record.reach->clauses, number(*record.min_reach, "%g"));
  return to_message(record.verdict);
}

Message part_of(const CheckRecord& record, const std::string& selection) {
  const bool conforms = record.verdict == RunVerdict::conforms;
  const std::size_t cases = record.cases.size();
  if (record.planned)
    return conforms ? msg<"report.conforms-in-part">(cases, *record.planned, selection)
                    : msg<"report.verdict-of-part">(verdict_of(record), cases, *record.planned, selection);
  return conforms ? msg<"report.conforms-in-part-unplanned">(cases, selection) : msg<"report.verdict-of-part-unplanned">(verdict_of(record), cases, selection);
}

}  // namespace

std::string options_of(const SelectionRecord& selection) {
  std::vector<std::string> out;
  for (const std::string& pattern : selection.only) out.push_back("--filter " + core::shell_word(pattern));
  for (const std::string& pattern : selection.except) out.push_back("--exclude " + core::shell_word(pattern));
  if (!selection.failed.empty()) out.push_back("--failed-in" + (selection.failed_in.empty() ? "" : " " + core::shell_word(selection.failed_in)));
  return core::join(out, " ");
}

Message headline(const CheckRecord& record) {
  Message out = verdict_of(record);
  if (!record.selection.is_all()) out = part_of(record, options_of(record.selection));
  else if (!record.filter.empty()) out = part_of(record, "--filter " + core::shell_word(record.filter));
  const bool judged = record.verdict == RunVerdict::conforms || record.verdict == RunVerdict::does_not_conform;
  if (!judged) return out;
  const Called calls = called_of(record);
  if (record.verdict == RunVerdict::conforms && calls.called < calls.all) out = msg<"report.conforms-in-calls">(calls.called, calls.all);
  const Missing missing = missing_of(record);
  if (record.verdict == RunVerdict::conforms) out = as_far_as_judged(std::move(out), record, missing.absent);
  if (!missing.absent.empty()) out = msg<"report.without-interfaces">(std::move(out), core::join(missing.absent), missing.of_absent);
  if (missing.declared > 0) out = msg<"report.without-declared">(std::move(out), missing.declared);
  if (missing.beyond_rows > 0) out = msg<"report.without-rows">(std::move(out), missing.beyond_rows);
  if (missing.not_run > 0) out = msg<"report.not-run">(std::move(out), missing.not_run);
  if (missing.without_reply > 0) out = msg<"report.without-replies">(std::move(out), missing.without_reply);
  return out;
}

}  // namespace meterproof::reports
