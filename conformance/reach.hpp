// SPDX-License-Identifier: Apache-2.0
// The reach of a verdict: which of the clauses that the specification states a run has judged, why the others were not, and what would have them judged.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/model/interface.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

/// Counts the stated clauses that these cases test, by interface. One is judged where a case of it came to a verdict, and the case's interface accepted a
/// valid request: without one, a refusal proves nothing, and only a failure counts. `accepted`: names of the interfaces that did.
reports::ReachRecord reach_of(const core::Spec& spec, const std::vector<reports::CaseRecord>& cases, const std::set<std::string>& accepted);

/// Why a case came to no verdict, in few words, so that many cases have one reason in common; and what would have it judged. Without clauses.
reports::NotJudgedRecord why_not_judged(const reports::CaseRecord& one);

}  // namespace meterproof::conformance
