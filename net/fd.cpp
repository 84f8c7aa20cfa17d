// SPDX-License-Identifier: Apache-2.0
#include "net/fd.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

namespace meterproof::net {

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

std::size_t raise_file_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  // A sandbox may refuse this. The second getrlimit then returns the old limit, and the caller decides whether it is enough.
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace meterproof::net
