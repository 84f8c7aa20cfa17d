// SPDX-License-Identifier: Apache-2.0
// What differences and histories read out of a check's record.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/record.hpp"

namespace meterproof::history {

/// A failure: of the target, or of the suite.
bool is_bad(reports::Verdict verdict);

/// The median time of each interface's replies, in milliseconds, where at least five were measured.
std::map<std::string, double> reply_medians(const reports::CheckRecord& record);

/// What the open questions were answered with, sorted, by their ids. Without those that had no answer.
std::map<std::string, std::vector<std::string>> answers_of(const reports::CheckRecord& record);

/// Whether one answer at least is the same: a question may be answered several ways in one run.
bool share_an_answer(const std::vector<std::string>& a, const std::vector<std::string>& b);

}  // namespace meterproof::history
