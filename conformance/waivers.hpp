// SPDX-License-Identifier: Apache-2.0
// What has been agreed with the vendor: cases that do not apply, and failures that are accepted for a while.
#pragma once

#include <vector>

#include "conformance/case.hpp"
#include "conformance/check_options.hpp"

namespace meterproof::conformance {

/// Removes the cases that are declared unsupported; their records say why they are not run.
void exclude_unsupported(std::vector<const TestCase*>& cases, const CheckOptions& options, std::vector<reports::CaseRecord>& records);

/// Turns failures into waived ones, and adds every waiver that does not apply, or has expired, as a failure of its own.
void apply_waivers(const CheckOptions& options, core::DateTime now, std::vector<reports::CaseRecord>& records);

}  // namespace meterproof::conformance
