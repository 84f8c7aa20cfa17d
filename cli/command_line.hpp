// SPDX-License-Identifier: Apache-2.0
// The program's commands and options, with their help in one language.
#pragma once

#include <memory>
#include <string>

#include "cli/command.hpp"

namespace meterproof::cli {

class CommandLine {
 public:
  explicit CommandLine(i18n::Language language);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  CLI::App& app() { return *app_; }
  /// Parses and runs; what the program ends with.
  int run(int argc, const char* const* argv);

 private:
  Terminal terminal_;
  std::string spec_directory_, config_file_, language_;
  Runner run_;
  std::unique_ptr<CLI::App> app_;
};

/// The value of --lang among the arguments, or the language of the locale: help and usage errors are needed before anything is parsed.
i18n::Language language_of(int argc, const char* const* argv);

}  // namespace meterproof::cli
