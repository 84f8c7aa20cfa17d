// SPDX-License-Identifier: Apache-2.0
// Records for a terminal.
#pragma once

#include <string>

#include "reports/load_record.hpp"
#include "reports/record.hpp"

namespace meterproof::reports {

/// Findings first, then the counts.
std::string to_text(const CheckRecord& record, const TextStyle& style);
std::string to_text(const LoadRecord& record, const TextStyle& style = {});
/// What a check came to, in a line.
std::string summary_line(const CheckRecord& record, const TextStyle& style);
/// The command that repeats a case, for the shell that the style names; for sh where there is none for that.
const std::string& repeat_of(const CaseRecord& one, const TextStyle& style);
/// A finding in a line, as it comes.
std::string finding_line(const CaseRecord& one, const TextStyle& style);

}  // namespace meterproof::reports
