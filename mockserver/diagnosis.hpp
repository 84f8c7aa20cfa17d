// Why a signature is wrong, in words that help: the mistakes that people make with section 2.
#pragma once

#include <chrono>
#include <limits>
#include <string_view>
#include <vector>

#include "spec/model/datetime.hpp"
#include "spec/wire/signature.hpp"

namespace meterproof::mock {

spec::Text why_header_missing(const spec::Authentication& authentication, std::string_view token, std::string_view authorization);
spec::Text why_authorization_unreadable(std::string_view authorization);
/// A secret stands where it does not belong; what was sent is not repeated then.
spec::Text why_secret_sent();
spec::Text why_reversed();
spec::Text why_app_unknown(std::string_view app_id);
/// Without a word of what was sent: it might hold a secret.
spec::Text why_app_unknown();

/// Trying every known mistake costs some thirty digests: who makes one again is told so at the first.
struct Suspicion {
  std::size_t last = std::numeric_limits<std::size_t>::max();  // the mistake found last
  bool thorough = true;                                        // whether the others are tried too
};
spec::Text why_token_wrong(const wire::Signer& signer, wire::Credentials app, std::string_view timestamp, std::string_view token, Suspicion& suspicion);
spec::Text why_timestamp_malformed(std::string_view timestamp, std::string_view notation);
spec::Text why_timestamp_off(std::chrono::seconds ahead, std::chrono::seconds tolerance, std::chrono::minutes utc_offset, spec::DateTime now);
spec::Text why_timestamp_repeated(std::chrono::seconds ago);

}  // namespace meterproof::mock
