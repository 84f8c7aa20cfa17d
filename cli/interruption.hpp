// SPDX-License-Identifier: Apache-2.0
// What ends a run before its time: a signal, or --max-time.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace meterproof::cli {

/// From its construction on, every signal that would end the program ends the run instead: what was found until then is still told. Signals of the
/// next two seconds are the same wish (timeout(1) and CI runners signal a child, and then its group); a later one ends the program. A signal that
/// was ignored when the program was started stays so (nohup; a background job of sh).
class Interruption {
 public:
  Interruption();
  static bool came();

  /// While it lives there is something that must not be left undone: a second signal only shows `message`, and a third ends the program.
  class Hold {
   public:
    explicit Hold(std::string message);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    std::string message_;
  };
};

/// A steady clock that goes on while the machine sleeps.
std::chrono::steady_clock::time_point steady_now();

/// --max-time: how long a run may last; without a limit it is never over.
class TimeLimit {
 public:
  explicit TimeLimit(std::optional<std::chrono::milliseconds> limit) : limit_(limit) {}
  bool is_over() const { return limit_ && steady_now() - begin_ >= *limit_; }

 private:
  std::optional<std::chrono::milliseconds> limit_;
  std::chrono::steady_clock::time_point begin_ = steady_now();
};

/// For runs that an event loop ends at SIGTERM (net::SignalWatcher): this process gets one when the time is over. SIGTERM must be blocked.
class TerminationTimer {
 public:
  explicit TerminationTimer(std::optional<std::chrono::milliseconds> limit);
  ~TerminationTimer();
  TerminationTimer(const TerminationTimer&) = delete;
  TerminationTimer& operator=(const TerminationTimer&) = delete;

  bool is_over() const { return limit_.is_over(); }

 private:
  TimeLimit limit_;
  void* timer_ = nullptr;
  bool running_ = false;
};

}  // namespace meterproof::cli
