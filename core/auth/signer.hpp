// The two headers that sign a request (the paper's section 2): MD5 hex of appId + secret + timestamp, Base64 of appId:timestamp.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/interface.hpp"

namespace meterproof::auth {

/// One party's credentials, which somebody else keeps.
struct Credentials {
  std::string_view id, secret;
};
struct App {
  std::string id;
  std::string secret;

  operator Credentials() const { return {id, secret}; }  // NOLINT(google-explicit-constructor)
};

/// 32 lower-case hex digits.
std::string md5_hex(std::string_view text);
void append_md5_hex(std::string& out, std::string_view text);
std::string base64(std::string_view text);
void append_base64(std::string& out, std::string_view text);
/// Nothing where the text is no padded Base64 of the standard alphabet (RFC 4648, section 4).
std::optional<std::string> base64_decode(std::string_view text);
/// The same into `out`, in the room that it has already. False where the text is none.
bool decode_base64(std::string_view text, std::string& out);

class Signer {
 public:
  explicit Signer(const core::Authentication& authentication) : authentication_(&authentication) {}

  /// Some servers want the token's hex digits in capitals; the paper does not say.
  void use_upper_case(bool capitals) { upper_case_ = capitals; }

  std::string token(Credentials app, std::string_view timestamp) const;
  std::string authorization(Credentials app, std::string_view timestamp) const;
  void append_token(std::string& out, Credentials app, std::string_view timestamp) const;
  void append_authorization(std::string& out, Credentials app, std::string_view timestamp) const;

  /// appId and timestamp out of an Authorization header's value; nothing where it is none. They stand in `plain`.
  std::optional<std::pair<std::string_view, std::string_view>> split_authorization(std::string_view authorization, std::string& plain) const;

  /// Every header of a signed request, in the paper's order.
  std::vector<std::pair<std::string, std::string>> headers(Credentials app, std::string_view timestamp) const;

 private:
  const core::Authentication* authentication_;
  bool upper_case_ = false;
};

}  // namespace meterproof::auth
