// SPDX-License-Identifier: Apache-2.0
// Signs requests (section 2 of the specification). The spec file says what the two headers are made of: MD5 in hexadecimal of appId, secret
// and timestamp; Base64 of appId:timestamp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/interface.hpp"

namespace meterproof::auth {

/// An app's credentials as views; whoever made them keeps the texts.
struct Credentials {
  std::string_view id, secret;
};
/// An app's credentials as values.
struct App {
  std::string id;
  std::string secret;

  operator Credentials() const { return {id, secret}; }  // NOLINT(google-explicit-constructor)
};

/// Thread-safe: it has no state but its options.
class Signer {
 public:
  /// `authentication` must outlive it.
  explicit Signer(const core::Authentication& authentication) : authentication_(&authentication) {}

  /// Writes the token's hexadecimal digits in upper case, as some servers want; the specification does not say.
  void use_upper_case(bool upper_case) { upper_case_ = upper_case; }

  /// `timestamp`: 14 digits, yyyyMMddHHmmss, or any other text, to make a request that must be rejected.
  std::string token(Credentials app, std::string_view timestamp) const;
  std::string authorization(Credentials app, std::string_view timestamp) const;
  void append_token(std::string& out, Credentials app, std::string_view timestamp) const;
  void append_authorization(std::string& out, Credentials app, std::string_view timestamp) const;

  /// The appId and the timestamp in the value of an Authorization header, without white space around it; nothing if it is not one. Both point
  /// into `plain`, which receives the decoded text.
  std::optional<std::pair<std::string_view, std::string_view>> split_authorization(std::string_view authorization, std::string& plain) const;

  /// All headers of a signed request, in the order of the specification.
  std::vector<std::pair<std::string, std::string>> headers(Credentials app, std::string_view timestamp) const;

 private:
  const core::Authentication* authentication_;
  bool upper_case_ = false;
};

}  // namespace meterproof::auth
