// SPDX-License-Identifier: Apache-2.0
// Sums of counts that come from files: one that does not fit is told, and does not begin again at 0.
#pragma once

#include <cstdint>
#include <limits>

namespace meterproof::loadgen {

/// False where the sum does not fit; `into` is the largest count then.
[[nodiscard]] inline bool add_checked(std::uint64_t& into, std::uint64_t from) {
  const bool fits = from <= std::numeric_limits<std::uint64_t>::max() - into;
  into = fits ? into + from : std::numeric_limits<std::uint64_t>::max();
  return fits;
}

}  // namespace meterproof::loadgen
