// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <map>

namespace meterproof::cli {
namespace command_line_test {

/// Every command and option with its description.
void collect(const CLI::App& app, const std::string& name, std::map<std::string, std::string>& out) {
  out[name] = app.get_description();
  for (const CLI::Option* option : app.get_options()) out[name + " " + option->get_name(true, true)] = option->get_description();
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) collect(*command, name + " " + command->get_name(), out);
}

TEST(Help, EveryOptionIsDescribedInBothLanguages) {
  CommandLine english(i18n::Language::en), chinese(i18n::Language::zh);
  std::map<std::string, std::string> en, zh;
  collect(english.app(), "meterproof", en);
  collect(chinese.app(), "meterproof", zh);
  EXPECT_GT(en.size(), 120U);
  ASSERT_EQ(en.size(), zh.size());
  for (const auto& [name, text] : en) {
    ASSERT_EQ(zh.count(name), 1U) << name;
    EXPECT_FALSE(text.empty()) << name << " has no description";
    const bool letters = std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
    EXPECT_FALSE(letters && text == zh[name]) << name << " has no Chinese: " << text;
  }
}

TEST(Help, TheLanguageIsKnownBeforeAnythingIsParsed) {
  const auto language = [](std::vector<const char*> arguments) { return language_of(static_cast<int>(arguments.size()), arguments.data()); };
  EXPECT_EQ(language({"meterproof", "check", "--lang", "zh", "--help"}), i18n::Language::zh);
  EXPECT_EQ(language({"meterproof", "--lang=zh", "chek"}), i18n::Language::zh);
  EXPECT_EQ(language({"meterproof", "--lang", "en", "check"}), i18n::Language::en);
}

}  // namespace command_line_test
}  // namespace meterproof::cli
