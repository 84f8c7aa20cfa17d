// SPDX-License-Identifier: Apache-2.0
// meterproof manual, meterproof completion: what the options say of themselves, for man(1) and for the shell.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command_line.hpp"

namespace meterproof::cli {
namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  std::vector<const CLI::App*> out;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_name().empty()) out.push_back(command);
  return out;
}

/// Text for roff (groff_char(7)): no line begins a request, no hyphen or backslash is lost.
std::string roff(const std::string& text) {
  std::string out;
  bool fresh = true;
  for (const char c : text) {
    if (fresh && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else out += c;
    fresh = c == '\n';
  }
  return out;
}

void append_options(std::string& out, const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string value = option->get_type_size() == 0 ? "" : " " + option->get_type_name();
    out += ".TP\n.B " + roff(option->get_name(false, true)) + roff(value) + "\n" + roff(option->get_description());
    if (!option->get_default_str().empty()) out += roff(" (default: " + option->get_default_str() + ")");
    out += "\n";
  }
}

std::string manual(const CLI::App& app) {
  std::string out = ".TH METERPROOF 1 \"\" \"meterproof " METERPROOF_VERSION
                    "\"\n.SH NAME\nmeterproof \\- conformance and load tests for the gas\\-meter billing interface\n"
                    ".SH SYNOPSIS\n.B meterproof\n.I COMMAND\n[\\fIOPTION\\fR...]\n.SH DESCRIPTION\n.nf\n" +
                    roff(app.get_description()) + "\n.fi\n.SH OPTIONS OF EVERY COMMAND\n";
  append_options(out, app);
  for (const CLI::App* command : commands_of(app)) {
    out += ".SH " + command->get_name() + "\n" + roff(command->get_description()) + "\n";
    append_options(out, *command);
    for (const CLI::App* inner : commands_of(*command)) {
      out += ".SS " + command->get_name() + " " + inner->get_name() + "\n" + roff(inner->get_description()) + "\n";
      append_options(out, *inner);
    }
  }
  return out +
         ".SH EXIT STATUS\n0 good; 1 something does not conform, or a threshold is not met; 2 wrong usage, or a file that cannot be read or written; "
         "3 the target could not be reached; 4 nothing could be judged.\n"
         ".SH ENVIRONMENT\n.TP\n.B METERPROOF_APPS\nID:SECRET pairs between commas, where no option gives them\n.TP\n.B METERPROOF_SPEC\n"
         "the folder of the interface specs\n.TP\n.B NO_COLOR\nno colours on a terminal\n";
}

/// The words that may follow: a command's options and the commands in it.
std::string words_of(const CLI::App& app) {
  std::string out;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) out += " --" + name;
  for (const CLI::App* inner : commands_of(app)) out += " " + inner->get_name();
  return out;
}

std::string completion(const CLI::App& app) {
  std::string out =
      "# bash completion of meterproof; made by `meterproof completion`\n_meterproof() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words\n"
      "  case $COMP_CWORD:$command in\n    1:*) words='" +
      words_of(app) + "' ;;\n";
  for (const CLI::App* command : commands_of(app)) out += "    *:" + command->get_name() + ") words='" + words_of(*command) + words_of(app) + "' ;;\n";
  return out +
         "  esac\n  case $word in\n    -* | '') COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
         "    *) COMPREPLY=($(compgen -W \"$words\" -- \"$word\") $(compgen -f -- \"$word\")) ;;\n  esac\n}\n"
         "complete -o filenames -F _meterproof meterproof\n";
}

}  // namespace

void add_manual(const Program& program) {
  CLI::App* manual_command = program.app.add_subcommand("manual", program.text<"help.manual">());
  manual_command->callback([&run = program.run] {
    run = [] {
      std::fputs(manual(CommandLine(i18n::Language::en).app()).c_str(), stdout);
      return Exit::ok;
    };
  });
  CLI::App* completion_command = program.app.add_subcommand("completion", program.text<"help.completion">());
  completion_command->callback([&app = program.app, &run = program.run] {
    run = [&app] {
      std::fputs(completion(app).c_str(), stdout);
      return Exit::ok;
    };
  });
}

}  // namespace meterproof::cli
