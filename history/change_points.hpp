// SPDX-License-Identifier: Apache-2.0
// Where a series of measurements has changed its level. Binary segmentation by means, each split tested by permutations (as the E-divisive method
// does: Matteson and James, JASA 109 (2014)): nothing is presumed of how the values are spread.
#pragma once

#include <cstddef>
#include <vector>

namespace meterproof::history {

/// A change of the level: from the element at `at` on.
struct ChangePoint {
  std::size_t at = 0;
  double before = 0, after = 0;  // medians of the segments that meet there
};

/// Of segments of three and more values, in order; none where a change this large comes by chance once in a hundred series, or is less than `least`, a share of
/// the level before. So fewer than ten values have none. The same values always give the same answer.
std::vector<ChangePoint> change_points(const std::vector<double>& values, double least = 0.05);

}  // namespace meterproof::history
