// SPDX-License-Identifier: Apache-2.0
#include "core/auth/md5.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>

namespace meterproof::auth {
namespace md5_test {

TEST(Md5, MatchesTheVectorsOfRfc1321) {
  EXPECT_EQ(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");  // appendix A.5
  EXPECT_EQ(md5_hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(md5_hex("12345678901234567890123456789012345678901234567890123456789012345678901234567890"), "57edf4a22be3c955ac49da2e2107b67a");
}

// Differential test: MD5_* against the EVP functions that replace them.
TEST(Md5, AgreesWithEvpForEveryLength) {
  std::string text;
  for (int size = 0; size < 200; ++size, text += static_cast<char>('!' + size % 90)) {
    std::array<unsigned char, 16> sum{};
    ASSERT_EQ(EVP_Digest(text.data(), text.size(), sum.data(), nullptr, EVP_md5(), nullptr), 1);
    std::string expected;
    for (const unsigned char byte : sum) expected += "0123456789abcdef"[byte / 16], expected += "0123456789abcdef"[byte % 16];
    EXPECT_EQ(md5_hex(text), expected) << size;
  }
}

}  // namespace md5_test
}  // namespace meterproof::auth
