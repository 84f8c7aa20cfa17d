// SPDX-License-Identifier: Apache-2.0
// Timestamps that no appId of ours has used: one a second, spread over the window that the target accepts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/time/datetime.hpp"

namespace meterproof::conformance {

/// What a target takes for a timestamp that was used before, as calibration found it out.
enum class ReplayScope {
  anywhere,     // used by any appId
  by_app,       // used by that appId: the usual interpretation
  by_app_path,  // used by that appId on that path
  never         // it takes every second as often as it comes
};

class TimestampPool {
 public:
  explicit TimestampPool(std::size_t apps) : apps_(apps) {}

  /// How far from now the target takes them.
  void set_window(std::chrono::seconds past, std::chrono::seconds future);
  std::chrono::seconds past() const { return past_; }
  void set_repeats(ReplayScope replay_scope) { repeats_ = replay_scope; }
  ReplayScope replay_scope() const { return repeats_; }
  /// How many there are of each second, for one path.
  std::size_t per_second() const { return repeats_ == ReplayScope::anywhere ? 1 : apps_; }
  /// How many there are at once, for one path.
  std::size_t capacity() const { return per_second() * static_cast<std::size_t>(past_.count() + future_.count() + 1); }

  /// A second that was used before the handing out began.
  void exclude(core::DateTime used) { excluded_.insert(used.seconds); }

  struct Slot {
    std::size_t app = 0;
    core::DateTime timestamp;
  };
  /// The oldest one left; nothing where all are used, and the next second must be waited for.
  std::optional<Slot> take(core::DateTime now, const std::string& path);

 private:
  std::size_t apps_;
  std::map<std::pair<std::size_t, std::string>, std::int64_t> next_;  // by app and path: the oldest second not tried yet
  std::set<std::int64_t> excluded_;
  std::size_t turn_ = 0;
  std::chrono::seconds past_{0}, future_{0};
  ReplayScope repeats_ = ReplayScope::by_app;
};

}  // namespace meterproof::conformance
