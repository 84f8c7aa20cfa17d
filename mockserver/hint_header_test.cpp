// SPDX-License-Identifier: Apache-2.0
#include "mockserver/hint_header.hpp"

#include <gtest/gtest.h>

namespace meterproof::mockserver {
namespace hint_header_test {

// A header value has visible ASCII and blanks (RFC 9110, section 5.5): nothing that a client wrote ends the line or begins another one.
TEST(HintHeader, IsOneLineOfAscii) {
  const struct {
    std::string text, value;
  } table[] = {
      {"plain text, \"quoted\"", "plain text, \"quoted\""},
      {"a\r\nSet-Cookie: x=1\t.", "a??Set-Cookie: x=1?."},
      {"张三", "\\u5F20\\u4E09"},
      {"\xF0\x9F\x94\xA5", "\\uD83D\\uDD25"},
      {"cut…", "cut..."},
      {"\xE5\xBC", "?"},
      {std::string(600, 'x'), std::string(500, 'x')},
      {"", ""},
  };
  for (const auto& row : table) EXPECT_EQ(hint_header_line(row.text), "X-Meterproof-Hint: " + row.value + "\r\n");
}

}  // namespace hint_header_test
}  // namespace meterproof::mockserver
