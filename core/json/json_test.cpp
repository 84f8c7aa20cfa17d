// SPDX-License-Identifier: Apache-2.0
#include "core/json/json.hpp"

#include <gtest/gtest.h>

namespace meterproof::json {
namespace json_test {

using namespace std::string_view_literals;

TEST(Json, RefusesAZeroByte) {
  ParseError why;
  EXPECT_TRUE(parse_json("{}"));
  for (const std::string_view text : {"{}\0"sv, "{}\0}, and more"sv, "\0{}"sv, "{\"a\0\":1}"sv}) {
    EXPECT_FALSE(parse_json(text, &why)) << text;
    EXPECT_EQ(why.kind, ParseError::Kind::zero_byte) << text;
    EXPECT_EQ(text[why.offset], '\0') << text;
  }
}

TEST(Json, KeepsNumbersAsTheyWereWritten) {
  for (const char* number : {"0", "-0", "12.500", "1e400", "-1E-400", "123456789012345678901234567890", "0.1000000000000000055511151231257827"}) {
    const auto value = parse_json(number);
    ASSERT_TRUE(value) << number;
    EXPECT_EQ(value->kind, Json::Kind::number);
    EXPECT_EQ(value->text, number);
  }
}

TEST(Json, ReadsTextsWithoutTheirEscapes) {
  const auto value = parse_json(R"({"a\u0062":"\"\\\/\b\f\n\r\t中\u4e2d\ud83d\ude00"})");
  ASSERT_TRUE(value);
  ASSERT_EQ(value->members.size(), 1U);
  EXPECT_EQ(value->members[0].name, "ab");
  EXPECT_EQ(value->members[0].value.text, "\"\\/\b\f\n\r\t中中\xF0\x9F\x98\x80");
}

TEST(Json, OfMembersWithOneNameTheLastCounts) {
  const auto value = parse_json(R"({"a":1,"A":2,"a":3,"B":4,"B":5})");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->get("a")->text, "3");
  EXPECT_EQ(value->get("A")->text, "2");
  EXPECT_EQ(value->get("b")->text, "5");
  EXPECT_EQ(value->get("c"), nullptr);
  EXPECT_TRUE(value->has("a"));
  EXPECT_FALSE(value->has("b"));
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::string object_of(std::size_t members) {
  std::string out = "{";
  for (std::size_t i = 0; i < members; ++i) out += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":0";
  return out + "}";
}

std::string array_of(std::size_t items) {
  std::string out = "[";
  for (std::size_t i = 0; i < items; ++i) out += i > 0 ? ",0" : "0";
  return out + "]";
}

TEST(Json, WhatStandsForATextInMemoryHasABound) {
  using Kind = ParseError::Kind;
  EXPECT_TRUE(parse_json(nested(max_depth)));
  EXPECT_TRUE(parse_json(object_of(max_members)));
  EXPECT_TRUE(parse_json(array_of(max_values - 1)));
  ParseError why;
  EXPECT_FALSE(parse_json(nested(max_depth + 1), &why));
  EXPECT_EQ(why.kind, Kind::too_deep);
  EXPECT_EQ(why.column, max_depth + 1);
  EXPECT_FALSE(parse_json(object_of(max_members + 1), &why));
  EXPECT_EQ(why.kind, Kind::too_many_members);
  EXPECT_FALSE(parse_json(array_of(max_values), &why));
  EXPECT_EQ(why.kind, Kind::too_many_values);
  EXPECT_EQ(why.offset, 2 * max_values - 1) << "it stops there, however long the text is";
}

}  // namespace json_test
}  // namespace meterproof::json
