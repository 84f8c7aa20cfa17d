// SPDX-License-Identifier: Apache-2.0
// What both sides of a connection know protocols by: a table of the first bytes, and TLS records.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "core/text/protocol_name.hpp"

namespace meterproof::core {

struct ProtocolBeginnings {
  ProtocolName name;
  std::vector<std::string_view> beginnings;  // each of them tells it
};

std::optional<ProtocolName> find_by_beginning(const std::vector<ProtocolBeginnings>& table, std::string_view bytes);

/// A TLS record (RFC 8446, section 5.1): alert or handshake, version 3.x.
bool is_tls(std::string_view bytes);

/// Zero behind the end.
unsigned byte_at(std::string_view bytes, std::size_t at);

}  // namespace meterproof::core
