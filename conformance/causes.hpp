// SPDX-License-Identifier: Apache-2.0
// Failures that go back to one fault of the target: grouped by what their records hold (ids of messages, interfaces, fields, codes), never by prose.
#pragma once

#include <vector>

#include "core/model/interface.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

/// A failure that may rest on a refused valid request: only the records of the other cases tell (`set_aside_what_rests`).
bool may_rest_on_another(const reports::CaseRecord& one);

/// Where a valid request was refused, that is one finding. Sequences whose step is the same request, refused with the same code, become inconclusive, and
/// name the case that failed.
void set_aside_what_rests(const core::Spec& spec, std::vector<reports::CaseRecord>& records);

/// Groups the failures by their cause and sets CaseRecord::cause. Causes and their cases stand in the order in which they tell most: a valid request before a
/// sequence, a stated clause before an implied one, a small request before a large one. A cause that shows in three interfaces is one.
std::vector<reports::CauseRecord> find_causes(const core::Spec& spec, std::vector<reports::CaseRecord>& records);

}  // namespace meterproof::conformance
