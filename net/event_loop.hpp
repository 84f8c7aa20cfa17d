// One thread's sockets and deadlines: epoll, with nothing between a ready socket and whoever waits for it.
// A connection's interest is registered once, so that a request and its reply cost one recv and one send.
#pragma once

#include <chrono>
#include <csignal>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace meterproof::net {

using SteadyTime = std::chrono::steady_clock::time_point;

/// A file descriptor that is closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { close(); }
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release();
  void close();

 private:
  int fd_ = -1;
};

class EventLoop {
 public:
  struct Readiness {
    bool readable = false, writable = false;
    bool ended = false;  // the peer sends no more
  };
  class EventHandler {
   public:
    virtual ~EventHandler() = default;
    virtual void ready(Readiness what) = 0;
    /// Called once after `defer_to_batch_end`, when what was ready at the same time has had its turn.
    virtual void settle() {}
  };
  /// `read_edge` is reading, told once when something comes, at half the price for the kernel: whoever leaves some of it, or may have left
  /// the end, asks again by `change`. The others are told again and again while it holds.
  enum class Interest { nothing, read_edge, reading, writing, both };
  /// How many watchers may be ready in one turn.
  static constexpr std::size_t most_ready = 32;
  using Timer = std::multimap<SteadyTime, std::function<void()>>::iterator;

  /// Throws std::system_error where the system is out of file descriptors.
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// False where the system refuses another one.
  bool watch(int fd, EventHandler& watcher, Interest interest);
  void change(int fd, EventHandler& watcher, Interest interest);
  /// Puts off what a watcher has left to do, so that others' events come before it: what is done in a row finds its code and data at hand.
  void defer_to_batch_end(EventHandler& watcher) { deferred_.push_back(&watcher); }
  /// Before `fd` is closed. What was ready at the same time is not told any more; the watcher may die at once.
  void forget(int fd, const EventHandler& watcher);

  /// Runs once; its iterator is good until then.
  Timer at(SteadyTime time, std::function<void()> action);
  void cancel(Timer timer) { timers_.erase(timer); }
  /// From any thread: runs on the reactor's.
  void post(std::function<void()> action);

  /// When this turn's events came, by either clock.
  SteadyTime now() const { return now_; }
  std::chrono::system_clock::time_point wall_clock() const { return wall_clock_; }
  /// Serves what is ready, waiting for it no longer than `until`, and the timers.
  void run_once(SteadyTime until);
  void run();
  /// Ends `run`. On the reactor's thread.
  void stop() { stopped_ = true; }

 private:
  struct Events;
  class TaskQueue;

  void run_timers();
  void end_batch();

  std::vector<EventHandler*> deferred_;
  Fd epoll_;
  std::unique_ptr<Events> events_;
  std::unique_ptr<TaskQueue> tasks_;
  std::multimap<SteadyTime, std::function<void()>> timers_;
  SteadyTime now_ = std::chrono::steady_clock::now();
  std::chrono::system_clock::time_point wall_clock_ = std::chrono::system_clock::now();
  bool stopped_ = false;
};

/// Lets this process open as many files as the system grants it, and returns how many that is.
std::size_t raise_file_limit();

/// SIGINT and SIGTERM end nothing while it lives, on this thread and those that it starts: they wait for a `SignalWatcher`, or for its end.
class ScopedSignalBlock {
 public:
  ScopedSignalBlock();
  ~ScopedSignalBlock();
  ScopedSignalBlock(const ScopedSignalBlock&) = delete;
  ScopedSignalBlock& operator=(const ScopedSignalBlock&) = delete;

 private:
  sigset_t before_{};
};

/// SIGINT and SIGTERM as an event, from its making to its end.
class SignalWatcher final : private EventLoop::EventHandler {
 public:
  SignalWatcher(EventLoop& reactor, std::function<void()> action);
  ~SignalWatcher() override;
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  void ready(EventLoop::Readiness what) override;

  const ScopedSignalBlock held_;
  EventLoop& reactor_;
  std::function<void()> action_;
  Fd fd_;
};

}  // namespace meterproof::net
