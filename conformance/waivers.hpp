// SPDX-License-Identifier: Apache-2.0
// What has been agreed with the vendor: cases that do not apply, and failures that are accepted for a while.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "conformance/case.hpp"
#include "conformance/check_options.hpp"

namespace meterproof::conformance {

/// Names of the interfaces of which every case is declared unsupported.
std::set<std::string> absent_interfaces(const std::vector<const TestCase*>& cases, const std::vector<Exclusion>& unsupported);

/// Removes the cases that are declared unsupported; their records say why they are not run.
void exclude_unsupported(std::vector<const TestCase*>& cases, const CheckOptions& options, std::vector<reports::CaseRecord>& records);

/// Turns failures into waived ones. Returns what is to be said of waivers that have expired, or are no longer needed: those are the user's to remove,
/// and nothing that the target did wrong. `whole`: all cases were run; a part of them does not tell whether a waiver is needed.
std::vector<i18n::Message> apply_waivers(const CheckOptions& options, core::DateTime now, bool whole, std::vector<reports::CaseRecord>& records);

}  // namespace meterproof::conformance
