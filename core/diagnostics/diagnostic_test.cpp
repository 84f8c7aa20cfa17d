// SPDX-License-Identifier: Apache-2.0
#include "core/diagnostics/diagnostic.hpp"

#include <gtest/gtest.h>

#include "core/i18n/message.hpp"

namespace meterproof::core {
namespace {

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

TEST(Diagnostic, AWholeFileHasNoLine) {
  EXPECT_EQ(format(Diagnostic{{"a.yaml", 0, 0}, msg<"file.cannot-read">(), {}, {}}, Language::en), "a.yaml: error: cannot be read\n");
}

TEST(Nearest, FindsTheMostSimilarWord) {
  const std::vector<std::string> known = {"required", "request", "reply"};
  EXPECT_EQ(nearest("reqired", known), "required");
  EXPECT_EQ(nearest("Reply", known), "reply");
  EXPECT_EQ(nearest("zebra", known), "");
  EXPECT_EQ(render(suggestion("zebra", known), Language::en), "one of: required, request, reply");
  EXPECT_TRUE(suggestion("zebra", {}).empty());
}

}  // namespace
}  // namespace meterproof::core
