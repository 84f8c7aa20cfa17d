// SPDX-License-Identifier: Apache-2.0
// Records as JUnit XML, for CI servers.
#pragma once

#include <string>
#include <string_view>

#include "reports/load_record.hpp"
#include "reports/record.hpp"

namespace meterproof::reports {

/// Text for XML 1.0, and for HTML: markup escaped, and the characters that XML has no way to write left out.
std::string xml_escaped(std::string_view text);

std::string to_junit(const CheckRecord& record, const TextStyle& style = {});
/// A test case for each threshold and reconciliation, and one for the run as a whole.
std::string to_junit(const LoadRecord& record, const TextStyle& style = {});

}  // namespace meterproof::reports
