// SPDX-License-Identifier: Apache-2.0
// Base64: what is encoded decodes to itself, what decodes encodes to itself (so that there is one spelling only), and an Authorization header
// of any text never crashes.
#include "core/auth/base64.hpp"
#include "core/auth/signer.hpp"
#include "fuzz/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meterproof;
  const std::string_view text = fuzz::text_of(data, size);

  const std::string encoded = auth::base64(text);
  fuzz::require(encoded.size() == (text.size() + 2) / 3 * 4, "four digits for each three bytes");
  if (text.empty()) fuzz::require(!auth::base64_decode(encoded), "nothing is no Base64");
  else fuzz::require(auth::base64_decode(encoded) == text, "what is encoded decodes to itself");

  static std::string reused;
  const auto decoded = auth::base64_decode(text);
  fuzz::require(auth::decode_base64(text, reused) == decoded.has_value(), "both decoders take the same");
  if (decoded) fuzz::require(reused == *decoded && auth::base64(*decoded) == text, "what decodes encodes to itself");

  static const core::Authentication authentication = [] {
    core::Authentication out;
    out.headers.resize(2);
    out.headers[0].md5 = {{core::TokenPart::app_id, {}}, {core::TokenPart::app_secret, {}}, {core::TokenPart::timestamp, {}}};
    out.headers[1].base64 = {{core::TokenPart::app_id, {}}, {core::TokenPart::literal, ":"}, {core::TokenPart::timestamp, {}}};
    out.authorization = 1;
    return out;
  }();
  const auth::Signer signer(authentication);
  std::string plain;
  if (const auto parts = signer.split_authorization(text, plain))
    fuzz::require(std::string(parts->first) + ":" + std::string(parts->second) == plain, "the parts are the whole");
  fuzz::require(signer.token({"demo", text}, "20260110000900").size() == 32, "a token has 32 digits");
  return 0;
}
