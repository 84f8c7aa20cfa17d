// Timestamps that no appId of ours has used: one a second, spread over the window that the target accepts.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "spec/model/datetime.hpp"

namespace meterproof::conformance {

class Timestamps {
 public:
  explicit Timestamps(std::size_t apps) : used_(apps) {}

  /// How far from now the target takes them.
  void set_window(std::chrono::seconds past, std::chrono::seconds future);
  std::chrono::seconds past() const { return past_; }
  /// A target that takes a second twice needs no sparing of them.
  void allow_repeats(bool allowed) { repeats_allowed_ = allowed; }
  bool repeats_allowed() const { return repeats_allowed_; }
  std::size_t capacity() const { return used_.size() * static_cast<std::size_t>(past_.count() + future_.count() + 1); }

  /// A second that was used before the handing out began.
  void exclude(spec::DateTime used) { excluded_.insert(used.seconds); }

  struct Slot {
    std::size_t app = 0;
    spec::DateTime timestamp;
  };
  /// The oldest one left; nothing where all are used, and the next second must be waited for.
  std::optional<Slot> take(spec::DateTime now);

 private:
  struct Used {
    std::int64_t up_to = INT64_MIN;  // the oldest second not tried yet
  };
  std::vector<Used> used_;
  std::set<std::int64_t> excluded_;
  std::size_t turn_ = 0;
  std::chrono::seconds past_{0}, future_{0};
  bool repeats_allowed_ = false;
};

}  // namespace meterproof::conformance
