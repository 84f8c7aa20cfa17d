// SPDX-License-Identifier: Apache-2.0
// Notices that the clock of this machine was set while a program ran: the wall clock moved by another span than the steady clock.
#pragma once

#include <chrono>

namespace meterproof::core {

class ClockWatch {
 public:
  using Wall = std::chrono::system_clock::time_point;
  using Steady = std::chrono::steady_clock::time_point;

  /// Less is the adjustment of a running time service, and the rounding of what is compared.
  static constexpr std::chrono::seconds least{2};

  ClockWatch(Wall wall, Steady steady) : wall_(wall), steady_(steady) {}

  /// How far the wall clock was set since the last step, ahead (above 0) or back; zero where it was not. A step is told once.
  std::chrono::milliseconds step(Wall wall, Steady steady) {
    const auto off = std::chrono::duration_cast<std::chrono::milliseconds>((wall - wall_) - (steady - steady_));
    const bool stepped = off > least || off < -least;
    // What a time service adjusts little by little is no step, however long the program runs.
    constexpr std::chrono::seconds forgotten_after{60};
    if (stepped || steady - steady_ >= forgotten_after) *this = ClockWatch(wall, steady);
    return stepped ? off : std::chrono::milliseconds(0);
  }
  /// What the wall clock would show now if nobody had set it since the last step.
  Wall expected(Steady steady) const { return wall_ + std::chrono::duration_cast<Wall::duration>(steady - steady_); }

 private:
  Wall wall_;
  Steady steady_;
};

}  // namespace meterproof::core
