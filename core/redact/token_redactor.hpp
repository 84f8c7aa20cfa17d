// SPDX-License-Identifier: Apache-2.0
// Takes tokens out of texts: those that were seen, and those that would have been right at a moment. Each is good for a request as long as its second is.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/redact/redactor.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::redact {

/// Not thread-safe.
class TokenRedactor {
 public:
  /// `authentication` must outlive it. `redactor`: what it knows is taken out besides.
  TokenRedactor(const core::Authentication& authentication, std::vector<auth::App> apps, Redactor redactor);

  /// A header of a request: if it carries a token, that one is known from now on, and those of all apps for the same timestamp.
  void learn(std::string_view name, std::string_view value);
  /// Whoever names a token may do so by a clock of its own: those of a quarter of an hour before and behind are known from now on. Of more than sixteen apps,
  /// only the tokens that are seen.
  void know_tokens_around(std::chrono::system_clock::time_point now);
  void redact(std::string& text) const { redactor_.redact(text); }

 private:
  void know_tokens_at(std::string_view timestamp);

  const core::Authentication& authentication_;
  std::vector<auth::App> apps_;
  auth::Signer signer_;
  Redactor redactor_;
  core::DateTime known_until_{};  // up to here every second's tokens are known
};

}  // namespace meterproof::redact
