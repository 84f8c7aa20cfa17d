// SPDX-License-Identifier: Apache-2.0
#include "core/json/json.hpp"

#include <gtest/gtest.h>

namespace meterproof::json {
namespace {

using namespace std::string_view_literals;

TEST(Json, RefusesAZeroByte) {
  std::string why;
  EXPECT_TRUE(parse_json("{}"));
  for (const std::string_view text : {"{}\0"sv, "{}\0}, and more"sv, "\0{}"sv, "{\"a\0\":1}"sv}) {
    EXPECT_FALSE(parse_json(text, &why)) << text;
    EXPECT_NE(why.find("a zero byte at "), std::string::npos) << why;
  }
}

}  // namespace
}  // namespace meterproof::json
