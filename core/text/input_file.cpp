// SPDX-License-Identifier: Apache-2.0
#include "core/text/input_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace meterproof::core {

namespace {

/// Owns the file while it is read.
class OpenFile {
 public:
  // A pipe without a writer would not be opened otherwise.
  explicit OpenFile(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Whether there are bytes, or nothing will come any more: then a read ends at once. Of a file on a disk that is always so; of a pipe, and of a file like
/// /proc/kmsg, only once somebody has written.
bool is_ready(int file) {
  constexpr int patience = 5000;  // milliseconds
  pollfd one{file, POLLIN, 0};
  int ready = 0;
  while ((ready = ::poll(&one, 1, patience)) < 0 && errno == EINTR) {
  }
  return ready > 0;
}

}  // namespace

InputFile read_input_file(const std::string& path, std::size_t most) {
  const OpenFile file(path);
  struct stat about {};
  if (file.get() < 0 || ::fstat(file.get(), &about) != 0) return {InputFileProblem::unreadable, {}};
  const bool pipe = S_ISFIFO(about.st_mode);
  if (!S_ISREG(about.st_mode) && !pipe) return {InputFileProblem::not_a_file, {}};
  if (!pipe && about.st_size > 0 && static_cast<std::size_t>(about.st_size) > most) return {InputFileProblem::too_large, {}};
  constexpr std::size_t step = 1UL << 16U;
  InputFile out;
  out.regular = !pipe;
  out.owner = about.st_uid;
  out.mode = about.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);
  for (;;) {
    if (!is_ready(file.get())) return {InputFileProblem::nobody_writes, {}};
    const std::size_t before = out.content.size();
    out.content.resize(before + step);
    const ssize_t got = ::read(file.get(), out.content.data() + before, step);
    out.content.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return out;
    if (got < 0 && errno != EINTR && errno != EAGAIN) return {InputFileProblem::unreadable, {}};
    if (out.content.size() > most) return {InputFileProblem::too_large, {}};
  }
}

}  // namespace meterproof::core
