// SPDX-License-Identifier: Apache-2.0
// The address of a server, as given on the command line: http://host[:port][/prefix], or https://.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/i18n/message_value.hpp"
#include "net/tls.hpp"

namespace meterproof::net {

struct Address {
  std::string host;  // a name or an IP address; IPv6 without brackets
  std::uint16_t port = 80;
  std::string path;  // prefix of every interface's path: "" or "/prefix", without a slash at its end

  bool tls = false;     // https
  TlsTrust trust = {};  // of https

  std::string to_string() const;  // http://host:port/prefix
  std::string authority() const;  // host:port for the Host header; an IPv6 address in brackets (RFC 3986, section 3.2.2)
};

/// Whether only this machine can reach who listens there: "localhost", ::1 or an address in 127.0.0.0/8.
bool is_loopback(const std::string& host);

/// Parses http://host[:port][/prefix], or https://, whose port is 443 unless it is told. On failure returns nothing and sets `why` to a message with advice.
/// The host is not resolved.
std::optional<Address> parse_address(std::string_view url, i18n::Message& why);

}  // namespace meterproof::net
