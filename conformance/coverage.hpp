// SPDX-License-Identifier: Apache-2.0
// How much of the specification a run has decided, and of which interfaces it has seen a valid request succeed.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/model/interface.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

/// Counts the clauses that the specification states and that these cases test. One is decided where a case of it came to a verdict. Not counted
/// are clauses that only a fault hook could decide where the vendor gave none, and what the vendor declared unsupported. `accepted`: names of
/// the interfaces that accepted a valid request.
reports::CoverageRecord coverage_of(const core::Spec& spec, const std::vector<reports::CaseRecord>& cases, const std::set<std::string>& accepted);

}  // namespace meterproof::conformance
