// SPDX-License-Identifier: Apache-2.0
// What a hook's command will run, as far as that is certain without a shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meterproof::cli {

struct ShellWord {
  std::string text;     // without its quotes
  bool literal = true;  // means what it says; otherwise the shell makes something else of it: $NAME, *, ~
};
/// A command's name and its arguments, without assignments before it and without redirections.
using SimpleCommand = std::vector<ShellWord>;

/// The simple commands of a script of sh that run whatever becomes of those before them. Reading ends at the first thing that takes a shell to understand
/// (`if`, `(`, `$(…)`, a changed PATH, `exec`); of `a || b`, which may be meant to do without either, and of what follows `a &&`, nothing is said.
/// The script must be one that `sh -n` takes.
std::vector<SimpleCommand> certain_commands(std::string_view script);

}  // namespace meterproof::cli
