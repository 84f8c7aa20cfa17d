// SPDX-License-Identifier: Apache-2.0
#include "core/text/json_excess.hpp"

#include <gtest/gtest.h>

#include <string>

namespace meterproof::core {
namespace json_excess_test {

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(JsonExcess, RejectsWhatCostsMoreThanItsSize) {
  EXPECT_EQ(json_excess(R"({"a":[{"b":"[[[[{{{{::::,,,,\"[["}]})"), JsonExcess::none);
  EXPECT_EQ(json_excess(std::string(64, '[')), JsonExcess::none);
  EXPECT_EQ(json_excess(std::string(65, '[')), JsonExcess::nesting);
  EXPECT_EQ(json_excess("{" + repeated("\"a\":1,", 2'000)), JsonExcess::none);
  EXPECT_EQ(json_excess("{" + repeated("\"a\":1,", 2'001)), JsonExcess::members);
  EXPECT_EQ(json_excess("[" + repeated("{\"a\":{\"b\":1}},", 100'000)), JsonExcess::none) << "many objects of few members";
  EXPECT_EQ(json_excess("[" + repeated("0,", 7'000'000)), JsonExcess::none);
  EXPECT_EQ(json_excess("[" + repeated("0,", 8'000'000)), JsonExcess::values);
}

}  // namespace json_excess_test
}  // namespace meterproof::core
