// SPDX-License-Identifier: Apache-2.0
#include "core/auth/signer.hpp"

#include <gtest/gtest.h>

#include "core/auth/base64.hpp"
#include "core/auth/md5.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::auth {
namespace signer_test {

TEST(Signer, SignsAsTheSpecificationSays) {
  const Signer signer(test::specification().authentication);
  const App app{"id", "secret"};
  EXPECT_EQ(signer.token(app, "20260115103000"), md5_hex("idsecret20260115103000"));
  EXPECT_EQ(signer.authorization(app, "20260115103000"), base64("id:20260115103000"));
  std::string plain;
  EXPECT_EQ(signer.split_authorization(base64("id:20260115103000"), plain), (std::pair<std::string_view, std::string_view>{"id", "20260115103000"}));
  EXPECT_FALSE(signer.split_authorization(base64("id20260115103000"), plain));
}

}  // namespace signer_test
}  // namespace meterproof::auth
