// SPDX-License-Identifier: Apache-2.0
// The header lines with which every request of ours says who sends it, and that replies must come uncoded.
#pragma once

#include <string>

namespace meterproof::net {

/// "User-Agent: meterproof/VERSION" and "Accept-Encoding: identity", each with its CRLF. The same bytes in every request of a version.
const std::string& identification();

}  // namespace meterproof::net
