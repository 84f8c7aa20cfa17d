// SPDX-License-Identifier: Apache-2.0
// What is judged of the replies when the cases have been run: the form of every one of them.
#pragma once

#include <vector>

#include "conformance/case.hpp"
#include "conformance/check_options.hpp"

namespace meterproof::conformance {

/// Judges the case `reply/every-reply` of each interface, from all replies of the run. It fails what no other case has failed for. `records` are those of
/// `cases`, in their order, with others behind them; `excluded` those that are declared not applicable.
void judge_every_reply(const TargetSession& session, const CheckOptions& options, const std::vector<const TestCase*>& cases,
                       const std::vector<reports::CaseRecord>& excluded, std::vector<reports::CaseRecord>& records);

}  // namespace meterproof::conformance
