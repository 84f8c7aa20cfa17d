// SPDX-License-Identifier: Apache-2.0
// meterproof: one program, many commands.
#include <exception>

#include "cli/command_line.hpp"
#include "core/i18n/message_error.hpp"

int main(int argc, char** argv) {
  using namespace meterproof;
  try {
    const i18n::Language language = cli::language_of(argc, argv);
    cli::set_language(language);
    return cli::CommandLine(language).run(argc, argv);
  } catch (const i18n::MessageError& error) {
    cli::print_error(error.message());
    return static_cast<int>(cli::Exit::usage);
  } catch (const std::exception& error) {
    cli::print_error(i18n::untranslated(error.what()));
    return static_cast<int>(cli::Exit::usage);
  }
}
