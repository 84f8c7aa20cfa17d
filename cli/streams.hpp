// SPDX-License-Identifier: Apache-2.0
// The standard streams: what is closed is opened on /dev/null, and what may be written to each.
#pragma once

#include <cstddef>

namespace meterproof::cli {

/// To be called before anything opens a file: otherwise the first socket gets the number of a closed stream, and what is printed goes to the target.
/// A pipe that nobody reads any more is an error of that write from here on, not the end of the program, and so is a file that has reached its limit
/// (setrlimit(2)).
void settle_streams();

/// What a stream is shown on.
struct Screen {
  bool terminal = false;
  bool moves_cursor = false;  // understands escape sequences
  bool colour = false;        // and is wanted to: NO_COLOR is not set, or is empty (no-color.org)
  std::size_t width = 0;      // columns; 0 where it does not say
  std::size_t rows = 0;       // the same
};
Screen screen_of(int stream);
/// Whether both are shown on the same terminal.
bool are_one_terminal(int one, int other);

}  // namespace meterproof::cli
