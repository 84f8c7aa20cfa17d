// SPDX-License-Identifier: Apache-2.0
// SIGINT, SIGTERM and SIGHUP as events of an EventLoop, by signalfd(2).
#pragma once

#include <csignal>
#include <functional>

#include "net/event_loop.hpp"

namespace meterproof::net {

/// Blocks SIGINT, SIGTERM and SIGHUP on this thread, and on threads that it starts, for the lifetime of the object. A blocked signal stays pending:
/// a `SignalWatcher` receives it. The outermost block drops what is pending when it is destroyed: timeout(1) and CI runners signal a child and then
/// its group, and the second signal must not end the program while it tells what the first one ended.
class ScopedSignalBlock {
 public:
  /// `hangup_too`: SIGHUP also where it is ignored (nohup); otherwise it stays ignored.
  explicit ScopedSignalBlock(bool hangup_too = false);
  ~ScopedSignalBlock();
  ScopedSignalBlock(const ScopedSignalBlock&) = delete;
  ScopedSignalBlock& operator=(const ScopedSignalBlock&) = delete;

 private:
  sigset_t blocked_{}, previous_{};
};

/// The same for the rest of the process: no signal of the same wish ends the program in the moment between its report and its end.
void block_termination_signals(bool hangup_too = false);

/// Calls `action` on the loop's thread for every SIGINT, SIGTERM or SIGHUP that arrives during its lifetime. `loop` must outlive it. With `on_hangup`,
/// a SIGHUP calls that in its place: a daemon's "open your log file again".
class SignalWatcher final : private EventLoop::EventHandler {
 public:
  /// Throws std::system_error if the system is out of file descriptors.
  SignalWatcher(EventLoop& loop, std::function<void()> action, std::function<void()> on_hangup = {});
  ~SignalWatcher() override;
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  void on_ready(EventLoop::Readiness readiness) override;

  const ScopedSignalBlock block_;  // signalfd only receives signals that are blocked
  EventLoop& loop_;
  std::function<void()> action_, on_hangup_;
  Fd fd_;
};

}  // namespace meterproof::net
