// SPDX-License-Identifier: Apache-2.0
#include "cli/standby.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace meterproof::cli {

namespace {

/// Waits at `alive` for one byte, which says that all is done, or for the end of the other process.
[[noreturn]] void stand_by(int alive, const std::function<void()>& act) {
  ::setsid();  // what is sent to the other's group, or its terminal, is not meant for this one
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU}) std::signal(signal, SIG_IGN);
  constexpr int kept = STDERR_FILENO + 1;
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  if (alive != kept) ::dup2(alive, kept);
  ::close_range(kept + 1, ~0U, 0);
  char done = 0;
  ssize_t got = 0;
  while ((got = ::read(kept, &done, 1)) < 0 && errno == EINTR) {
  }
  if (got == 0) {
    try {
      act();
    } catch (...) {
      ::_exit(1);
    }
  }
  ::_exit(0);
}

}  // namespace

Standby::Standby(const std::function<void()>& act) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return;
  const net::Fd theirs(pipe[0]);
  alive_ = net::Fd(pipe[1]);
  pid_ = ::fork();
  if (pid_ == 0) stand_by(theirs.get(), act);
}

void Standby::dismiss() {
  const char done = 1;
  if (pid_ > 0) (void)!::write(alive_.get(), &done, 1);
}

Standby::~Standby() {
  if (pid_ <= 0) return;
  alive_ = net::Fd();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace meterproof::cli
