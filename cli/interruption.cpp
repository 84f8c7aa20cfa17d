// SPDX-License-Identifier: Apache-2.0
#include "cli/interruption.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <system_error>
#include <utility>

namespace meterproof::cli {

namespace {

// Of the signal handler: only lock-free atomics may be touched there.
std::atomic<std::int64_t> first = 0, second = 0;  // when, in ms of the monotonic clock; 0: not yet
std::atomic<const char*> held = nullptr;          // what to say to a second signal, while it may not end the program
static_assert(std::atomic<std::int64_t>::is_always_lock_free && std::atomic<const char*>::is_always_lock_free);

/// Whether this signal, which came at `at`, is the one, or another of the same wish.
bool counts_as(std::atomic<std::int64_t>& when, std::int64_t at) {
  constexpr std::int64_t same_wish = 2000;
  std::int64_t none = 0;
  return when.compare_exchange_strong(none, at) || at - when < same_wish;
}

void note(int number) {
  const int error = errno;
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t at = now.tv_sec * 1000 + now.tv_nsec / 1'000'000 + 1;
  const char* const message = held;
  if (!counts_as(first, at)) {
    if (message != nullptr && counts_as(second, at)) {
      (void)!::write(STDERR_FILENO, message, std::strlen(message));
    } else {
      std::signal(number, SIG_DFL);
      std::raise(number);  // delivered when this handler has returned
    }
  }
  errno = error;
}

}  // namespace

Interruption::Interruption() {
  std::signal(SIGCHLD, SIG_DFL);  // where it was ignored, nobody could wait for a hook
  struct sigaction action {};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU}) {
    struct sigaction before {};
    ::sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) ::sigaction(signal, &action, nullptr);
  }
}

bool Interruption::came() { return first != 0; }

Interruption::Hold::Hold(std::string message) : message_(std::move(message)) { held = message_.c_str(); }
Interruption::Hold::~Hold() { held = nullptr; }

std::chrono::steady_clock::time_point steady_now() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::steady_clock::time_point(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

TerminationTimer::TerminationTimer(std::optional<std::chrono::milliseconds> limit) : limit_(limit) {
  if (!limit) return;
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGTERM;
  timer_t timer{};
  if (::timer_create(CLOCK_BOOTTIME, &event, &timer) != 0) throw std::system_error(errno, std::generic_category(), "timer_create");
  timer_ = timer;
  running_ = true;
  itimerspec when{};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*limit);
  when.it_value.tv_sec = seconds.count();
  when.it_value.tv_nsec = std::chrono::nanoseconds(*limit - seconds).count();
  ::timer_settime(timer, 0, &when, nullptr);
}

TerminationTimer::~TerminationTimer() {
  if (running_) ::timer_delete(timer_);
}

}  // namespace meterproof::cli
