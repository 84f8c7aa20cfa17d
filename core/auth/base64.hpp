// SPDX-License-Identifier: Apache-2.0
// Base64 of the standard alphabet with padding (RFC 4648, section 4), by OpenSSL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meterproof::auth {

std::string base64(std::string_view bytes);
/// Appends to `out`; no allocation if it has the capacity.
void append_base64(std::string& out, std::string_view bytes);
/// Returns nothing if `text` is empty or not exactly what an encoder writes: other characters (white space too), wrong padding, or bits set
/// behind the last byte.
std::optional<std::string> base64_decode(std::string_view text);
/// The same into `out`, whose capacity is reused. Returns false, with `out` unspecified, where base64_decode returns nothing.
bool decode_base64(std::string_view text, std::string& out);

}  // namespace meterproof::auth
