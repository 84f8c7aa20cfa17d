// SPDX-License-Identifier: Apache-2.0
#include "cli/hook_commands.hpp"

#include <gtest/gtest.h>

#include <string>

namespace meterproof::cli {
namespace hook_commands_test {

/// `true /a|b`: the commands, with a ? for each word that is not literal.
std::string shown(const std::string& script) {
  std::string out;
  for (const SimpleCommand& command : certain_commands(script)) {
    if (!out.empty()) out += '|';
    for (const ShellWord& word : command) out += (out.empty() || out.back() == '|' ? "" : " ") + (word.literal ? word.text : "?");
  }
  return out;
}

TEST(HookCommands, ThatAreCertainAreFound) {
  const struct {
    const char* script;
    const char* commands;
  } table[] = {
      {"", ""},
      {"stop", "stop"},
      {"stop>file;nosuch", "stop|nosuch"},
      {"true; nosuch", "true|nosuch"},
      {"true;nosuch&third\nfourth", "true|nosuch|third|fourth"},
      {"cd /nope && ls", "cd /nope|ls"},
      {"cd /a && b && c", "cd /a|b"},
      {"dump | filter 2>&1 >file | last", "dump|filter|last"},
      {"echo a>>file b", "echo a b"},
      {"2>/dev/null stop", "stop"},
      {"> file; nosuch", "nosuch"},
      {"A=1 B='x y' stop \"the db\" 'a;b' # a comment; with a ;\nnosuch", "stop the db a;b|nosuch"},
      {"A=$HOME stop $NAME *.db \\; ~/x", "stop ? ? ? ?"},
      {"sleep 1 &\\\n nosuch", "sleep 1|nosuch"},
      {"[ -e /x ]; nosuch", "[ -e /x ]|nosuch"},
  };
  for (const auto& row : table) EXPECT_EQ(shown(row.script), std::string(row.commands)) << row.script;
}

// Not one of these is a mistake for certain.
TEST(HookCommands, ThatMayNotRunAreLeftOut) {
  const struct {
    const char* script;
    const char* commands;
  } table[] = {
      {"nosuch || true", ""},
      {"systemctl stop db || service db stop; next", "next"},
      {"a && b || c", ""},
      {"command -v nosuch && nosuch", "command -v nosuch"},
      {"if nosuch; then b; fi", ""},
      {"a; if nosuch; then b; fi; c", "a"},
      {"PATH=/opt/bin nosuch", ""},
      {"PATH=/opt/bin; nosuch", ""},
      {"export PATH=/opt/bin; nosuch", "export PATH=/opt/bin"},
      {". /etc/profile; nosuch", ". /etc/profile"},
      {"exec stop; nosuch", "exec stop"},
      {"exit 0; nosuch", "exit 0"},
      {"f() { nosuch; }; f", ""},
      {"(nosuch)", ""},
      {"{ nosuch; }", ""},
      {"! nosuch", ""},
      {"a; b $(nosuch); c", "a"},
      {"a; b `nosuch`; c", "a"},
      {"a; b \"${x:-y;z}\"; c", "a"},
      {"$STOP; nosuch", ""},
      {"cat <<end\nnosuch\nend", ""},
  };
  for (const auto& row : table) EXPECT_EQ(shown(row.script), std::string(row.commands)) << row.script;
}

}  // namespace hook_commands_test
}  // namespace meterproof::cli
