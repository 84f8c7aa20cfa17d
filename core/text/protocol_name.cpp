// SPDX-License-Identifier: Apache-2.0
#include "core/text/protocol_name.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace meterproof::core {
namespace {

using namespace std::string_view_literals;

unsigned char byte(std::string_view bytes, std::size_t at) { return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0; }

/// A TLS record (RFC 8446, section 5.1): handshake or alert, version 3.x.
bool is_tls(std::string_view bytes) { return bytes.size() >= 3 && (bytes[0] == 0x16 || bytes[0] == 0x15) && bytes[1] == 0x03 && byte(bytes, 2) <= 0x04; }

/// A request line without a version: "GET /", of HTTP/0.9.
bool is_http_0_9(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos || !bytes.starts_with("GET /")) return false;
  return trimmed(bytes.substr(0, end)).find(' ', 4) == std::string_view::npos;
}

}  // namespace

std::optional<ProtocolName> name_of_protocol(std::string_view bytes) {
  if (is_tls(bytes)) return ProtocolName{"tls", {"TLS 握手（https）", "a TLS handshake (https)"}};
  if (is_http_0_9(bytes)) return ProtocolName{"http0.9", {"HTTP/0.9 请求", "a request of HTTP/0.9"}};
  // Each by the bytes that it begins with.
  static const std::array<std::pair<std::string_view, ProtocolName>, 15> beginnings = {{
      {"PRI * HTTP/2"sv, {"http2", {"HTTP/2 连接前言", "the preface of HTTP/2"}}},
      {"PROXY "sv, {"proxy-protocol", {"PROXY 协议头（HAProxy 的 send-proxy）", "the PROXY protocol (send-proxy of HAProxy)"}}},
      {"\r\n\r\n\0\r\nQUIT\n"sv, {"proxy-protocol", {"PROXY 协议头（第 2 版）", "the PROXY protocol, version 2"}}},
      {"\0\r\nQUIT\n"sv, {"proxy-protocol", {"PROXY 协议头（第 2 版）", "the PROXY protocol, version 2"}}},  // behind the empty lines that HTTP skips
      {"\x04\x01"sv, {"socks", {"SOCKS4 代理请求", "a request to a SOCKS4 proxy"}}},
      {"\x05\x01"sv, {"socks", {"SOCKS5 代理请求", "a request to a SOCKS5 proxy"}}},
      {"\x05\x02"sv, {"socks", {"SOCKS5 代理请求", "a request to a SOCKS5 proxy"}}},
      {"\x05\x03"sv, {"socks", {"SOCKS5 代理请求", "a request to a SOCKS5 proxy"}}},
      {"SSH-"sv, {"ssh", {"SSH 协议", "the SSH protocol"}}},
      {"\x03\0\0"sv, {"rdp", {"远程桌面（RDP）", "remote desktop (RDP)"}}},
      {"\0\0\0\x08\x04\xd2\x16\x2f"sv, {"postgresql", {"PostgreSQL 协议", "the protocol of PostgreSQL"}}},
      {"*1\r\n$"sv, {"redis", {"Redis 协议", "the protocol of Redis"}}},
      {"*2\r\n$"sv, {"redis", {"Redis 协议", "the protocol of Redis"}}},
      {"*3\r\n$"sv, {"redis", {"Redis 协议", "the protocol of Redis"}}},
      {"AMQP"sv, {"amqp", {"AMQP 协议", "the AMQP protocol"}}},
  }};
  const auto found = std::find_if(beginnings.begin(), beginnings.end(), [&](const auto& one) { return bytes.starts_with(one.first); });
  if (found != beginnings.end()) return found->second;
  // MQTT's fixed header has the length of the rest between its first byte and the name.
  if (bytes.size() > 8 && bytes[0] == 0x10 && bytes.substr(2).starts_with("\0\x04MQTT"sv)) return ProtocolName{"mqtt", {"MQTT 协议", "the MQTT protocol"}};
  return std::nullopt;
}

}  // namespace meterproof::core
