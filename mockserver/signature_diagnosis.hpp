// SPDX-License-Identifier: Apache-2.0
// Explains a wrong signature by the known conventions (core/auth/conventions.hpp), and by other mistakes with section 2 of the specification.
#pragma once

#include <chrono>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/time/datetime.hpp"
#include "net/http/http_parser.hpp"

namespace meterproof::mockserver {

/// The header by which a proxy on the way tells of itself; "" where none does.
std::string proxy_of(const net::HttpParser& request);
core::LocalizedText explain_header_missing(const core::Authentication& authentication, std::string_view token, std::string_view authorization);
core::LocalizedText explain_authorization_unreadable(std::string_view authorization);
/// A secret stands where it does not belong; what was sent is not repeated then.
core::LocalizedText explain_secret_sent();
core::LocalizedText explain_reversed();
core::LocalizedText explain_app_unknown(std::string_view app_id);
/// Without a word of what was sent: it might hold a secret.
core::LocalizedText explain_app_unknown();

/// A full diagnosis takes about 50 sums. The mistake that was found last is tried first: a client makes the same one in every request, and
/// a flood of refusals must not cost more than good requests. TEST: Authenticator.* compares the hint's answer with the full diagnosis.
struct DiagnosisHint {
  std::size_t last = std::numeric_limits<std::size_t>::max();  // the mistake found last
  bool thorough = true;                                        // whether the others are tried too
};
core::LocalizedText explain_token_wrong(const auth::Signer& signer, auth::Credentials app, std::string_view timestamp, std::string_view token,
                                        DiagnosisHint& suspicion);
core::LocalizedText explain_timestamp_malformed(std::string_view timestamp);
core::LocalizedText explain_timestamp_off(std::chrono::seconds ahead, std::chrono::seconds tolerance, std::chrono::minutes utc_offset, core::DateTime now);
core::LocalizedText explain_timestamp_repeated(std::chrono::seconds ago);

}  // namespace meterproof::mockserver
