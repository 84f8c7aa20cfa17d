// SPDX-License-Identifier: Apache-2.0
// A file with options of commands, for what is long on a command line.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/diagnostics/diagnostic.hpp"

namespace meterproof::loader {

/// The names of the options, without dashes, by command.
using OptionNames = std::map<std::string, std::vector<std::string>>;

struct ConfiguredOption {
  std::string command, name;
  std::vector<std::string> values;  // as on the command line; "true" and "false" of a flag
};

/// Reads a map of commands with maps of their options: mock: { port: 9000, interpretation: [a=b, c=d] }. Every mistake is told with its line, and what may
/// stand there. Secrets are refused: --apps and --control-token name files that have them.
core::Result<std::vector<ConfiguredOption>> load_config(const std::string& path, const OptionNames& known);

}  // namespace meterproof::loader
