// SPDX-License-Identifier: Apache-2.0
#include "reports/headline.hpp"

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
  std::size_t beyond_budget = 0;
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
    if (i18n::mentions(one.reason, "case.budget")) ++out.beyond_budget;
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

Message part_of(const CheckRecord& record, const std::string& selection) {
  const bool conforms = record.verdict == RunVerdict::conforms;
  const std::size_t cases = record.cases.size();
  if (record.planned)
    return conforms ? msg<"report.conforms-in-part">(cases, *record.planned, selection)
                    : msg<"report.verdict-of-part">(to_message(record.verdict), cases, *record.planned, selection);
  return conforms ? msg<"report.conforms-in-part-unplanned">(cases, selection)
                  : msg<"report.verdict-of-part-unplanned">(to_message(record.verdict), cases, selection);
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
  Message out = to_message(record.verdict);
  if (!record.selection.is_all()) out = part_of(record, options_of(record.selection));
  else if (!record.filter.empty()) out = part_of(record, "--filter " + core::shell_word(record.filter));
  const bool judged = record.verdict == RunVerdict::conforms || record.verdict == RunVerdict::does_not_conform;
  if (!judged) return out;
  const Called calls = called_of(record);
  if (record.verdict == RunVerdict::conforms && calls.called < calls.all) out = msg<"report.conforms-in-calls">(calls.called, calls.all);
  const Missing missing = missing_of(record);
  if (!missing.absent.empty()) out = msg<"report.without-interfaces">(std::move(out), core::join(missing.absent), missing.of_absent);
  if (missing.declared > 0) out = msg<"report.without-declared">(std::move(out), missing.declared);
  if (missing.beyond_budget > 0) out = msg<"report.without-budget">(std::move(out), missing.beyond_budget);
  if (missing.without_reply > 0) out = msg<"report.without-replies">(std::move(out), missing.without_reply);
  return out;
}

}  // namespace meterproof::reports
