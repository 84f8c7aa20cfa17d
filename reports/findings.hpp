// SPDX-License-Identifier: Apache-2.0
// What a check found, those that are alike together: a wrong envelope in every interface is one thing to know.
#pragma once

#include <vector>

#include "reports/record.hpp"

namespace meterproof::reports {

bool is_finding(const CaseRecord& one);

/// Findings of one verdict that were observed alike, for the same reason; never empty. The record must outlive them.
using Alike = std::vector<const CaseRecord*>;
/// Broken cases, then failed ones, by the first case of each.
std::vector<Alike> findings_of(const CheckRecord& record);

/// "INTERFACE count, …", most findings first.
std::string count_by_interface(const std::vector<Alike>& findings);

}  // namespace meterproof::reports
