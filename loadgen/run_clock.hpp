// SPDX-License-Identifier: Apache-2.0
// The time that requests are signed with: this machine's clock as it was at the beginning, carried on by the steady clock. Whoever sets the clock of
// this machine during a run moves no timestamp by that.
#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include "core/model/interface.hpp"
#include "core/time/clock_watch.hpp"
#include "core/time/datetime.hpp"
#include "net/event_loop.hpp"

namespace meterproof::loadgen {

class RunClock {
 public:
  using Wall = std::chrono::system_clock::time_point;

  /// `wall` and `steady` are the same moment. `shown`: what this machine's clock shows now; tests have one that they set.
  RunClock(const core::Spec& spec, Wall wall, net::SteadyTime steady, std::function<Wall()> shown = std::chrono::system_clock::now)
      : offset_(spec.authentication.utc_offset), wall_(wall), steady_(steady), shown_(std::move(shown)) {}
  /// Begins now.
  explicit RunClock(const core::Spec& spec) : RunClock(spec, std::chrono::system_clock::now(), std::chrono::steady_clock::now()) {}

  /// The target's wall clock.
  core::DateTime at(net::SteadyTime moment) const { return core::local_time(wall_ + std::chrono::duration_cast<Wall::duration>(moment - steady_), offset_); }
  /// What this machine's clock shows now, whoever has set it.
  Wall shown() const { return shown_(); }
  /// Notices who sets it from the beginning on.
  core::ClockWatch watch() const { return {wall_, steady_}; }

 private:
  std::chrono::minutes offset_;
  Wall wall_;
  net::SteadyTime steady_;
  std::function<Wall()> shown_;
};

}  // namespace meterproof::loadgen
