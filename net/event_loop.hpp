// SPDX-License-Identifier: Apache-2.0
// An event loop for one thread: sockets, timers and tasks posted by other threads, driven by epoll(7).
//
// One call of run_once handles one batch, in this order:
//   1. on_ready for every ready socket (at most max_batch of them);
//   2. on_batch_read for every handler that called defer_to_batch_read;
//   3. the action of before_batch_end, and on_batch_end for every handler that called defer_to_batch_end, if there is one;
//   4. timers that are due, then 3 again.
// A socket's interest is registered once, so that a request and its reply cost one recv and one send and no epoll_ctl.
//
// Fast path: Interest::read_edge. WHY: with a level, the kernel polls every socket once more after it is empty. GAIN: 2 to 3 % of the mock's CPU
// (docs/performance.md, `ci/bench mock`; not measured again since). REFERENCE: Interest::read. TEST: HttpServer.ReadsMessagesLongerThanOneRead,
// …AnswersARequestThatArrivesTogetherWithTheEndOfStream. DELETE WHEN: the gain is below 1 %.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "net/fd.hpp"

namespace meterproof::net {

using SteadyTime = std::chrono::steady_clock::time_point;

/// All members but `post` must be called on the thread that runs the loop, or before it runs.
class EventLoop {
 public:
  struct Readiness {
    bool readable = false, writable = false;  // both are true after an error, so that the next recv or send reports it
    bool peer_closed = false;                 // the peer has shut down its sending side; only reported with Interest::read_edge
  };
  class EventHandler {
   public:
    virtual ~EventHandler() = default;
    virtual void on_ready(Readiness readiness) = 0;
    /// Called once after `defer_to_batch_read`, when every ready socket of the batch has been read.
    virtual void on_batch_read() {}
    /// Called once after `defer_to_batch_end`, when every handler of the batch has processed what it read.
    virtual void on_batch_end() {}
  };
  /// `read_edge` is EPOLLIN | EPOLLRDHUP | EPOLLET: one event per arrival. If a read may have left bytes or the end of the stream unread,
  /// call `change` to get another event. The others are level-triggered: the event repeats until the condition is gone.
  enum class Interest { none, read_edge, read, write, read_write };
  /// Sockets handled in one batch; the kernel keeps the others for the next.
  static constexpr std::size_t max_batch = 32;
  using Timer = std::multimap<SteadyTime, std::function<void()>>::iterator;

  /// Throws std::system_error if the system is out of file descriptors.
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// `handler` must stay alive until `forget`. Returns false if the kernel refuses another descriptor.
  bool watch(int fd, EventHandler& handler, Interest interest);
  void change(int fd, EventHandler& handler, Interest interest);
  /// Must be called before `fd` is closed. Drops the handler's pending calls of this batch; it may be destroyed at once.
  void forget(int fd, const EventHandler& handler);
  void defer_to_batch_read(EventHandler& handler) { batch_read_.push_back(&handler); }
  void defer_to_batch_end(EventHandler& handler) { batch_end_.push_back(&handler); }
  /// `action` is called before the first on_batch_end of each batch that has one.
  void before_batch_end(std::function<void()> action) { before_batch_end_ = std::move(action); }

  /// Runs `action` once at `time`. The returned Timer is valid until then.
  Timer at(SteadyTime time, std::function<void()> action);
  void cancel(Timer timer) { timers_.erase(timer); }
  /// Runs `action` on the loop's thread. May be called from any thread.
  void post(std::function<void()> action);

  /// When the events of this batch arrived, on the monotonic and on the wall clock: read once per batch.
  SteadyTime now() const { return now_; }
  std::chrono::system_clock::time_point wall_clock() const { return wall_clock_; }
  /// Handles one batch; waits for it no longer than `until`, an hour, or the first timer.
  void run_once(SteadyTime until);
  void run();
  /// Makes `run` return after the batch in progress.
  void stop() { stopped_ = true; }

 private:
  struct Events;
  class TaskQueue;

  void run_timers();
  void run_batch_read();
  void run_batch_end();

  std::vector<EventHandler*> batch_read_, batch_end_;  // null: forgotten meanwhile
  std::function<void()> before_batch_end_;             // mostly empty
  Fd epoll_;
  std::unique_ptr<Events> events_;
  std::unique_ptr<TaskQueue> tasks_;
  std::multimap<SteadyTime, std::function<void()>> timers_;
  SteadyTime now_ = std::chrono::steady_clock::now();
  std::chrono::system_clock::time_point wall_clock_ = std::chrono::system_clock::now();
  bool stopped_ = false;
  bool has_pwait2_ = true;  // until the kernel says otherwise
};

}  // namespace meterproof::net
