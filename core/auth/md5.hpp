// SPDX-License-Identifier: Apache-2.0
// MD5 (RFC 1321) as hexadecimal text. The specification's signature needs it; nothing else should use it.
//
// Fast path: MD5_* in place of EVP_Digest. WHY: EVP fetches the algorithm at each call. GAIN: 8,100 of 32,800 user-space instructions of a report,
// two sums (2026-11-27, `bench/instructions`). REFERENCE: EVP_Digest. TEST: Md5.AgreesWithEvpForEveryLength. DELETE WHEN: OpenSSL removes the deprecated
// functions; then fetch EVP_MD once and keep an EVP_MD_CTX.
#pragma once

#include <string>
#include <string_view>

namespace meterproof::auth {

/// 32 digits, lower case.
std::string md5_hex(std::string_view bytes);
/// Appends to `out`; no allocation if it has the capacity.
void append_md5_hex(std::string& out, std::string_view bytes);

}  // namespace meterproof::auth
