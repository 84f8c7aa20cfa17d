// SPDX-License-Identifier: Apache-2.0
// Loads two targets in turn, block by block, and compares them (loadgen/paired_comparison.hpp).
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "loadgen/paired_comparison.hpp"
#include "loadgen/run.hpp"

namespace meterproof::loadgen {

/// How the time is divided.
struct AgainstPlan {
  std::chrono::milliseconds block{0};
  std::size_t quads_of_base = 0;  // first, the base beside itself: how large a change must be to be seen here
  std::size_t quads = 0;          // of four blocks each: base, current, current, base
};

inline constexpr std::chrono::milliseconds shortest_comparison{60'000};
/// Blocks of one to five seconds, a fifth of them of the base alone. `length` must not be less than `shortest_comparison`.
AgainstPlan plan_against(std::chrono::milliseconds length);

/// Runs one block with that seed and returns its result. The same seed sends the same calls in the same order.
using RunBlock = std::function<LoadResult(std::uint64_t seed)>;

/// What is told meanwhile; either may be empty.
struct AgainstProgress {
  std::function<void(const i18n::Message&)> on_visible;                          // once the base was beside itself: how large a change could be seen
  std::function<void(std::size_t, std::size_t, const BlockQuad&)> on_quad = {};  // after every quad of both: how many there were, of how many, what it showed
};

/// The current target's record, of all its blocks, with what differs and how large a change could be seen. A block that could not be judged (the generator was
/// late) takes its quad with it; where that happens to more than a quarter of them, or a target does not answer at all, the record is not judged.
/// `first_seed`: one more for each pair of blocks.
LoadResult run_against(const AgainstPlan& plan, const RunBlock& base, const RunBlock& current, const std::string& base_target, double margin,
                       std::uint64_t first_seed, const AgainstProgress& progress);

}  // namespace meterproof::loadgen
