// SPDX-License-Identifier: Apache-2.0
#include "net/signal_watcher.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace meterproof::net {
namespace {

/// Those that are not ignored (nohup; a background job of sh): a blocked signal is delivered to signalfd though it is ignored. `hangup_too`: SIGHUP
/// even if it is.
sigset_t termination_signals(bool hangup_too) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    const bool wanted = hangup_too && signal == SIGHUP;
    if (wanted || (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_IGN)) sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

ScopedSignalBlock::ScopedSignalBlock(bool hangup_too) : blocked_(termination_signals(hangup_too)) { pthread_sigmask(SIG_BLOCK, &blocked_, &previous_); }

ScopedSignalBlock::~ScopedSignalBlock() {
  if (sigismember(&previous_, SIGTERM) == 0) {
    const timespec at_once{};
    while (::sigtimedwait(&blocked_, nullptr, &at_once) > 0) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

void block_termination_signals(bool hangup_too) {
  const sigset_t set = termination_signals(hangup_too);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

SignalWatcher::SignalWatcher(EventLoop& loop, std::function<void()> action, std::function<void()> on_hangup)
    : block_(static_cast<bool>(on_hangup)), loop_(loop), action_(std::move(action)), on_hangup_(std::move(on_hangup)) {
  const sigset_t set = termination_signals(static_cast<bool>(on_hangup_));
  fd_ = Fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd_) throw std::system_error(errno, std::generic_category(), "signalfd");
  loop_.watch(fd_.get(), *this, EventLoop::Interest::read);
}

SignalWatcher::~SignalWatcher() { loop_.forget(fd_.get(), *this); }

void SignalWatcher::on_ready(EventLoop::Readiness) {
  signalfd_siginfo info{};
  while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (on_hangup_ && info.ssi_signo == SIGHUP) on_hangup_();
    else action_();
  }
}

}  // namespace meterproof::net
