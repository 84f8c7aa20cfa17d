// SPDX-License-Identifier: Apache-2.0
// Codes that nothing provokes from outside: the vendor's hooks break the target, the cases ask it, and it is repaired again.
#pragma once

#include <vector>

#include "conformance/case.hpp"
#include "conformance/check_options.hpp"
#include "conformance/named_rows.hpp"

namespace meterproof::conformance {

/// Runs the cases of the faults that have hooks; `records` stand beside `cases`. To be called when no other case is running. A target that was broken is
/// always repaired. Where the run is cut off, the faults that are left are not tried.
void run_injected_faults(TargetSession& session, const CheckOptions& options, const std::vector<ShownRow>& shown, const std::vector<const TestCase*>& cases,
                         std::vector<reports::CaseRecord>& records);

}  // namespace meterproof::conformance
