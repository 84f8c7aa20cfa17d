// SPDX-License-Identifier: Apache-2.0
// Who is at the other end of a connection, as accept(2) gives it. Small, because a log keeps one for each request; made a text only to be shown.
#pragma once

#include <array>
#include <cstdint>
#include <string>

struct sockaddr_storage;

namespace meterproof::net {

struct PeerAddress {
  enum class Family : std::uint8_t { none, ipv4, ipv6 };

  static PeerAddress from(const sockaddr_storage& address);
  /// "192.0.2.1:51234", "[2001:db8::1]:51234"; "" where it is not known.
  std::string to_string() const;

  std::array<std::uint8_t, 16> bytes{};  // in network order; the first four of IPv4
  std::uint16_t port = 0;
  Family family = Family::none;
};

}  // namespace meterproof::net
