// SPDX-License-Identifier: Apache-2.0
#include "net/signal_watcher.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace meterproof::net {
namespace {

/// SIGHUP only where it is not ignored (nohup): a blocked signal is delivered to signalfd though it is ignored.
sigset_t termination_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  struct sigaction hangup {};
  if (::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN) sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

ScopedSignalBlock::ScopedSignalBlock() {
  const sigset_t set = termination_signals();
  pthread_sigmask(SIG_BLOCK, &set, &previous_);
}

ScopedSignalBlock::~ScopedSignalBlock() {
  if (sigismember(&previous_, SIGTERM) == 0) {
    const sigset_t set = termination_signals();
    const timespec at_once{};
    while (::sigtimedwait(&set, nullptr, &at_once) > 0) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

SignalWatcher::SignalWatcher(EventLoop& loop, std::function<void()> action) : loop_(loop), action_(std::move(action)) {
  const sigset_t set = termination_signals();
  fd_ = Fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd_) throw std::system_error(errno, std::generic_category(), "signalfd");
  loop_.watch(fd_.get(), *this, EventLoop::Interest::read);
}

SignalWatcher::~SignalWatcher() { loop_.forget(fd_.get(), *this); }

void SignalWatcher::on_ready(EventLoop::Readiness) {
  signalfd_siginfo info{};
  while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) action_();
}

}  // namespace meterproof::net
