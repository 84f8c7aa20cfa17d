// SPDX-License-Identifier: Apache-2.0
// What the target does where the specification leaves a question open: told in the report, never a failure.
#pragma once

#include <vector>

#include "conformance/case.hpp"
#include "conformance/check_options.hpp"

namespace meterproof::conformance {

/// Sends numbers as texts, once, and observes whether they are accepted.
void observe_numbers_as_text(CaseContext& context);
/// Uses the timestamp of the refused signatures, and observes whether it is still free.
void observe_refused_timestamp(CaseContext& context);

/// Every open question with the answers that were seen. A case that was answered otherwise than another of its question becomes a warning.
std::vector<reports::QuestionRecord> survey(const core::Spec& spec, const CheckOptions& options, const TargetSession& session,
                                            const std::vector<const TestCase*>& cases, std::vector<reports::CaseRecord>& records);

}  // namespace meterproof::conformance
