// SPDX-License-Identifier: Apache-2.0
#include "core/model/request.hpp"
#include "core/text/json_text.hpp"
#include "core/text/text.hpp"

#include <gtest/gtest.h>

namespace meterproof::core {
namespace request_test {

using Kind = Value::Kind;

TEST(Value, KnowsWhenItIsEmpty) {
  EXPECT_TRUE(Value{}.empty());
  EXPECT_TRUE((Value{Kind::null, ""}.empty()));
  EXPECT_TRUE((Value{Kind::text, " \t "}.empty()));
  EXPECT_FALSE((Value{Kind::number, "0"}.empty()));
  EXPECT_FALSE((Value{Kind::text, "0"}.empty()));
}

TEST(Value, IsAWordInAnyOfItsSpellings) {
  EXPECT_TRUE((Value{Kind::number, "1.0"}.is("1")));
  EXPECT_TRUE((Value{Kind::text, " 1 "}.is("1")));
  EXPECT_FALSE((Value{Kind::text, "01"}.is("1")));
  EXPECT_FALSE((Value{Kind::boolean, "true"}.is("1")));
}

TEST(Quoted, EscapesWhatJsonMust) { EXPECT_EQ(quoted("a\"b\\c\n\x01中"), "\"a\\\"b\\\\c\\n\\u0001中\""); }

TEST(Serial, FillsTheRunOfMarks) {
  EXPECT_EQ(format_number_pattern("99####", 7), "990007");
  EXPECT_EQ(format_number_pattern("F##x", 123), "F23x");
  EXPECT_EQ(format_number_pattern("plain", 5), "plain");
}

}  // namespace request_test
}  // namespace meterproof::core
