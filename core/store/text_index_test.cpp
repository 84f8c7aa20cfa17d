// SPDX-License-Identifier: Apache-2.0
#include "core/store/text_index.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace meterproof::store {
namespace text_index_test {

TEST(TextIndex, FindsWhatWasAddedAndNothingElse) {
  TextIndex index;
  std::vector<std::string> texts;
  const auto text_of = [&](std::uint32_t number) -> std::string_view { return texts[number]; };
  EXPECT_FALSE(index.find("", text_of));
  for (std::uint32_t i = 0; i < 5000; ++i) {
    texts.push_back(i == 0 ? "" : "9900" + std::to_string(i));
    EXPECT_FALSE(index.find(texts.back(), text_of));
    index.add(texts.back(), i);
    ASSERT_EQ(index.find(texts.back(), text_of), i);
  }
  for (std::uint32_t i = 0; i < 5000; ++i) ASSERT_EQ(index.find(texts[i], text_of), i);
  for (const char* other : {"9900", "99005000", "990", "x"}) EXPECT_FALSE(index.find(other, text_of)) << other;
}

TEST(TextIndex, ACopyGoesItsOwnWay) {
  std::vector<std::string> texts;
  const auto text_of = [&](std::uint32_t number) -> std::string_view { return texts[number]; };
  const auto add = [&](TextIndex& index, const std::string& text) {
    texts.push_back(text);
    index.add(text, static_cast<std::uint32_t>(texts.size() - 1));
  };
  TextIndex first;
  for (int i = 0; i < 3000; ++i) add(first, std::to_string(i));
  TextIndex second = first;
  for (int i = 3000; i < 3100; ++i) add(first, std::to_string(i));    // fits
  for (int i = 5000; i < 15000; ++i) add(second, std::to_string(i));  // grows
  for (int i = 0; i < 15000; ++i) {
    const std::string text = std::to_string(i);
    ASSERT_EQ(first.find(text, text_of).has_value(), i < 3100) << i;
    ASSERT_EQ(second.find(text, text_of).has_value(), i < 3000 || i >= 5000) << i;
  }
}

}  // namespace text_index_test
}  // namespace meterproof::store
