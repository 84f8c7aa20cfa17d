// SPDX-License-Identifier: Apache-2.0
#include "conformance/coverage.hpp"

#include <map>

#include "conformance/clauses.hpp"

namespace meterproof::conformance {

using reports::CaseRecord;
using reports::Verdict;

namespace {

bool is_declared_away(const CaseRecord& one) {
  return one.verdict == Verdict::not_applicable || one.reason.id == "case.needs-a-fault-hook" || one.reason.id == "case.needs-unsupported";
}

/// Of the cases of one interface.
struct Replies {
  std::size_t cases = 0, missing = 0;

  bool are_too_few() const {
    constexpr std::size_t chance = 4;  // so many may be lost on the way
    return missing > chance && missing * 4 > cases;
  }
};

}  // namespace

reports::CoverageRecord coverage_of(const core::Spec& spec, const std::vector<CaseRecord>& cases, const std::set<std::string>& accepted) {
  std::set<std::string> stated;
  for (const Clause& clause : clauses(spec))
    if (clause.level == Level::stated) stated.insert(clause.id);
  std::map<std::string, bool> decided;  // by clause
  std::set<std::string> interfaces;
  std::map<std::string, Replies> replies;  // by interface
  for (const CaseRecord& one : cases) {
    if (is_declared_away(one)) continue;
    if (!one.interface.empty()) interfaces.insert(one.interface);
    ++replies[one.interface].cases;
    if (one.got_no_reply()) ++replies[one.interface].missing;
    for (const std::string& clause : one.clauses)
      if (stated.count(clause) > 0) decided[clause] |= one.verdict != Verdict::inconclusive;
  }
  reports::CoverageRecord out;
  out.clauses = decided.size();
  for (const auto& [clause, by_a_case] : decided) out.decided += by_a_case ? 1 : 0;
  for (const core::Interface& interface : spec.interfaces)  // in the order of the specification
    if (interfaces.count(interface.name) > 0 && accepted.count(interface.name) == 0) out.without_control.push_back(interface.name);
  for (const core::Interface& interface : spec.interfaces)
    if (const auto found = replies.find(interface.name); found != replies.end() && found->second.are_too_few()) out.unanswered.push_back(interface.name);
  return out;
}

}  // namespace meterproof::conformance
