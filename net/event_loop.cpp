// SPDX-License-Identifier: Apache-2.0
#include "net/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <utility>

namespace meterproof::net {
namespace {

int checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

std::uint32_t epoll_mask(EventLoop::Interest interest) {
  switch (interest) {
    case EventLoop::Interest::none: return 0;
    case EventLoop::Interest::read_edge: return EPOLLIN | EPOLLRDHUP | EPOLLET;
    case EventLoop::Interest::read: return EPOLLIN;
    case EventLoop::Interest::write: return EPOLLOUT;
    case EventLoop::Interest::read_write: return EPOLLIN | EPOLLOUT;
  }
  return 0;
}

}  // namespace

struct EventLoop::Events {
  std::array<epoll_event, max_batch> list;
  std::size_t next = 0, count = 0;  // those before `next` have been handled
};

/// Actions posted by other threads. An eventfd(2) wakes the loop.
class EventLoop::TaskQueue final : public EventHandler {
 public:
  explicit TaskQueue(EventLoop& loop) : fd_(checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) { loop.watch(fd_.get(), *this, Interest::read); }

  void push(std::function<void()> action) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(action));
    }
    const std::uint64_t one = 1;
    (void)!::write(fd_.get(), &one, sizeof one);
  }

  void on_ready(Readiness) override {
    std::uint64_t count = 0;
    (void)!::read(fd_.get(), &count, sizeof count);
    std::vector<std::function<void()>> tasks;
    {
      // The tasks run without the lock: one of them may push another.
      const std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
    }
    for (const auto& task : tasks) task();
  }

 private:
  Fd fd_;
  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;
};

EventLoop::EventLoop()
    : epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll")), events_(std::make_unique<Events>()), tasks_(std::make_unique<TaskQueue>(*this)) {}
EventLoop::~EventLoop() = default;

bool EventLoop::watch(int fd, EventHandler& handler, Interest interest) {
  epoll_event event{};
  event.events = epoll_mask(interest);
  event.data.ptr = &handler;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void EventLoop::change(int fd, EventHandler& handler, Interest interest) {
  // EPOLL_CTL_MOD also re-arms an edge: if the socket is readable now, the next epoll_wait reports it.
  epoll_event event{};
  event.events = epoll_mask(interest);
  event.data.ptr = &handler;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::forget(int fd, const EventHandler& handler) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  // The batch in progress may still hold pointers to the handler. They become null; the loops below skip them.
  for (std::size_t i = events_->next; i < events_->count; ++i)
    if (events_->list[i].data.ptr == &handler) events_->list[i].data.ptr = nullptr;
  for (std::vector<EventHandler*>* deferred : {&batch_read_, &batch_end_})
    std::replace_if(
        deferred->begin(), deferred->end(), [&](const EventHandler* one) { return one == &handler; }, nullptr);
}

// Both loops count by index: a handler may defer another call, which makes the vector grow. NOLINTBEGIN(modernize-loop-convert)

void EventLoop::run_batch_read() {
  for (std::size_t i = 0; i < batch_read_.size(); ++i)
    if (EventHandler* const handler = std::exchange(batch_read_[i], nullptr); handler != nullptr) handler->on_batch_read();
  batch_read_.clear();
}

void EventLoop::run_batch_end() {
  if (before_batch_end_ && !batch_end_.empty()) before_batch_end_();
  for (std::size_t i = 0; i < batch_end_.size(); ++i)
    if (EventHandler* const handler = std::exchange(batch_end_[i], nullptr); handler != nullptr) handler->on_batch_end();
  batch_end_.clear();
}

// NOLINTEND(modernize-loop-convert)

EventLoop::Timer EventLoop::at(SteadyTime time, std::function<void()> action) { return timers_.emplace(time, std::move(action)); }

void EventLoop::post(std::function<void()> action) { tasks_->push(std::move(action)); }

void EventLoop::run_timers() {
  while (!timers_.empty() && timers_.begin()->first <= std::chrono::steady_clock::now()) {
    // Erased before it runs: the action may set another timer, or cancel one.
    const auto action = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    action();
  }
}

void EventLoop::run_once(SteadyTime until) {
  if (!timers_.empty()) until = std::min(until, timers_.begin()->first);
  const auto wait = std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(until - std::chrono::steady_clock::now()));
  constexpr std::int64_t max_seconds = 3600;  // SteadyTime::max() does not fit a timespec on every kernel
  const std::int64_t seconds = std::min<std::int64_t>(wait.count() / 1'000'000'000, max_seconds);
  const timespec timeout{seconds, static_cast<long>(wait.count() % 1'000'000'000)};
  // epoll_pwait2 takes nanoseconds where epoll_wait takes milliseconds: an open-loop generator needs them. Kernels before 5.11, and some
  // containers, have only the latter.
  const int most = static_cast<int>(events_->list.size());
  int count = has_pwait2_ ? ::epoll_pwait2(epoll_.get(), events_->list.data(), most, &timeout, nullptr) : -1;
  if (count < 0 && has_pwait2_ && (errno == ENOSYS || errno == EPERM)) has_pwait2_ = false;
  if (!has_pwait2_) {
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
    count = ::epoll_wait(epoll_.get(), events_->list.data(), most, static_cast<int>(std::min<std::int64_t>(milliseconds, max_seconds * 1000)));
  }
  if (count < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "epoll_wait");
  now_ = std::chrono::steady_clock::now();
  wall_clock_ = std::chrono::system_clock::now();
  events_->count = static_cast<std::size_t>(std::max(count, 0));  // -1: a signal interrupted the wait
  for (events_->next = 0; events_->next < events_->count;) {
    const epoll_event& event = events_->list[events_->next++];
    if (event.data.ptr == nullptr) continue;
    const bool failed = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    static_cast<EventHandler*>(event.data.ptr)
        ->on_ready({failed || (event.events & EPOLLIN) != 0, failed || (event.events & EPOLLOUT) != 0, (event.events & EPOLLRDHUP) != 0});
  }
  run_batch_read();
  run_batch_end();
  events_->next = events_->count = 0;
  if (timers_.empty()) return;
  run_timers();
  run_batch_end();
}

void EventLoop::run() {
  while (!stopped_) run_once(SteadyTime::max());
}

}  // namespace meterproof::net
