// SPDX-License-Identifier: Apache-2.0
// What a check found, those of one cause together: a wrong envelope in every interface is one thing to know.
#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <vector>

#include "reports/record.hpp"

namespace meterproof::reports {

bool is_finding(const CaseRecord& one);

/// What findings that are alike have in common: verdict, observation, reason.
using FindingKind = std::tuple<Verdict, std::string, std::string>;
FindingKind kind_of(const CaseRecord& one);
/// So many alike findings are told one by one as they come: a terminal of 24 rows still shows the first of them.
constexpr std::size_t most_told_alike = 20;

/// Findings of one cause, the most telling first; of a record without causes, and of broken cases, those of one verdict that were observed alike, for the
/// same reason. Never empty. The record must outlive them.
using Alike = std::vector<const CaseRecord*>;
/// Broken cases, by the first case of each; then failed ones, in the order of their causes.
std::vector<Alike> findings_of(const CheckRecord& record);
/// The cause that these findings have in common; null where they have none.
const CauseRecord* cause_of(const CheckRecord& record, const Alike& alike);

/// "INTERFACE count, …", most findings first.
std::string count_by_interface(const std::vector<Alike>& findings);

}  // namespace meterproof::reports
