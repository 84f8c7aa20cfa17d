// SPDX-License-Identifier: Apache-2.0
#include "core/diagnostics/diagnostic.hpp"

#include <gtest/gtest.h>

namespace meterproof::core {
namespace {

TEST(Diagnostic, PrintsLocationLineCaretAndRemedy) {
  const Diagnostic problem{{"a.yaml", 3, 9}, "unknown key \"typ\"", "  用户: { typ: text }", "did you mean \"type\"?"};
  // The caret stands under the ninth character; a Chinese one is two columns wide.
  EXPECT_EQ(format(problem),
            "a.yaml:3:9: error: unknown key \"typ\"\n"
            "  3 |   用户: { typ: text }\n"
            "    |           ^\n"
            "  did you mean \"type\"?\n");
}

TEST(Diagnostic, AWholeFileHasNoLine) { EXPECT_EQ(format(Diagnostic{{"a.yaml", 0, 0}, "cannot be read", "", ""}), "a.yaml: error: cannot be read\n"); }

TEST(Nearest, FindsTheMostSimilarWord) {
  const std::vector<std::string> known = {"required", "request", "reply"};
  EXPECT_EQ(nearest("reqired", known), "required");
  EXPECT_EQ(nearest("Reply", known), "reply");
  EXPECT_EQ(nearest("zebra", known), "");
  EXPECT_EQ(suggestion("zebra", known), "one of: required, request, reply");
}

}  // namespace
}  // namespace meterproof::core
