// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <sstream>

#include "cli/command.hpp"
#include "core/loader/spec_loader.hpp"
#include "mutation/mutation.hpp"

namespace meterproof::cli {

namespace {

constexpr const char* files = ":files";

const CLI::Option* find_option(const CLI::App* command, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  for (; command != nullptr; command = command->get_parent())
    for (const CLI::Option* option : command->get_options())
      if (option->check_name(name)) return option;
  return nullptr;
}

std::vector<std::string> interpretations(const core::Spec& spec) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& id, const core::OpenQuestion& question) {
    for (const std::string& answer : question.interpretations) out.push_back(id + "=" + answer);
  };
  for (const core::OpenQuestion& question : spec.open_questions) add(question.id, question);
  for (const core::Interface& interface : spec.interfaces)
    for (const core::OpenQuestion& question : interface.open_questions) add(interface.name + "/" + question.id, question);
  return out;
}

/// Values that are names of the specification.
std::vector<std::string> names_in_spec(const std::string& option) {
  const std::string directory = find_spec_directory("");
  const auto spec = loader::load_spec(directory);
  std::vector<std::string> out;
  if (!spec) return out;
  if (option == "interpretation") return interpretations(*spec);
  if (option == "interface" || option == "filter" || option == "exclude") return spec->interface_names();
  if (option == "mutant")
    for (const auto& one : mutation::mutations(*spec)) out.push_back(one.id);
  if (option == "fixture")
    for (const core::Table& table : spec->tables) out.push_back(table.name + "=");
  if (option == "workload") {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(directory) / "workloads", error))
      out.push_back(entry.path().stem().string());
    std::sort(out.begin(), out.end());
  }
  return out;
}

/// By what the help says of its value: "TEXT:{zh,en}", "FILE", "NAME|FILE", …
std::vector<std::string> values_of(const CLI::Option& option) {
  const std::string type = option.get_type_name(), name = option.get_lnames().empty() ? "" : option.get_lnames().front();
  std::vector<std::string> out;
  if (const std::size_t open = type.find('{'), close = type.find('}'); open < close && close != std::string::npos) {
    std::stringstream list(type.substr(open + 1, close - open - 1));
    for (std::string one; std::getline(list, one, ',');) out.push_back(one);
    return out;
  }
  if (!name.empty()) out = names_in_spec(name);
  for (const char* of_a_file : {"FILE", "DIR", "RECORD"})
    if (type.find(of_a_file) != std::string::npos) return out.emplace_back(files), out;
  return out;
}

std::vector<std::string> words_of(const CLI::App* command, bool options) {
  std::vector<std::string> out;
  for (const CLI::App* of = command; options && of != nullptr; of = of->get_parent())
    for (const CLI::Option* option : of->get_options())
      for (const std::string& name : option->get_lnames()) out.push_back("--" + name);
  if (options) return out;
  for (const CLI::App* inner : command->get_subcommands([](const CLI::App*) { return true; }))
    if (!inner->get_name().empty()) out.push_back(inner->get_name());
  for (const CLI::Option* option : command->get_options())
    if (option->get_positional())
      for (const std::string& value : values_of(*option)) out.push_back(value);
  return out;
}

/// "--role", "=", "both", as bash cuts them, is one word again. Returns what stands before the part that bash would replace.
std::string join_cut_words(std::vector<std::string>& words) {
  std::vector<std::string> whole;
  std::string before;
  bool continues = false;
  for (const std::string& word : words) {
    const bool cut = word == "=" && !whole.empty();
    before = cut || continues ? whole.back() : "";
    if (cut || continues) whole.back() += word;
    else whole.push_back(word);
    if (cut) before = whole.back();
    continues = cut;
  }
  words = std::move(whole);
  return before;
}

}  // namespace

std::vector<std::string> complete(const CLI::App& app, std::vector<std::string> words) {
  if (words.empty()) words.emplace_back();
  const std::string before = join_cut_words(words);
  const CLI::App* command = &app;
  const CLI::Option* awaits = nullptr;  // a value
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (awaits != nullptr) {
      awaits = nullptr;
    } else if (words[i].starts_with('-')) {
      const CLI::Option* option = find_option(command, words[i]);
      if (option != nullptr && option->get_expected_min() > 0 && words[i].find('=') == std::string::npos) awaits = option;
    } else {
      for (const CLI::App* inner : command->get_subcommands([](const CLI::App*) { return true; }))
        if (inner->get_name() == words[i]) command = inner;
    }
  }
  const std::string& last = words.back();
  std::vector<std::string> all;
  if (awaits != nullptr) {
    all = values_of(*awaits);
  } else if (const std::size_t equals = last.find('='); last.starts_with("--") && equals != std::string::npos) {
    if (const CLI::Option* option = find_option(command, last))
      for (const std::string& value : values_of(*option)) all.push_back(value == files ? value : last.substr(0, equals + 1) + value);
  } else {
    all = words_of(command, last.starts_with('-'));
  }
  std::vector<std::string> out;
  for (std::string& one : all)
    if (one == files || one.starts_with(last)) out.push_back(one == files || !one.starts_with(before) ? one : one.substr(before.size()));
  return out;
}

std::string completion_script(const std::string& shell) {
  if (shell == "zsh")
    return "#compdef meterproof\n# zsh completion of meterproof; made by `meterproof completion zsh`\n_meterproof() {\n"
           "  local line\n  local -a found\n"
           "  while IFS= read -r line; do\n    if [[ $line == :files ]]; then _files; else found+=(\"$line\"); fi\n"
           "  done < <($words[1] __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)\n"
           "  (( $#found )) && compadd -- \"${found[@]}\"\n}\n"
           "if [[ $funcstack[1] == _meterproof ]]; then _meterproof \"$@\"; else compdef _meterproof meterproof; fi\n";
  if (shell == "fish")
    return "# fish completion of meterproof; made by `meterproof completion fish`\n"
           "function __meterproof_complete\n  set -l words (commandline -opc) (commandline -ct)\n"
           "  for line in ($words[1] __complete $words[2..-1] 2>/dev/null)\n"
           "    if test \"$line\" = :files\n      __fish_complete_path (commandline -ct)\n    else\n      echo $line\n    end\n  end\nend\n"
           "complete -c meterproof -f -a '(__meterproof_complete)'\n";
  return "# bash completion of meterproof; made by `meterproof completion bash`\n_meterproof() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} line\n  [ \"$word\" != = ] || word=\n  COMPREPLY=()\n"
         "  while IFS= read -r line; do\n    case $line in\n"
         "      :files) while IFS= read -r line; do COMPREPLY+=(\"$line\"); done < <(compgen -f -- \"$word\") ;;\n"
         "      *) COMPREPLY+=(\"$line\") ;;\n    esac\n"
         "  done < <(\"${COMP_WORDS[0]}\" __complete \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n}\n"
         "complete -o filenames -F _meterproof meterproof\n";
}

}  // namespace meterproof::cli
