// SPDX-License-Identifier: Apache-2.0
// Which protocol the first bytes of a connection belong to, where HTTP/1.1 was expected: of a client that calls a server, or of a server's greeting.
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
