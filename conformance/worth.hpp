// SPDX-License-Identifier: Apache-2.0
// Which cases are worth most where there is no time for all: the valid requests on which everything rests, then of each clause its first case, its second …;
// cheap ones before dear ones.
#pragma once

#include <cstddef>
#include <vector>

#include "conformance/case.hpp"

namespace meterproof::conformance {

/// About how many timestamps a case takes, with its share of looking at what came of it.
double about_requests(const CaseInfo& info);

/// Cases of one wave are run before those of the next. Within a wave the order is that of their worth.
struct RankedCase {
  std::size_t place = 0;  // in the list that was given
  std::size_t wave = 0;   // from 0 to before `waves`
};
inline constexpr std::size_t waves = 5;  // few: each looks for side effects of its own; the last one is for what takes many timestamps
/// Every case, the most worth first. A clause that the specification states counts before one that its words imply, and that before an open question.
std::vector<RankedCase> by_worth(const core::Spec& spec, const std::vector<const TestCase*>& cases);

/// What a number of timestamps is enough for.
struct Affordable {
  std::size_t cases = 0;
  std::size_t clauses = 0, all_clauses = 0;  // stated, and tested by these cases; and by all
};
Affordable affordable(const core::Spec& spec, const std::vector<const TestCase*>& cases, double requests);

}  // namespace meterproof::conformance
