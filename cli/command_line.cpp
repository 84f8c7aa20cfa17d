// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <sstream>

#include "cli/completion.hpp"
#include "cli/help_formatter.hpp"
#include "cli/streams.hpp"
#include "core/loader/config_loader.hpp"
#include "core/text/text.hpp"

namespace meterproof::cli {

using i18n::Language;
using i18n::Message;
using i18n::msg;

namespace {

std::vector<std::string> names_of_commands(const CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) out.push_back(command->get_name());
  return out;
}

/// The commands that a mistyped word may have meant.
Message did_you_mean(const CLI::App& app, int argc, const char* const* argv) {
  const std::vector<std::string> known = names_of_commands(app);
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--lang" || word == "--spec" || word == "--config") ++i;  // what follows is its value
    if (word.starts_with('-')) continue;
    if (std::find(known.begin(), known.end(), word) != known.end()) return {};
    return msg<"usage.command">(word, core::suggestion(word, known));
  }
  return {};
}

/// The options that a mistyped one may have meant.
Message mistyped_option(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> known;
  const std::function<void(const CLI::App&)> note = [&](const CLI::App& of) {
    for (const CLI::Option* option : of.get_options())
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    for (const CLI::App* command : of.get_subcommands([](const CLI::App*) { return true; }))
      if (std::find(argv, argv + argc, command->get_name()) != argv + argc) note(*command);
  };
  note(app);
  for (int i = 1; i < argc; ++i) {
    const std::string word = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    if (word.starts_with("--") && word.size() > 2 && std::find(known.begin(), known.end(), word) == known.end())
      return msg<"usage.unknown-option">(word, core::suggestion(word, known));
  }
  return {};
}

/// As a user writes it: --out, or the word that stands for an argument.
std::string name_of(const CLI::Option& option) {
  const bool positional = option.get_lnames().empty() && option.get_snames().empty();
  if (!positional) return option.get_name(false, true);
  const std::string type = option.get_type_name();
  return type.find(':') == std::string::npos ? type : option.get_name(true);
}

/// Whether the text has that name as a whole: "--apps" does not name --app.
bool names(const std::string& text, const std::string& name) {
  const std::size_t at = name.empty() ? std::string::npos : text.find(name);
  return at != std::string::npos && text.find_first_of("abcdefghijklmnopqrstuvwxyz-", at + name.size()) != at + name.size();
}

/// What is wrong with the arguments, as far as the library's error can be told in our words.
Message explain(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  std::string path;
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    path += (path.empty() ? "" : " ") + command->get_name();
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    for (const CLI::Option* option : command->get_options())
      if (option->get_required() && option->count() == 0) return msg<"usage.required">(name_of(*option), path);
    if (const auto known = names_of_commands(*command); !known.empty()) return msg<"usage.command-required">(msg<"usage.one-of">(core::join(known)));
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) return msg<"usage.extras">(core::join(app.remaining(true)));
  const std::string text = error.what();
  for (const CLI::App* of : {command, &app})
    for (const CLI::Option* option : of->get_options())
      if (const std::string name = name_of(*option); names(text, name)) {
        const std::string type = option->get_type_name();  // "TEXT:{zh,en}": what follows the colon says more
        return msg<"usage.value">(name, type.substr(type.find(':') + 1), path);
      }
  return msg<"usage.parse">();
}

/// The words of CLI11 itself.
void set_labels(const Program& program) {
  const auto formatter = program.app.get_formatter();
  formatter->label("Usage", program.text<"help.label.usage">());
  formatter->label("Options", program.text<"help.label.options">());
  formatter->label("OPTIONS", program.text<"help.label.option">());
  formatter->label("Positionals", program.text<"help.label.positionals">());
  formatter->label("Subcommands", program.text<"help.label.subcommands">());
  formatter->label("SUBCOMMAND", program.text<"help.label.subcommand">());
  formatter->label("SUBCOMMANDS", program.text<"help.label.subcommand">());
  formatter->label("REQUIRED", program.text<"help.label.required">());
  program.app.option_defaults()->group(program.text<"help.label.options">());
  program.app.group(program.text<"help.label.subcommands">());
  program.app.set_help_flag("-h,--help", program.text<"help.program.help">());
}

/// CLI11 makes a command's --help before its defaults, so the group is set again.
void set_group_of_help(CLI::App& app, const std::string& group) {
  if (CLI::Option* help = app.get_help_ptr()) help->group(group);
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) set_group_of_help(*command, group);
}

/// Names by which options were called before, or are called elsewhere.
std::string present_name(const std::string& argument, std::string_view command) {
  const std::size_t equals = argument.find('=');
  const std::string name = argument.substr(0, equals), rest = equals == std::string::npos ? "" : argument.substr(equals);
  if (command == "check" && name == "--known") return "--fixture" + rest;
  if (command == "check" && name == "--only") return "--filter" + rest;
  if (command == "load" && name == "--find") return "--find-capacity" + rest;
  return argument;
}

bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

/// The long names of a command's options.
std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> out;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames())
      if (name != "help") out.push_back(name);
  return out;
}

/// The value of the last --config among the words; "" where there is none.
std::string config_file(const std::vector<std::string>& words) {
  const std::string option = "--config";
  std::string out;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == option && i + 1 < words.size()) out = words[i + 1];
    else if (words[i].starts_with(option + "=")) out = words[i].substr(option.size() + 1);
  }
  return out;
}

/// Puts the options of the file behind the command, those apart that stand among the words. False after the mistakes were printed.
bool add_configured(const CLI::App& app, std::vector<std::string>& words) {
  const std::string file = config_file(words);
  if (file.empty()) return true;
  loader::OptionNames known;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) known[command->get_name()] = option_names(*command);
  const auto options = loader::load_config(file, known);
  if (!options) {
    print_problems(options.problems());
    return false;
  }
  const std::vector<std::string> commands = names_of_commands(app);
  const auto command = std::find_first_of(words.begin() + 1, words.end(), commands.begin(), commands.end());
  if (command == words.end()) return true;
  std::vector<std::string> more;
  for (const loader::ConfiguredOption& one : *options) {
    const std::string name = "--" + one.name;
    const auto is_given = [&](const std::string& word) { return word == name || word.starts_with(name + "="); };
    if (one.command != *command || std::any_of(words.begin(), words.end(), is_given)) continue;
    const bool flag = is_flag(*app.get_subcommand(*command)->get_option(name));
    for (const std::string& value : one.values) {
      if (!flag) more.push_back(name + "=" + value);
      else if (value == "true") more.push_back(name);
      else if (value != "false") {
        print_error(msg<"usage.option">(file, msg<"config.value">(one.name)));
        return false;
      }
    }
  }
  words.insert(command + 1, more.begin(), more.end());
  return true;
}

/// The arguments with the options' present names.
std::vector<std::string> with_present_names(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> words(argv, argv + argc);
  const std::vector<std::string> known = names_of_commands(app);
  const auto command = std::find_first_of(words.begin(), words.end(), known.begin(), known.end());
  if (command == words.end()) return words;
  for (auto word = command + 1; word != words.end(); ++word) *word = present_name(*word, *command);
  return words;
}

}  // namespace

CommandLine::CommandLine(Language language) : app_(std::make_unique<CLI::App>("", "meterproof")) {
  terminal_.style.language = language;
  app_->formatter(make_help_formatter(screen_of(STDOUT_FILENO).width));
  const Program program{*app_, spec_directory_, run_, terminal_};
  set_labels(program);
  app_->description(program.text<"help.program">());
  app_->set_version_flag("--version", "meterproof " METERPROOF_VERSION, program.text<"help.program.version">());
  app_->require_subcommand(1);
  app_->fallthrough();
  app_->add_option("--spec", spec_directory_, program.text<"help.program.spec">())->type_name("DIR");
  app_->add_option("--config", config_file_, program.text<"help.program.config">())->type_name("FILE");
  app_->add_option("--lang", language_, program.text<"help.program.lang">())->check(CLI::IsMember({"zh", "en"}));
  app_->add_flag("--quiet", terminal_.quiet, program.text<"help.program.quiet">());
  app_->add_flag("--verbose", terminal_.verbose, program.text<"help.program.verbose">());
  add_mock(program);
  add_check(program);
  add_check_client(program);
  add_load(program);
  add_report(program);
  add_diff(program);
  add_history(program);
  add_certificate(program);
  add_register(program);
  add_sign(program);
  add_world(program);
  add_spec(program);
  add_manual(program);
  set_group_of_help(*app_, program.text<"help.label.options">());
}

CommandLine::~CommandLine() = default;

int CommandLine::run(int argc, const char* const* given) {
  std::vector<std::string> words = with_present_names(*app_, argc, given);
  const bool completes = argc > 1 && std::string_view(given[1]) == "__complete";  // asked by the shells' scripts, which `completion` prints
  if (!completes && !add_configured(*app_, words)) return static_cast<int>(Exit::usage);
  std::vector<const char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(word.c_str());
  arguments.push_back(nullptr);
  const char* const* argv = arguments.data();
  argc = static_cast<int>(words.size());
  if (completes) {
    for (const std::string& word : complete(*app_, {argv + 2, argv + argc})) std::printf("%s\n", word.c_str());
    return static_cast<int>(Exit::ok);
  }
  try {
    app_->parse(argc, argv);
  } catch (const CLI::Success& asked) {  // for help, or the version
    std::ostringstream text, none;
    const int code = app_->exit(asked, text, none);
    return print(text.str()) ? code : static_cast<int>(Exit::usage);
  } catch (const CLI::ParseError& error) {
    Message hint = did_you_mean(*app_, argc, argv);
    if (hint.empty()) hint = mistyped_option(*app_, argc, argv);
    print_error(hint.empty() ? explain(*app_, error) : hint);
    return static_cast<int>(Exit::usage);
  }
  const Screen out = screen_of(STDOUT_FILENO), err = screen_of(STDERR_FILENO);
  terminal_.style.colour = out.colour;
  terminal_.style.brief = out.terminal && !terminal_.verbose;
  terminal_.style.width = out.width;
  terminal_.style.rows = out.rows;
  terminal_.err = terminal_.style;
  terminal_.err.colour = err.colour;
  terminal_.err.width = err.width;
  terminal_.moves_cursor = err.moves_cursor;
  terminal_.shows_both = are_one_terminal(STDOUT_FILENO, STDERR_FILENO);
  const Exit exit = run_();
  const bool is_printed = print(std::string());  // what was written before, and not looked after
  return static_cast<int>(is_printed || exit != Exit::ok ? exit : Exit::usage);
}

Language language_of(int argc, const char* const* argv) {
  std::string given;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--lang" && i + 1 < argc) given = argv[i + 1];
    else if (word.starts_with("--lang=")) given = word.substr(word.find('=') + 1);
  }
  return given.empty() ? i18n::language_of_locale() : given == "zh" ? Language::zh : Language::en;
}

}  // namespace meterproof::cli
