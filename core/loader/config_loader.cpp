// SPDX-License-Identifier: Apache-2.0
#include "core/loader/config_loader.hpp"

#include <utility>

#include "core/loader/yaml_node.hpp"

namespace meterproof::loader {

namespace {

std::vector<ConfiguredOption> read_options(const std::string& command, const YamlNode& options, std::vector<std::string> known) {
  std::vector<ConfiguredOption> out;
  std::erase(known, "app");  // it takes a secret itself
  for (const auto& [name, value] : options.members())
    if (name.text() == "app") {
      name.fail(msg<"config.secret">());
      return out;
    }
  options.allow_keys(known);
  for (const auto& [name, value] : options.members()) {
    ConfiguredOption& option = out.emplace_back(ConfiguredOption{command, name.text(), {}});
    for (const YamlNode& one : value.items()) {
      if (one.is_scalar()) option.values.push_back(one.text());
      else one.fail(msg<"config.value">(option.name));
    }
  }
  return out;
}

}  // namespace

core::Result<std::vector<ConfiguredOption>> load_config(const std::string& path, const OptionNames& known) {
  std::vector<core::Diagnostic> problems;
  std::vector<ConfiguredOption> out;
  const auto root = open(path, path, problems);
  if (!root) return problems;
  std::vector<std::string> commands;
  for (const auto& [command, options] : known) commands.push_back(command);
  root->allow_keys(commands);
  for (const auto& [name, options] : root->members())
    if (const auto of = known.find(name.text()); of != known.end())
      for (ConfiguredOption& one : read_options(of->first, options, of->second)) out.push_back(std::move(one));
  for (core::Diagnostic& one : problems)
    if (one.message == msg<"config.secret">()) one.source_line.clear();
  if (!problems.empty()) return problems;
  return out;
}

}  // namespace meterproof::loader
