// SPDX-License-Identifier: Apache-2.0
// Codes that nothing provokes from outside: the vendor's hooks break the target, the cases ask it, and it is mended again.
#pragma once

#include <memory>
#include <vector>

#include "conformance/case.hpp"
#include "conformance/exchange_record.hpp"

namespace meterproof::conformance {

/// Runs the cases of the faults that have hooks; `records` stand beside `cases`. To be called when no other case is running.
void run_injected_faults(TargetSession& session, const CheckOptions& options, const std::vector<const TestCase*>& cases,
                         std::vector<reports::CaseRecord>& records);

}  // namespace meterproof::conformance
