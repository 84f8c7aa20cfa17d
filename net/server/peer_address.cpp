// SPDX-License-Identifier: Apache-2.0
#include "net/server/peer_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

namespace meterproof::net {

PeerAddress PeerAddress::from(const sockaddr_storage& address) {
  PeerAddress out;
  if (address.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    std::memcpy(out.bytes.data(), &four.sin_addr, sizeof four.sin_addr);
    out.port = ntohs(four.sin_port);
    out.family = Family::ipv4;
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, &address, sizeof six);
    std::memcpy(out.bytes.data(), &six.sin6_addr, sizeof six.sin6_addr);
    out.port = ntohs(six.sin6_port);
    out.family = Family::ipv6;
  }
  return out;
}

std::string PeerAddress::to_string() const {
  if (family == Family::none) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family == Family::ipv4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
  const std::string host = text.data();
  return (family == Family::ipv4 ? host : "[" + host + "]") + ":" + std::to_string(port);
}

}  // namespace meterproof::net
