// SPDX-License-Identifier: Apache-2.0
#include "mockserver/signature_diagnosis.hpp"

#include <gtest/gtest.h>

#include "core/auth/conventions.hpp"
#include "mockserver/authenticator.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::mockserver {
namespace signature_diagnosis_test {

/// Its Base64 has + and /, and is padded; its secret has capitals: no convention comes to the same as another.
const auth::App app{"de>mo?x", "Secret-K"};

TEST(SignatureDiagnosis, NamesEveryConventionToTheClientThatSignsSo) {
  MockOptions options = test::settings_for(test::specification());
  options.apps = {app};
  options.tolerance = std::chrono::seconds(300);
  options.interpretations["token-case"] = "lower";
  const auth::Signer signer(test::specification().authentication);
  const core::DateTime now = *core::DateTime::parse("2026-03-14 15:40:27");
  const auth::Moment moment{now, now + -std::chrono::seconds(options.utc_offset)};
  for (const auth::Convention& convention : auth::conventions()) {
    Authenticator authenticator(test::specification(), options);
    const auth::SignatureValues values = sign(convention, signer, app, moment);
    SignatureScratch scratch;
    const auto refusal = authenticator.check(authenticator.presented(values.token, values.authorization, scratch), now, scratch);
    ASSERT_TRUE(refusal) << convention.id;
    EXPECT_NE(refusal->why.en.find(convention.what.en + ";"), std::string::npos) << convention.id << ": " << refusal->why.en;
    EXPECT_NE(refusal->why.zh.find(convention.what.zh), std::string::npos) << convention.id << ": " << refusal->why.zh;
    for (const std::string& text : {refusal->why.en, refusal->why.zh}) EXPECT_EQ(text.find(app.secret), std::string::npos) << text;
  }
}

}  // namespace signature_diagnosis_test
}  // namespace meterproof::mockserver
