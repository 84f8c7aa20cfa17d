// What has been agreed with the target's vendor: cases that are out of the question, and failures that are borne with for a while.
#pragma once

#include "conformance/runner.hpp"

namespace meterproof::conformance {

/// The record of a case that is not run.
reports::CaseRecord untried(const Case& one, const std::string& why);

/// Takes excused cases out; they are not run, and their records say why.
void take_out_unsupported(std::vector<Case>& cases, const CheckOptions& options, std::vector<reports::CaseRecord>& records);

/// Turns failures into waived ones, and adds every waiver that does not hold as a failure of its own.
void apply_waivers(const CheckOptions& options, core::DateTime now, std::vector<reports::CaseRecord>& records);

}  // namespace meterproof::conformance
