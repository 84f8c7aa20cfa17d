// SPDX-License-Identifier: Apache-2.0
// MD5 (RFC 1321) as hexadecimal text. The specification's signature needs it; nothing else should use it.
#pragma once

#include <string>
#include <string_view>

namespace meterproof::auth {

/// 32 digits, lower case.
std::string md5_hex(std::string_view bytes);
/// Appends to `out`; no allocation if it has the capacity.
void append_md5_hex(std::string& out, std::string_view bytes);

}  // namespace meterproof::auth
