// SPDX-License-Identifier: Apache-2.0
#include "core/store/text_index.hpp"

#include <gtest/gtest.h>

#include <string>

namespace meterproof::store {
namespace {

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

}  // namespace
}  // namespace meterproof::store
