// SPDX-License-Identifier: Apache-2.0
#include "core/text/utf8.hpp"

#include <gtest/gtest.h>

namespace meterproof::core {
namespace utf8_test {

struct Row {
  const char* text;
  std::size_t columns;
  const char *in_six, *in_five;
};

TEST(Utf8, WideCharactersTakeTwoColumns) {
  const Row rows[] = {
      {"", 0, "", ""},
      {"abcde", 5, "abcde", "abcde"},
      {"abcdef", 6, "abcdef", "abcd…"},
      {"不符合", 6, "不符合", "不符…"},
      {"a不符合", 7, "a不符…", "a不…"},
      {"éèàùôî", 6, "éèàùôî", "éèàù…"},
      {"🔥🔥🔥🔥", 8, "🔥🔥…", "🔥🔥…"},
      {"\x1b[31mabcdefg\x1b[0m", 7, "\x1b[31mabcde…\x1b[0m", "\x1b[31mabcd…\x1b[0m"},
      {"\x1b[31mabc\x1b[0m", 3, "\x1b[31mabc\x1b[0m", "\x1b[31mabc\x1b[0m"},
      {"\xff\xfe\xe4\xbd", 4, "\xff\xfe\xe4\xbd", "\xff\xfe\xe4\xbd"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(display_width(row.text), row.columns) << row.text;
    EXPECT_EQ(truncate_to_width(row.text, 6), row.in_six);
    EXPECT_EQ(truncate_to_width(row.text, 5), row.in_five);
    EXPECT_LE(display_width(truncate_to_width(row.text, 5)), 5U) << row.text;
  }
}

TEST(Utf8, SanitizeLeavesNoControlCharacter) {
  EXPECT_EQ(sanitize("a\tb\n用é\u00A0"), "a\tb\n用é\u00A0");
  EXPECT_EQ(sanitize("\x1b[31m\x7f\xff"), "\\x1b[31m\\x7f\uFFFD");
  EXPECT_EQ(sanitize("\u009B31m\u0080\u0085\u009F"), "\\x9b31m\\x80\\x85\\x9f");
  EXPECT_EQ(sanitize("\u2028\u2029\u202E\u2066\u2069"), "\\u2028\\u2029\\u202e\\u2066\\u2069");
  EXPECT_EQ(sanitize("\u200B\u200E\u061C\uFEFF\u00AD\U000E0041"), "\\u200b\\u200e\\u061c\\ufeff\\xad\\U000e0041");
  EXPECT_EQ(sanitize("👩\u200D🔧"), "👩\u200D🔧");  // a joiner of emoji
  EXPECT_EQ(without_controls("a\tb\x1b\u009B\u202E\xffz"), "a b???\uFFFDz");
}

}  // namespace utf8_test
}  // namespace meterproof::core
