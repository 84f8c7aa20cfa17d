// SPDX-License-Identifier: Apache-2.0
// Records as JUnit XML, for CI servers.
#pragma once

#include <string>

#include "reports/load_record.hpp"
#include "reports/record.hpp"

namespace meterproof::reports {

std::string to_junit(const CheckRecord& record, const TextStyle& style = {});
/// A test case for each threshold and reconciliation, and one for the run as a whole.
std::string to_junit(const LoadRecord& record, const TextStyle& style = {});

}  // namespace meterproof::reports
