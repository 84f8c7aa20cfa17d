#include "core/auth/signer.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>

#include "tests/support/in_process.hpp"

namespace meterproof::auth {
namespace {

TEST(Signature, MatchesTheStandardsVectors) {
  EXPECT_EQ(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");  // RFC 1321, A.5
  EXPECT_EQ(md5_hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(md5_hex("12345678901234567890123456789012345678901234567890123456789012345678901234567890"), "57edf4a22be3c955ac49da2e2107b67a");
  const std::pair<const char*, const char*> table[] = {{"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
                                                       {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};  // RFC 4648, 10
  for (const auto& [plain, encoded] : table) {
    EXPECT_EQ(base64(plain), encoded);
    if (*encoded != '\0') EXPECT_EQ(base64_decode(encoded), plain);
  }
}

TEST(Signature, SumsTextsOfEveryLengthAsOpensslDoes) {
  std::string text;
  for (int size = 0; size < 200; ++size, text += static_cast<char>('!' + size % 90)) {
    std::array<unsigned char, 16> sum{};
    ASSERT_EQ(EVP_Digest(text.data(), text.size(), sum.data(), nullptr, EVP_md5(), nullptr), 1);
    std::string expected;
    for (const unsigned char byte : sum) expected += "0123456789abcdef"[byte / 16], expected += "0123456789abcdef"[byte % 16];
    EXPECT_EQ(md5_hex(text), expected) << size;
  }
}

TEST(Signature, RefusesWhatIsNoBase64) {
  for (const char* text : {"", "Zg=", "Zg", "Zg==Zg==", "Z===", "Zm9v!", "Zm9v-_8=", "Zh==", "===="}) EXPECT_FALSE(base64_decode(text)) << text;
}

TEST(Signature, SignsAsThePaperSays) {
  const Signer signer(test::paper().authentication);
  const App app{"id", "secret"};
  EXPECT_EQ(signer.token(app, "20260115103000"), md5_hex("idsecret20260115103000"));
  EXPECT_EQ(signer.authorization(app, "20260115103000"), base64("id:20260115103000"));
  std::string plain;
  EXPECT_EQ(signer.split_authorization(base64("id:20260115103000"), plain), (std::pair<std::string_view, std::string_view>{"id", "20260115103000"}));
  EXPECT_FALSE(signer.split_authorization(base64("id20260115103000"), plain));
}

}  // namespace
}  // namespace meterproof::auth
