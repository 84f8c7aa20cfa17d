// SPDX-License-Identifier: Apache-2.0
// Compares two targets that were loaded in turn, base–current–current–base and so on: what drifts while that goes on falls on both alike. Statistics only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "reports/load_record.hpp"

namespace meterproof::loadgen {

/// What a target showed in one block.
struct BlockValues {
  double p50_ms = 0, p95_ms = 0, p99_ms = 0;  // NaN where nothing was measured
  double rate = 0;                            // good replies a second
  double errors = 0;                          // a share
};

/// Four blocks: two of the base, and between them two of the current target.
struct BlockQuad {
  BlockValues base, current;  // geometric means of both blocks; of errors, the mean
};
BlockValues mean_of(const BlockValues& a, const BlockValues& b);

/// So many quads a finding needs at the least.
inline constexpr std::size_t fewest_quads = 12;

/// A metric is found to be worse (or better) where three things hold: by chance a change so large comes in one of 800 comparisons of a target with itself
/// (Wilcoxon's signed ranks of the quads: Biometrics Bulletin 1 (1945), pages 80 to 83), it is more than `margin`, a share, and both halves of the run show it
/// for themselves. `closed`: the rate is the target's. Intervals are of 95 %, by bootstrap over the quads. Fewer than `fewest_quads`: "unsure". The same quads
/// always give the same answer.
std::vector<reports::DifferenceRecord> compare_blocks(const std::vector<BlockQuad>& quads, double margin, bool closed);

/// How large a change must be to be found nine times in ten in so many quads that vary as these do, as a share, by metric; of these all are of one target.
struct VisibleChange {
  std::string metric;
  double share = 0;
};
std::vector<VisibleChange> smallest_visible_changes(const std::vector<BlockQuad>& of_one_target, std::size_t quads, bool closed);

}  // namespace meterproof::loadgen
