// SPDX-License-Identifier: Apache-2.0
// meterproof manual, meterproof completion: what the options say of themselves, for man(1) and for the shell.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/command_line.hpp"
#include "core/i18n/message.hpp"

namespace meterproof::cli {

using i18n::Language;
using i18n::msg;

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

void append_options(std::string& out, const CLI::App& app, Language language) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string value = option->get_type_size() == 0 ? "" : " " + option->get_type_name();
    out += ".TP\n.B " + roff(option->get_name(false, true)) + roff(value) + "\n" + roff(option->get_description());
    if (!option->get_default_str().empty()) out += roff(render(msg<"manual.default">(option->get_default_str()), language));
    out += "\n";
  }
}

std::string manual(const CLI::App& app, Language language) {
  const auto text = [&](const i18n::Message& message) { return roff(render(message, language)); };
  const auto heading = [&](const i18n::Message& title) { return ".SH " + text(title) + "\n"; };
  std::string out = ".TH METERPROOF 1 \"\" \"meterproof " METERPROOF_VERSION "\"\n" + heading(msg<"manual.heading-name">()) + "meterproof \\- " +
                    text(msg<"manual.name">()) + "\n" + heading(msg<"manual.heading-synopsis">()) + ".B meterproof\n.I " + text(msg<"manual.command">()) +
                    "\n[\\fI" + text(msg<"manual.option">()) + "\\fR...]\n" + heading(msg<"manual.heading-description">()) + ".nf\n" +
                    roff(app.get_description()) + "\n.fi\n" + heading(msg<"manual.heading-options">());
  append_options(out, app, language);
  for (const CLI::App* command : commands_of(app)) {
    out += ".SH " + command->get_name() + "\n" + roff(command->get_description()) + "\n";
    append_options(out, *command, language);
    for (const CLI::App* inner : commands_of(*command)) {
      out += ".SS " + command->get_name() + " " + inner->get_name() + "\n" + roff(inner->get_description()) + "\n";
      append_options(out, *inner, language);
    }
  }
  return out + heading(msg<"manual.heading-exit">()) + text(msg<"manual.exit">()) + "\n" + heading(msg<"manual.heading-environment">()) +
         ".TP\n.B METERPROOF_APPS\n" + text(msg<"manual.apps">()) + "\n.TP\n.B METERPROOF_SPEC\n" + text(msg<"manual.spec">()) + "\n.TP\n.B NO_COLOR\n" +
         text(msg<"manual.no-color">()) + "\n";
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
  std::string nested;
  for (const CLI::App* command : commands_of(app)) {
    out += "    *:" + command->get_name() + ") words='" + words_of(*command) + words_of(app) + "' ;;\n";
    for (const CLI::App* inner : commands_of(*command))
      nested += "    " + command->get_name() + ":" + inner->get_name() + ") words='" + words_of(*inner) + words_of(app) + "' ;;\n";
  }
  if (!nested.empty()) out += "  esac\n  [ $COMP_CWORD -lt 3 ] || case $command:${COMP_WORDS[2]} in\n" + nested;
  return out +
         "  esac\n  case $word in\n    -* | '') COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
         "    *) COMPREPLY=($(compgen -W \"$words\" -- \"$word\") $(compgen -f -- \"$word\")) ;;\n  esac\n}\n"
         "complete -o filenames -F _meterproof meterproof\n";
}

}  // namespace

void add_manual(const Program& program) {
  CLI::App* manual_command = program.app.add_subcommand("manual", program.text<"help.manual">());
  manual_command->callback([&run = program.run, &terminal = program.terminal] {
    run = [&terminal] {
      const Language language = terminal.style.language;
      std::fputs(manual(CommandLine(language).app(), language).c_str(), stdout);
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
