// SPDX-License-Identifier: Apache-2.0
// Notices by its Date headers that somebody set the target's clock during a run.
#pragma once

#include <chrono>
#include <optional>

#include "core/time/clock_watch.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::loadgen {

class TargetClock {
 public:
  /// A reply: its Date header, if it has one, our time when the reply came, in whatever zone, and how long it took. Returns the step that this reply makes
  /// sure, ahead (above 0) or back; otherwise zero. One reply shows no step: there may be several machines behind an address.
  std::chrono::seconds saw(std::optional<core::DateTime> date, core::DateTime ours, std::chrono::nanoseconds took) {
    constexpr std::chrono::seconds none{0};
    if (!date) return none;
    const std::chrono::seconds off = *date - ours, unsure = core::ClockWatch::least + std::chrono::ceil<std::chrono::seconds>(took);
    if (!usual_) {
      usual_ = off;
      usual_unsure_ = unsure;
    }
    const std::chrono::seconds moved = off - *usual_;
    if (std::chrono::abs(moved) <= unsure + usual_unsure_) {
      in_a_row_ = 0;
      return none;
    }
    in_a_row_ = in_a_row_ > 0 && std::chrono::abs(moved - moved_) <= unsure ? in_a_row_ + 1 : 1;
    moved_ = moved;
    constexpr int enough = 3;
    if (in_a_row_ < enough) return none;
    in_a_row_ = 0;
    usual_ = off;
    step_ += std::chrono::abs(moved);
    return moved;
  }

  /// Whether replies carry a Date header.
  bool is_shown() const { return usual_.has_value(); }
  /// The last reply showed another time; the next ones tell whether that is a step.
  bool is_in_doubt() const { return in_a_row_ > 0; }
  /// By how much it was set, ahead and back; zero where it was not.
  std::chrono::seconds step() const { return step_; }

 private:
  std::optional<std::chrono::seconds> usual_;  // how far it is ahead of ours
  std::chrono::seconds usual_unsure_{0}, moved_{0}, step_{0};
  int in_a_row_ = 0;
};

}  // namespace meterproof::loadgen
