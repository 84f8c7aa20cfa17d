// SPDX-License-Identifier: Apache-2.0
// Which protocol the first bytes of a connection belong to, where a request of HTTP/1.1 was expected. For what a server answers: reply_protocol.hpp.
#pragma once

#include <optional>
#include <string_view>

#include "core/text/text.hpp"

namespace meterproof::core {

struct ProtocolName {
  std::string_view id;  // for counters: "tls", "http2"
  LocalizedText name;   // "a TLS handshake (https)"
};

/// Nothing where the bytes fit none of those that are known.
std::optional<ProtocolName> name_of_protocol(std::string_view bytes);

}  // namespace meterproof::core
