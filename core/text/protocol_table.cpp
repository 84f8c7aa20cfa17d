// SPDX-License-Identifier: Apache-2.0
#include "core/text/protocol_table.hpp"

#include <algorithm>

namespace meterproof::core {

std::optional<ProtocolName> find_by_beginning(const std::vector<ProtocolBeginnings>& table, std::string_view bytes) {
  const auto begins = [&](std::string_view beginning) { return bytes.starts_with(beginning); };
  for (const ProtocolBeginnings& one : table)
    if (std::any_of(one.beginnings.begin(), one.beginnings.end(), begins)) return one.name;
  return std::nullopt;
}

bool is_tls(std::string_view bytes) {
  constexpr unsigned alert = 0x15, handshake = 0x16, major = 0x03, latest_minor = 0x04;
  const unsigned type = byte_at(bytes, 0);
  return bytes.size() >= 3 && (type == alert || type == handshake) && byte_at(bytes, 1) == major && byte_at(bytes, 2) <= latest_minor;
}

unsigned byte_at(std::string_view bytes, std::size_t at) { return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U; }

}  // namespace meterproof::core
