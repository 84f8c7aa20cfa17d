// SPDX-License-Identifier: Apache-2.0
// A request of the run's beginning, repeated at its end: a server may forget used timestamps after a while, or after so many others.
#pragma once

#include <vector>

#include "conformance/case.hpp"
#include "conformance/check_options.hpp"

namespace meterproof::conformance {

/// Runs these cases; `records` stand beside `cases`. To be called when all others have run. Waits until the requests are `options.replay_age` old.
void run_late_replays(TargetSession& session, const CheckOptions& options, const std::vector<const TestCase*>& cases,
                      std::vector<reports::CaseRecord>& records);

}  // namespace meterproof::conformance
