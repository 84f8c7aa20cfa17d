// SPDX-License-Identifier: Apache-2.0
// Why bytes are no HTTP/1.1 message: the parser's English reasons, in Chinese.
#pragma once

#include <string>
#include <string_view>

namespace meterproof::core {

/// The Chinese for a reason of net::HttpParser; "" for one that is not known.
std::string http_reason_in_chinese(std::string_view reason);

}  // namespace meterproof::core
