// SPDX-License-Identifier: Apache-2.0
// A file of lines that a long-running program appends to: whole lines only, what a full disk loses is counted and told, and the file can be moved away
// and opened again (log rotation).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "net/fd.hpp"

namespace meterproof::mockserver {

/// Threads may share it.
class LogFile {
 public:
  /// Creates the file, or appends to it. False, and errno, where that cannot be done.
  bool open(const std::string& path);
  bool is_open() const { return open_; }
  /// `action` gets the cause (errno) when lines begin to be lost, once until they are written again; during `write`. Set it before `open`.
  void on_loss(std::function<void(int error)> action) { on_loss_ = std::move(action); }

  /// Appends the line and a line end, both or neither. After lines that were lost, `{"lost":N}` comes first.
  void write(std::string_view line);
  /// Opens the path again, for a file that was moved away. False, and errno, where that cannot be done: the old one is written on.
  bool reopen();
  /// Lines that were lost since the program began.
  std::uint64_t lost() const { return all_lost_; }

 private:
  bool append(std::string_view bytes);

  std::string path_;
  std::function<void(int)> on_loss_;
  std::atomic<bool> open_ = false;
  std::atomic<std::uint64_t> all_lost_ = 0;
  std::mutex mutex_;  // guards the rest
  net::Fd file_;
  std::uint64_t lost_ = 0;    // not yet told in the file
  bool ends_in_line_ = true;  // false: a part of a line could not be taken back
};

}  // namespace meterproof::mockserver
