// SPDX-License-Identifier: Apache-2.0
#include "conformance/timestamp_pool.hpp"

#include <algorithm>

namespace meterproof::conformance {

void TimestampPool::set_window(std::chrono::seconds past, std::chrono::seconds future) {
  past_ = past;
  future_ = future;
}

// Seconds are handed out in rising order, so that "not used before" is one comparison.
std::optional<TimestampPool::Slot> TimestampPool::take(core::DateTime now, const std::string& path) {
  if (repeats_ == ReplayScope::never) return Slot{turn_++ % apps_, now};
  for (std::size_t tries = 0; tries < apps_; ++tries) {
    const std::size_t app = turn_++ % apps_;
    const auto [mine, added] = next_.try_emplace({repeats_ == ReplayScope::anywhere ? 0 : app, repeats_ == ReplayScope::by_app_path ? path : ""}, INT64_MIN);
    std::int64_t next = std::max(mine->second, (now + -past_).seconds);
    while (excluded_.count(next) > 0) ++next;
    if (next > (now + future_).seconds) continue;
    mine->second = next + 1;
    return Slot{app, {next}};
  }
  return std::nullopt;
}

}  // namespace meterproof::conformance
