// SPDX-License-Identifier: Apache-2.0
// Reads a file whole that somebody else may have named or made: no more than is bearable, and never for ever.
#pragma once

#include <cstddef>
#include <string>

namespace meterproof::core {

enum class InputFileProblem {
  none,
  unreadable,     // errno says why
  not_a_file,     // a folder or a device
  nobody_writes,  // a pipe that brings nothing for five seconds
  too_large
};

struct InputFile {
  InputFileProblem problem = InputFileProblem::none;
  std::string content;   // where there is no problem
  bool regular = false;  // no pipe; whose owner and mode say nothing of where its bytes come from
  unsigned owner = 0;    // user id
  unsigned mode = 0;     // permissions, as in chmod
};

/// The content of a regular file or a pipe, of `most` bytes at the most.
InputFile read_input_file(const std::string& path, std::size_t most);

}  // namespace meterproof::core
