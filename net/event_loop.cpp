#include "net/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace meterproof::net {

namespace {

int checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

std::uint32_t mask(EventLoop::Interest interest) {
  switch (interest) {
    case EventLoop::Interest::nothing: return 0;
    case EventLoop::Interest::read_edge: return EPOLLIN | EPOLLRDHUP | EPOLLET;
    case EventLoop::Interest::reading: return EPOLLIN;
    case EventLoop::Interest::writing: return EPOLLOUT;
    case EventLoop::Interest::both: return EPOLLIN | EPOLLOUT;
  }
  return 0;
}

sigset_t endings() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = other.release();
  }
  return *this;
}

int Fd::release() { return std::exchange(fd_, -1); }

void Fd::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

struct EventLoop::Events {
  std::array<epoll_event, most_ready> list;
  std::size_t at = 0, count = 0;
};

/// What other threads ask for.
class EventLoop::TaskQueue final : public EventHandler {
 public:
  explicit TaskQueue(EventLoop& reactor) : fd_(checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {
    reactor.watch(fd_.get(), *this, Interest::reading);
  }

  void put(std::function<void()> action) {
    {
      const std::lock_guard lock(mutex_);
      letters_.push_back(std::move(action));
    }
    const std::uint64_t one = 1;
    (void)!::write(fd_.get(), &one, sizeof one);
  }

  void ready(Readiness) override {
    std::uint64_t count = 0;
    (void)!::read(fd_.get(), &count, sizeof count);
    std::vector<std::function<void()>> letters;
    {
      const std::lock_guard lock(mutex_);
      letters.swap(letters_);
    }
    for (const auto& letter : letters) letter();
  }

 private:
  Fd fd_;
  std::mutex mutex_;
  std::vector<std::function<void()>> letters_;
};

EventLoop::EventLoop()
    : epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll")), events_(std::make_unique<Events>()), tasks_(std::make_unique<TaskQueue>(*this)) {}
EventLoop::~EventLoop() = default;

bool EventLoop::watch(int fd, EventHandler& watcher, Interest interest) {
  epoll_event event{};
  event.events = mask(interest);
  event.data.ptr = &watcher;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void EventLoop::change(int fd, EventHandler& watcher, Interest interest) {
  epoll_event event{};
  event.events = mask(interest);
  event.data.ptr = &watcher;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::forget(int fd, const EventHandler& watcher) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  for (std::size_t i = events_->at; i < events_->count; ++i)
    if (events_->list[i].data.ptr == &watcher) events_->list[i].data.ptr = nullptr;
  std::replace_if(
      deferred_.begin(), deferred_.end(), [&](const EventHandler* one) { return one == &watcher; }, nullptr);
}

void EventLoop::end_batch() {
  for (std::size_t i = 0; i < deferred_.size(); ++i)
    if (EventHandler* const one = std::exchange(deferred_[i], nullptr); one != nullptr) one->settle();
  deferred_.clear();
}

EventLoop::Timer EventLoop::at(SteadyTime time, std::function<void()> action) { return timers_.emplace(time, std::move(action)); }

void EventLoop::post(std::function<void()> action) { tasks_->put(std::move(action)); }

void EventLoop::run_timers() {
  while (!timers_.empty() && timers_.begin()->first <= std::chrono::steady_clock::now()) {
    const auto action = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    action();
  }
}

void EventLoop::run_once(SteadyTime until) {
  if (!timers_.empty()) until = std::min(until, timers_.begin()->first);
  const auto wait = std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(until - std::chrono::steady_clock::now()));
  constexpr std::int64_t longest = 3600;  // seconds
  const std::int64_t seconds = std::min<std::int64_t>(wait.count() / 1'000'000'000, longest);
  const timespec timeout{seconds, static_cast<long>(wait.count() % 1'000'000'000)};
  const int count = ::epoll_pwait2(epoll_.get(), events_->list.data(), static_cast<int>(events_->list.size()), &timeout, nullptr);
  now_ = std::chrono::steady_clock::now();
  wall_clock_ = std::chrono::system_clock::now();
  events_->count = static_cast<std::size_t>(std::max(count, 0));
  for (events_->at = 0; events_->at < events_->count;) {
    const epoll_event& event = events_->list[events_->at++];
    if (event.data.ptr == nullptr) continue;
    const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    static_cast<EventHandler*>(event.data.ptr)
        ->ready({broken || (event.events & EPOLLIN) != 0, broken || (event.events & EPOLLOUT) != 0, (event.events & EPOLLRDHUP) != 0});
  }
  end_batch();
  events_->at = events_->count = 0;
  if (timers_.empty()) return;
  run_timers();
  end_batch();
}

void EventLoop::run() {
  while (!stopped_) run_once(SteadyTime::max());
}

std::size_t raise_file_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

ScopedSignalBlock::ScopedSignalBlock() {
  const sigset_t set = endings();
  pthread_sigmask(SIG_BLOCK, &set, &before_);
}

ScopedSignalBlock::~ScopedSignalBlock() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

SignalWatcher::SignalWatcher(EventLoop& reactor, std::function<void()> action) : reactor_(reactor), action_(std::move(action)) {
  const sigset_t set = endings();
  fd_ = Fd(checked(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), "signalfd"));
  reactor_.watch(fd_.get(), *this, EventLoop::Interest::reading);
}

SignalWatcher::~SignalWatcher() { reactor_.forget(fd_.get(), *this); }

void SignalWatcher::ready(EventLoop::Readiness) {
  signalfd_siginfo info{};
  while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) action_();
}

}  // namespace meterproof::net
