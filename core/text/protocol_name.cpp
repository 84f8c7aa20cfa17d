// SPDX-License-Identifier: Apache-2.0
#include "core/text/protocol_name.hpp"

#include <vector>

#include "core/text/protocol_table.hpp"

namespace meterproof::core {
namespace {

using namespace std::string_view_literals;

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
  static const std::vector<ProtocolBeginnings> table = {
      {{"http2", {"HTTP/2 连接前言", "the preface of HTTP/2"}}, {"PRI * HTTP/2"sv}},
      {{"proxy-protocol", {"PROXY 协议头（HAProxy 的 send-proxy）", "the PROXY protocol (send-proxy of HAProxy)"}}, {"PROXY "sv}},
      // The second stands behind the empty lines that HTTP skips.
      {{"proxy-protocol", {"PROXY 协议头（第 2 版）", "the PROXY protocol, version 2"}}, {"\r\n\r\n\0\r\nQUIT\n"sv, "\0\r\nQUIT\n"sv}},
      {{"socks", {"SOCKS4 代理请求", "a request to a SOCKS4 proxy"}}, {"\x04\x01"sv}},
      {{"socks", {"SOCKS5 代理请求", "a request to a SOCKS5 proxy"}}, {"\x05\x01"sv, "\x05\x02"sv, "\x05\x03"sv}},
      {{"ssh", {"SSH 协议", "the SSH protocol"}}, {"SSH-"sv}},
      {{"rdp", {"远程桌面（RDP）", "remote desktop (RDP)"}}, {"\x03\0\0"sv}},
      {{"postgresql", {"PostgreSQL 协议", "the protocol of PostgreSQL"}}, {"\0\0\0\x08\x04\xd2\x16\x2f"sv}},
      {{"redis", {"Redis 协议", "the protocol of Redis"}}, {"*1\r\n$"sv, "*2\r\n$"sv, "*3\r\n$"sv}},
      {{"amqp", {"AMQP 协议", "the AMQP protocol"}}, {"AMQP"sv}},
  };
  if (auto begun = find_by_beginning(table, bytes)) return begun;
  // MQTT's fixed header has the length of the rest between its first byte and the name.
  if (bytes.size() > 8 && bytes[0] == 0x10 && bytes.substr(2).starts_with("\0\x04MQTT"sv)) return ProtocolName{"mqtt", {"MQTT 协议", "the MQTT protocol"}};
  return std::nullopt;
}

}  // namespace meterproof::core
