// SPDX-License-Identifier: Apache-2.0
// Where the threads of a run wait for one another, so that their schedules begin at the same moment.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>

#include "net/event_loop.hpp"

namespace meterproof::loadgen {

/// For any thread.
class StartLine {
 public:
  using Wall = std::chrono::system_clock::time_point;
  enum class Call { wait, start, off };

  /// `start_at`: the moment that was agreed on with others; without one, the run begins when all `parts` are there.
  StartLine(std::size_t parts, std::optional<Wall> start_at) : parts_(parts), missing_(parts), start_at_(start_at) {}

  /// A thread's place. One that is given up before the start calls the run off: a part of it says nothing.
  class Place {
   public:
    explicit Place(StartLine& line) : line_(line) {}
    ~Place() { line_.call_off(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    void arrive() { line_.arrive(); }

   private:
    StartLine& line_;
  };

  /// Nobody starts any more.
  void call_off() {
    const std::scoped_lock lock(mutex_);
    if (missing_ > 0) off_ = true;
  }
  Call call() const {
    const std::scoped_lock lock(mutex_);
    return off_ ? Call::off : missing_ > 0 ? Call::wait : Call::start;
  }
  /// Once `call` says so.
  net::SteadyTime begin() const {
    const std::scoped_lock lock(mutex_);
    return begin_;
  }
  /// The same moment on this machine's clock.
  Wall started() const {
    const std::scoped_lock lock(mutex_);
    return started_;
  }

 private:
  void arrive() {
    constexpr std::chrono::milliseconds notice{20};  // for those that wait to look
    const std::scoped_lock lock(mutex_);
    if (--missing_ > 0) return;
    const auto wall = std::chrono::system_clock::now();
    const auto now = std::chrono::steady_clock::now();
    started_ = start_at_.value_or(parts_ > 1 ? wall + notice : wall);
    begin_ = now + std::chrono::duration_cast<std::chrono::nanoseconds>(started_ - wall);
  }

  const std::size_t parts_;
  mutable std::mutex mutex_;  // guards what follows
  std::size_t missing_;
  const std::optional<Wall> start_at_;
  bool off_ = false;
  net::SteadyTime begin_;
  Wall started_;
};

}  // namespace meterproof::loadgen
