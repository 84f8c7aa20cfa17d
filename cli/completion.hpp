// SPDX-License-Identifier: Apache-2.0
// What may follow the words of an unfinished command line, and the scripts by which shells ask it.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace meterproof::cli {

/// The candidates for the last of `words`, which is unfinished and may be empty; `words` are those after the program's name. The line ":files" asks
/// the shell to add the names of files. Where a shell cuts words at '=' (bash), candidates are for what follows it.
std::vector<std::string> complete(const CLI::App& app, std::vector<std::string> words);

/// A script for bash, zsh or fish that asks `meterproof __complete WORDS…`.
std::string completion_script(const std::string& shell);

}  // namespace meterproof::cli
