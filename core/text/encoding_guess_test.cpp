// SPDX-License-Identifier: Apache-2.0
#include "core/text/encoding_guess.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace meterproof::core {
namespace encoding_guess_test {

using namespace std::string_view_literals;

TEST(EncodingGuess, TellsWideEncodingsByMarkOrZeroBytes) {
  const std::pair<std::string_view, std::string_view> table[] = {{"\xFF\xFE{\0}\0"sv, "UTF-16LE"},
                                                                 {"\xFE\xFF\0{\0}"sv, "UTF-16BE"},
                                                                 {"\xFF\xFE\0\0{\0\0\0"sv, "UTF-32LE"},
                                                                 {"\0\0\xFE\xFF\0\0\0{"sv, "UTF-32BE"},
                                                                 {"{\0\"\0"sv, "UTF-16LE"},
                                                                 {"\0{\0\""sv, "UTF-16BE"},
                                                                 {"{\0\0\0\"\0\0\0"sv, "UTF-32LE"},
                                                                 {"\0\0\0{\0\0\0\""sv, "UTF-32BE"},
                                                                 {"{\"a\":1}"sv, ""},
                                                                 {""sv, ""},
                                                                 {"\0\0\0\0"sv, ""},
                                                                 {"{\0"sv, ""}};
  for (const auto& [bytes, name] : table) EXPECT_EQ(wide_encoding(bytes), name) << bytes;
}

TEST(EncodingGuess, TellsChineseEncodingsAndSingleBytesApart) {
  const std::pair<std::string_view, ByteEncoding> table[] = {
      {"{\"Message\":\"\xB1\xED\xBA\xC5\xB2\xBB\xB4\xE6\xD4\xDA\"}"sv, ByteEncoding::gbk},   // 表号不存在
      {"{\"Message\":\"\xC3\xBB\xD3\xD0\"}"sv, ByteEncoding::gbk},                           // 没有
      {"{\"Message\":\"\x96\xB5\xC6\xBD\"}"sv, ByteEncoding::gbk},                           // with a character that GB 2312 has not
      {"\xB1\xED\xBA\xC5\xB2"sv, ByteEncoding::gbk},                                         // an excerpt that ends within a pair
      {"{\"Message\":\"\xA5\xCE\xA4\xE1\xA4\xA3\xA6\x73\xA6\x62\"}"sv, ByteEncoding::big5},  // 用戶不存在
      {"{\"Message\":\"Z\xE4hler unbekannt\"}"sv, ByteEncoding::single_byte},                // ä, in ISO-8859-1
      {"{\"Message\":\"\xC4nderung nicht m\xF6glich\"}"sv, ByteEncoding::single_byte},       //
      {"{\"Message\":\"\xE9\"}"sv, ByteEncoding::single_byte},                               //
      {"{\"Message\":\"\x80\"}"sv, ByteEncoding::unknown},
      {"\xFF\xFE\xFD"sv, ByteEncoding::unknown},
      {"plain"sv, ByteEncoding::unknown},
      {""sv, ByteEncoding::unknown}};
  for (const auto& [bytes, encoding] : table) EXPECT_EQ(guess_byte_encoding(bytes), encoding) << bytes;
}

}  // namespace encoding_guess_test
}  // namespace meterproof::core
