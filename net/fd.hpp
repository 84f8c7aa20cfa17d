// SPDX-License-Identifier: Apache-2.0
// A file descriptor that is closed when its owner is destroyed, and the limit on how many a process may open.
#pragma once

#include <cstddef>

namespace meterproof::net {

/// Owns one file descriptor, or none (-1). Move-only.
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
  /// Gives up ownership without closing; the caller must close what is returned.
  int release();
  void close();

 private:
  int fd_ = -1;
};

/// Raises the soft limit on open files (RLIMIT_NOFILE) to the hard limit and returns the limit that holds afterwards.
std::size_t raise_file_limit();

}  // namespace meterproof::net
