// SPDX-License-Identifier: Apache-2.0
#include "core/auth/base64.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace meterproof::auth {
namespace base64_test {

TEST(Base64, MatchesTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> table[] = {{"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
                                                       {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};  // section 10
  for (const auto& [plain, encoded] : table) {
    EXPECT_EQ(base64(plain), encoded);
    if (*encoded != '\0') EXPECT_EQ(base64_decode(encoded), plain);
  }
}

TEST(Base64, AcceptsOnlyWhatAnEncoderWrites) {
  for (const char* text : {"", "Zg=", "Zg", "Zg==Zg==", "Z===", "Zm9v!", "Zm9v-_8=", "Zh==", "Zm9=", "====", "    Zg==", "Zg==    ", "Zg=\n", "Zm8=----",
                           "-m8=", "Zm 8", "Zm\n8", "Z=8=", "=m8="})
    EXPECT_FALSE(base64_decode(text)) << text;
  EXPECT_FALSE(base64_decode(std::string_view("Zm\0v", 4)));
}

// A text is accepted exactly if encoding what it decodes to gives the text again.
TEST(Base64, DamagedTextIsAcceptedOnlyIfItIsItsOwnEncoding) {
  std::mt19937 rng(20260320);
  const auto below = [&](std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(rng); };
  std::size_t accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(below(9), '\0');
    std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(below(256)); });
    std::string text = base64(bytes);
    if (!text.empty()) {
      ASSERT_EQ(base64_decode(text), bytes);
      text[below(text.size())] = "=AZaz09+/-_ \n\t\x01\xFF"[below(16)];
    }
    const auto decoded = base64_decode(text);
    if (!decoded) continue;
    ++accepted;
    ASSERT_EQ(base64(*decoded), text);
  }
  EXPECT_GT(accepted, 1'000U);
}

}  // namespace base64_test
}  // namespace meterproof::auth
