// SPDX-License-Identifier: Apache-2.0
#include "core/diagnostics/diagnostic.hpp"

#include <gtest/gtest.h>

#include "core/i18n/message.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::core {
namespace diagnostic_test {

using i18n::Language;
using i18n::msg;

TEST(Diagnostic, PrintsLocationLineCaretAndRemedy) {
  const Diagnostic problem{{"a.yaml", 3, 9}, msg<"file.unknown-key">("typ"), "  用户: { typ: text }", suggestion("typ", {"type", "key"})};
  // The caret stands under the ninth character; a Chinese one is two columns wide.
  EXPECT_EQ(format(problem, Language::en),
            "a.yaml:3:9: error: unknown key \"typ\"\n"
            "  3 |   用户: { typ: text }\n"
            "    |           ^\n"
            "  did you mean \"type\"?\n");
  EXPECT_EQ(format(problem, Language::zh),
            "a.yaml:3:9: 错误：未知的键 \"typ\"\n"
            "  3 |   用户: { typ: text }\n"
            "    |           ^\n"
            "  是否指 \"type\"？\n");
}

TEST(Diagnostic, SuggestsWhatTheWordBegins) {
  const std::vector<std::string> known = {"MeterAddr", "Money", "MeterAddr", "PayDate", "PayWay", ""};
  EXPECT_EQ(render(suggestion("Meter", known), Language::en), "did you mean \"MeterAddr\"?");
  EXPECT_EQ(render(suggestion("payxxxxxxx", known), Language::en), render(msg<"usage.one-of">("MeterAddr, Money, PayDate, PayWay"), Language::en));
  EXPECT_EQ(render(suggestion("Voltage", known), Language::en), render(suggestion("Voltage", {"MeterAddr", "Money", "PayDate", "PayWay"}), Language::en));
}

TEST(Diagnostic, AWholeFileHasNoLine) {
  EXPECT_EQ(format(Diagnostic{{"a.yaml", 0, 0}, msg<"file.cannot-read">(), {}, {}}, Language::en), "a.yaml: error: cannot be read\n");
}

// A file of somebody else: a million mistakes, a line of a megabyte, characters that act on a terminal.
TEST(Diagnostic, IsBoundedAndActsOnNoTerminal) {
  std::vector<Diagnostic> problems(100'000, Diagnostic{{"a.yaml", 1, 1}, msg<"file.cannot-read">(), {}, {}});
  const std::string many = format(problems, Language::en);
  EXPECT_EQ(std::count(many.begin(), many.end(), '\n'), 21);
  EXPECT_TRUE(many.ends_with("and 99980 more mistakes\n")) << many;
  problems.back().and_more = 7;  // that were only counted
  EXPECT_TRUE(format(problems, Language::en).ends_with("and 99987 more mistakes\n"));

  Diagnostic wide{{"a.yaml", 1, 500'001}, msg<"file.unknown-key">(std::string(1'000'000, 'k')), {}, {}};
  set_source(wide, std::string(500'000, 'a') + "X" + std::string(500'000, 'b'));
  const std::string shown = format(wide, Language::en);
  EXPECT_LT(shown.size(), 4000U);
  const std::size_t line = shown.find("  1 | "), caret = shown.find("    | ");
  ASSERT_NE(caret, std::string::npos);
  EXPECT_EQ(display_width(std::string_view(shown).substr(line, shown.find('X') - line)), shown.find('^') - caret);

  Diagnostic evil{{"a\x1b[31m\u202E.yaml", 1, 2}, msg<"file.unknown-key">("\u009B\u200B\u202E"), {}, {}};
  set_source(evil, "\x1b\u009B\u202E\U000E0041x");
  for (const char* bad : {"\x1b", "\u009B", "\u202E", "\u200B", "\U000E0041"}) EXPECT_EQ(format(evil, Language::en).find(bad), std::string::npos) << bad;
}

TEST(Nearest, FindsTheMostSimilarWord) {
  const std::vector<std::string> known = {"required", "request", "reply"};
  EXPECT_EQ(nearest("reqired", known), "required");
  EXPECT_EQ(nearest("Reply", known), "reply");
  EXPECT_EQ(nearest("zebra", known), "");
  EXPECT_EQ(render(suggestion("zebra", known), Language::en), "one of: required, request, reply");
  EXPECT_TRUE(suggestion("zebra", {}).empty());
}

}  // namespace diagnostic_test
}  // namespace meterproof::core
