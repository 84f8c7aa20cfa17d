// SPDX-License-Identifier: Apache-2.0
#include "cli/streams.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>

namespace meterproof::cli {

void settle_streams() {
  // open(2) takes the lowest free number: in this order it is the stream's own.
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF && ::open("/dev/null", stream == STDIN_FILENO ? O_RDONLY : O_WRONLY) != stream) std::_Exit(2);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

Screen screen_of(int stream) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string_view(value == nullptr ? "" : value);
  };
  Screen out;
  out.terminal = ::isatty(stream) == 1;
  out.moves_cursor = out.terminal && !variable("TERM").empty() && variable("TERM") != "dumb";
  out.colour = out.moves_cursor && variable("NO_COLOR").empty();
  winsize size{};
  if (out.terminal && ::ioctl(stream, TIOCGWINSZ, &size) == 0) {
    out.width = size.ws_col;
    out.rows = size.ws_row;
  }
  return out;
}

bool are_one_terminal(int one, int other) {
  using Status = struct stat;
  Status a{}, b{};
  return ::isatty(one) == 1 && ::isatty(other) == 1 && ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_rdev == b.st_rdev;
}

}  // namespace meterproof::cli
