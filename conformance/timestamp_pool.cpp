// SPDX-License-Identifier: Apache-2.0
#include "conformance/timestamp_pool.hpp"

#include <algorithm>

namespace meterproof::conformance {

void TimestampPool::set_window(std::chrono::seconds past, std::chrono::seconds future) {
  past_ = past;
  future_ = future;
}

std::pair<std::size_t, std::string> TimestampPool::key_of(std::size_t app, const std::string& path) const {
  return {repeats_ == ReplayScope::anywhere ? 0 : app, repeats_ == ReplayScope::by_app_path ? path : ""};
}

std::optional<TimestampPool::Slot> TimestampPool::take(core::DateTime now, const std::string& path) {
  for (std::size_t tries = 0; tries < apps_; ++tries) {
    const std::size_t app = turn_++ % apps_;
    if (!in_use_[app]) continue;
    if (auto slot = take_for(app, now, path)) return slot;
  }
  return std::nullopt;
}

// Seconds are handed out in rising order, so that "not used before" is one comparison.
std::optional<TimestampPool::Slot> TimestampPool::take_for(std::size_t app, core::DateTime now, const std::string& path) {
  if (repeats_ == ReplayScope::never) return Slot{app, now};
  Taken& mine = taken_[key_of(app, path)];
  std::int64_t next = std::max(mine.next, (now + -past_).seconds);
  for (const auto& [from, to] : mine.earlier)  // in rising order, and apart
    if (next >= from && next < to) next = to;
  while (excluded_.count(next) > 0) ++next;
  if (next > (now + future_).seconds) return std::nullopt;
  if (mine.first == INT64_MIN) mine.first = next;
  mine.next = next + 1;
  return Slot{app, {next}};
}

std::optional<core::DateTime> TimestampPool::after_newest(const std::string& path) const {
  const auto first = std::find(in_use_.begin(), in_use_.end(), true) - in_use_.begin();
  const auto mine = taken_.find(key_of(static_cast<std::size_t>(first), path));
  if (mine == taken_.end()) return std::nullopt;
  std::int64_t out = mine->second.next;
  for (const auto& [from, to] : mine->second.earlier) out = std::max(out, to);
  return core::DateTime{out};
}

void TimestampPool::restart() {
  for (auto& [key, mine] : taken_) {
    if (mine.first == INT64_MIN) continue;
    mine.earlier.emplace_back(mine.first, mine.next);
    std::sort(mine.earlier.begin(), mine.earlier.end());
    mine.first = mine.next = INT64_MIN;
  }
}

}  // namespace meterproof::conformance
