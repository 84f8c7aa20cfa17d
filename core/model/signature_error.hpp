// SPDX-License-Identifier: Apache-2.0
// What can be wrong with a request's signature, in the order in which it is looked for (the specification's section 2).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace meterproof::core {

enum class SignatureError {
  header_missing,            // one of the two signature headers is missing or empty
  authorization_unreadable,  // Authorization is no Base64 of appId:timestamp
  app_unknown,
  token_wrong,
  timestamp_malformed,
  timestamp_off,
  timestamp_repeated
};

inline constexpr std::array<std::string_view, 7> signature_error_names = {
    "header_missing", "authorization_unreadable", "app_unknown", "token_wrong", "timestamp_malformed", "timestamp_off", "timestamp_repeated"};

inline std::string_view to_string(SignatureError error) { return signature_error_names[static_cast<std::size_t>(error)]; }

}  // namespace meterproof::core
