// SPDX-License-Identifier: Apache-2.0
// Tokens that a target repeats, or names because it wanted them instead: each is good for a request as long as its second is.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "conformance/environment.hpp"
#include "core/auth/signer.hpp"
#include "core/model/interface.hpp"
#include "core/redact/token_redactor.hpp"

namespace meterproof::conformance {

/// Takes our tokens, and what the redactor knows beside them, out of replies. Threads may use it at the same time; one of them at a time redacts, since a large
/// reply takes ten times its size.
class ReplyRedactor {
 public:
  ReplyRedactor(const core::Spec& spec, std::vector<auth::App> apps, redact::Redactor redactor);

  /// `requests`: that it may be a reply to; their tokens are known from now on.
  void redact(net::Exchange& exchange, const std::vector<net::HttpRequest>& requests);
  void redact(std::string& text);
  /// A server may as well name a token by its own clock.
  void know_tokens_around(std::chrono::system_clock::time_point now);

 private:
  std::mutex mutex_;
  redact::TokenRedactor tokens_;
};

/// No token reaches whoever uses the environment from here on, be it a finding, a report or what is printed of an exchange.
void hide_tokens(const core::Spec& spec, const std::vector<auth::App>& apps, Environment& environment);

}  // namespace meterproof::conformance
