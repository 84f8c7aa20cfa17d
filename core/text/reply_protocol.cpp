// SPDX-License-Identifier: Apache-2.0
#include "core/text/reply_protocol.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/text/protocol_table.hpp"

namespace meterproof::core {
namespace {

using namespace std::string_view_literals;

unsigned big_endian_16(std::string_view bytes, std::size_t at) { return byte_at(bytes, at) * 256U + byte_at(bytes, at + 1); }

/// A packet of MySQL begins with its length, three bytes from the lowest, and its number; a greeting then has the protocol's version 10 and that of
/// the server; a refusal has 0xff.
bool is_mysql(std::string_view bytes) {
  constexpr std::size_t head = 4;
  if (bytes.size() < head + 2 || bytes[2] != 0 || bytes[3] != 0 || byte_at(bytes, 0) + 256U * byte_at(bytes, 1) < 5U) return false;
  return (bytes[head] == 0x0a && byte_at(bytes, head + 1) >= '0' && byte_at(bytes, head + 1) <= '9') || byte_at(bytes, head) == 0xffU;
}

/// ErrorResponse: E, the length in four bytes, then the severity as the field S.
bool is_postgresql(std::string_view bytes) {
  constexpr std::size_t longest = 30'000;
  return bytes.starts_with("E\0\0"sv) && byte_at(bytes, 5) == 'S' && big_endian_16(bytes, 3) <= longest;
}

/// TDS: a tabular result (4) with a status, the length, the channel, the number and a zero byte.
bool is_sql_server(std::string_view bytes) {
  constexpr std::size_t head = 8;
  return bytes.size() >= head && bytes[0] == 0x04 && byte_at(bytes, 1) <= 1U && big_endian_16(bytes, 2) >= head && bytes[7] == 0;
}

/// TNS: the length, two zero bytes, then refuse (4) or resend (11).
bool is_oracle(std::string_view bytes) {
  constexpr unsigned head = 8, refuse = 4, resend = 11;
  return bytes.size() >= head && big_endian_16(bytes, 0) >= head && bytes.substr(2, 2) == "\0\0"sv &&
         (byte_at(bytes, 4) == refuse || byte_at(bytes, 4) == resend);
}

/// A frame header (RFC 9113, section 4.1) of SETTINGS or GOAWAY on stream 0.
bool is_http_2(std::string_view bytes) {
  constexpr unsigned settings = 4, go_away = 7;
  return bytes.size() >= 9 && bytes[0] == 0 && (byte_at(bytes, 3) == settings || byte_at(bytes, 3) == go_away) && bytes.substr(5, 4) == "\0\0\0\0"sv;
}

/// A greeting "220 " is that of FTP or SMTP: most name which.
ProtocolName greeting_220(std::string_view bytes) {
  const std::string text = to_lower(bytes.substr(0, bytes.find('\n')));
  if (text.find("smtp") != std::string::npos) return {"smtp", {"SMTP 协议（邮件）", "SMTP (mail)"}};
  if (text.find("ftp") != std::string::npos) return {"ftp", {"FTP 协议", "FTP"}};
  return {"smtp-ftp", {"SMTP 或 FTP 问候语", "the greeting of SMTP or FTP"}};
}

}  // namespace

std::optional<ProtocolName> name_of_reply_protocol(std::string_view bytes) {
  if (is_tls(bytes)) return ProtocolName{"tls", {"TLS（https）", "TLS (https)"}};
  if (bytes.starts_with("220 ") || bytes.starts_with("220-")) return greeting_220(bytes);
  using Test = bool (*)(std::string_view);
  static const std::array<std::pair<Test, ProtocolName>, 5> tests = {{
      {is_postgresql, {"postgresql", {"PostgreSQL 协议", "the protocol of PostgreSQL"}}},
      {is_mysql, {"mysql", {"MySQL 协议", "the protocol of MySQL"}}},
      {is_http_2, {"http2", {"HTTP/2 协议（不接受 HTTP/1.1）", "HTTP/2 without HTTP/1.1"}}},
      {is_oracle, {"oracle", {"Oracle 数据库协议", "the protocol of Oracle Database"}}},
      {is_sql_server, {"sql-server", {"SQL Server 协议", "the protocol of SQL Server"}}},
  }};
  static const std::vector<ProtocolBeginnings> table = {
      {{"ssh", {"SSH 协议", "the SSH protocol"}}, {"SSH-"sv}},
      {{"redis", {"Redis 协议", "the protocol of Redis"}}, {"-ERR "sv, "-NOAUTH "sv, "-DENIED "sv}},
      {{"mqtt", {"MQTT 协议", "the MQTT protocol"}}, {"\x20\x02\0"sv}},
      {{"amqp", {"AMQP 协议", "the AMQP protocol"}}, {"AMQP"sv}},
      {{"pop3", {"POP3 协议（邮件）", "POP3 (mail)"}}, {"+OK "sv}},
      {{"imap", {"IMAP 协议（邮件）", "IMAP (mail)"}}, {"* OK "sv, "* BYE "sv}},
      {{"smtp-ftp", {"SMTP 或 FTP 的拒绝应答", "a refusal of SMTP or FTP"}}, {"421 "sv}},
      {{"smtp", {"SMTP 协议（邮件）", "SMTP (mail)"}}, {"554 "sv}},
      {{"rtsp", {"RTSP 协议", "the RTSP protocol"}}, {"RTSP/"sv}},
      {{"icap", {"ICAP 协议", "the ICAP protocol"}}, {"ICAP/"sv}},
      {{"sip", {"SIP 协议", "the SIP protocol"}}, {"SIP/2"sv}},
      {{"vnc", {"VNC 协议", "the protocol of VNC"}}, {"RFB "sv}},
      {{"rdp", {"远程桌面（RDP）", "remote desktop (RDP)"}}, {"\x03\0\0"sv}},
      {{"memcached", {"memcached 协议", "the protocol of memcached"}}, {"ERROR\r\n"sv}},
      {{"nats", {"NATS 协议", "the protocol of NATS"}}, {"INFO {"sv}},
      {{"telnet", {"Telnet 协议", "the Telnet protocol"}}, {"\xff\xfb"sv, "\xff\xfd"sv}},
      {{"socks", {"SOCKS5 代理", "a SOCKS5 proxy"}}, {"\x05\xff"sv}},
  };
  if (auto begun = find_by_beginning(table, bytes)) return begun;
  const auto fitting = std::find_if(tests.begin(), tests.end(), [&](const auto& one) { return one.first(bytes); });
  if (fitting != tests.end()) return fitting->second;
  // Its driver port answers HTTP with a text.
  if (bytes.find("access MongoDB over HTTP") != std::string_view::npos) return ProtocolName{"mongodb", {"MongoDB 协议", "the protocol of MongoDB"}};
  return std::nullopt;
}

}  // namespace meterproof::core
