// SPDX-License-Identifier: Apache-2.0
#include "core/text/shell.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>
#include <vector>

namespace meterproof::core {
namespace shell_test {

/// What a shell makes of the word.
std::string read_by_a_shell(const std::string& word) {
  FILE* pipe = ::popen(("printf %s " + word).c_str(), "r");
  if (pipe == nullptr) return "no shell";
  std::string out;
  std::array<char, 256> chunk{};
  for (std::size_t got = 0; (got = std::fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) out.append(chunk.data(), got);
  return ::pclose(pipe) == 0 ? out : "failed: " + out;
}

TEST(Shell, AQuotedTextIsOneWordAndExpandsNothing) {
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quoted(""), "''");
  EXPECT_EQ(shell_quoted("two\nlines"), "'two\nlines'");
  // ^U would wipe the line before it, and the line end would run the rest.
  EXPECT_EQ(shell_quoted("a\x15touch x\n"), "\"$(printf 'a\\025touch x')\"'\n'");
  EXPECT_EQ(shell_quoted("a\tb"), "\"$(printf 'a\\011b')\"");
  EXPECT_EQ(shell_quoted("-\x1b%"), "\"$(printf '\\055\\033%%')\"");
  for (const std::string text : {"$(echo no)", "`echo no`", "\"; echo no; \"", "'; echo no; '", "a\\", "!!", "~", "*", "a\x15$(echo no)'`echo no`\"\\\n\n",
                                 "\x1b[31m%d", "\xE2\x80\xAE", "\xC2\x85", "\xFF'", "- a\x01", "用户 'x'"})
    for (const std::string& word : {shell_quoted(text), shell_word(text)}) EXPECT_EQ(read_by_a_shell(word), text) << word;
}

TEST(Shell, ACommandQuotesWhereItMust) {
  EXPECT_EQ(shell_command({"meterproof", "check", "--target", "a/b.yaml"}), "meterproof check --target a/b.yaml");
  EXPECT_EQ(shell_command({"meterproof", "check", "--target", "a b;touch x/t.yaml", ""}), "meterproof check --target 'a b;touch x/t.yaml' ''");
  EXPECT_EQ(shell_word("~user"), "'~user'");
  EXPECT_EQ(shell_word("GetUserInfo/*"), "'GetUserInfo/*'");
}

}  // namespace shell_test
}  // namespace meterproof::core
