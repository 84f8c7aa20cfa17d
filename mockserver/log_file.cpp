// SPDX-License-Identifier: Apache-2.0
#include "mockserver/log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace meterproof::mockserver {
namespace {

net::Fd open_to_append(const std::string& path) {
  constexpr mode_t mode = 0666;                                                           // less the umask
  return net::Fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, mode));  // NOLINT(*-vararg)
}

}  // namespace

bool LogFile::open(const std::string& path) {
  path_ = path;
  file_ = open_to_append(path);
  open_ = static_cast<bool>(file_);
  return open_;
}

bool LogFile::reopen() {
  const std::lock_guard lock(mutex_);
  net::Fd fresh = open_to_append(path_);
  if (!fresh) return false;
  file_ = std::move(fresh);
  ends_in_line_ = true;
  return true;
}

void LogFile::write(std::string_view line) {
  const std::lock_guard lock(mutex_);
  std::string lines = ends_in_line_ ? "" : "\n";
  if (lost_ > 0) lines += "{\"lost\":" + std::to_string(lost_) + "}\n";
  lines += line;
  lines += '\n';
  if (append(lines)) {
    ends_in_line_ = true;
    lost_ = 0;
    return;
  }
  const int error = errno;
  ++all_lost_;
  if (++lost_ == 1 && on_loss_) on_loss_(error);
}

/// Leaves nothing behind if it fails, or clears `ends_in_line_` where that cannot be done.
bool LogFile::append(std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t wrote = ::write(file_.get(), bytes.data() + done, bytes.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) break;
    done += static_cast<std::size_t>(wrote);
  }
  if (done == bytes.size()) return true;
  if (done == 0) return false;
  const int error = errno;
  struct stat now {};
  const bool taken_back = ::fstat(file_.get(), &now) == 0 && S_ISREG(now.st_mode) && now.st_size >= static_cast<off_t>(done) &&
                          ::ftruncate(file_.get(), now.st_size - static_cast<off_t>(done)) == 0;
  if (!taken_back) ends_in_line_ = false;
  errno = error;
  return false;
}

}  // namespace meterproof::mockserver
