// SPDX-License-Identifier: Apache-2.0
#include "net/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>

#include "core/i18n/message.hpp"

namespace meterproof::net {

std::string Address::authority() const { return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port); }
std::string Address::to_string() const { return (tls ? "https://" : "http://") + authority() + path; }

bool is_loopback(const std::string& host) {
  in_addr four{};
  in6_addr six{};
  constexpr std::uint32_t loopback_net = 127;
  if (::inet_pton(AF_INET, host.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24U == loopback_net;
  return host == "localhost" || (::inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six) != 0);
}

std::optional<Address> parse_address(std::string_view url, i18n::Message& why) {
  constexpr std::string_view plain = "http://", with_tls = "https://";
  constexpr std::uint16_t https_port = 443;
  const std::string given(url);
  Address address;
  address.tls = url.starts_with(with_tls);
  if (!address.tls && !url.starts_with(plain)) {
    why = i18n::msg<"usage.address-scheme">(given);
    return std::nullopt;
  }
  if (address.tls) address.port = https_port;
  url.remove_prefix(address.tls ? with_tls.size() : plain.size());
  const std::size_t slash = url.find('/');
  if (slash != std::string_view::npos) {
    address.path = std::string(url.substr(slash));
    while (address.path.ends_with('/')) address.path.pop_back();
    url = url.substr(0, slash);
  }
  // Colons inside [brackets] belong to an IPv6 address; only one behind them begins a port.
  const std::size_t bracket = url.starts_with('[') ? url.find(']') : 0;
  const std::size_t colon = bracket == std::string_view::npos ? bracket : url.find(':', bracket);
  std::string_view host = url.substr(0, colon);
  const bool has_bad_brackets = host.starts_with('[') != host.ends_with(']');
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  address.host = std::string(host);
  bool port_fits = true;
  if (colon != std::string_view::npos) {
    const std::string_view digits = url.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
    port_fits = error == std::errc{} && end == digits.data() + digits.size() && address.port != 0;
  }
  const bool has_bad_character =
      address.host.find_first_of(" \t\r\n@?#\"") != std::string::npos || address.path.find_first_of(" \t\r\n?#\"") != std::string::npos;
  if (address.host.empty() || !port_fits || has_bad_character || has_bad_brackets) {
    why = i18n::msg<"usage.address-form">(given);
    return std::nullopt;
  }
  return address;
}

}  // namespace meterproof::net
