// SPDX-License-Identifier: Apache-2.0
// How many thorough diagnoses a server makes in a second, so that a flood of wrong requests costs little.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/time/datetime.hpp"

namespace meterproof::mockserver {

/// Threads may share it.
class DiagnosisBudget {
 public:
  /// Whether another diagnosis may be made in this second; it then counts as made.
  bool take(core::DateTime now) {
    constexpr unsigned most = 100;
    if (second_.exchange(now.seconds) != now.seconds) made_ = 0;
    return made_++ < most;
  }

 private:
  std::atomic<std::int64_t> second_ = 0;
  std::atomic<unsigned> made_ = 0;  // in that second
};

}  // namespace meterproof::mockserver
