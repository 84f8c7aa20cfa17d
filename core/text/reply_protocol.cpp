// SPDX-License-Identifier: Apache-2.0
#include "core/text/reply_protocol.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace meterproof::core {
namespace {

using namespace std::string_view_literals;

unsigned byte(std::string_view bytes, std::size_t at) { return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U; }
unsigned big_endian_16(std::string_view bytes, std::size_t at) { return byte(bytes, at) * 256U + byte(bytes, at + 1); }

/// A TLS record (RFC 8446, section 5.1): alert or handshake, version 3.x.
bool is_tls(std::string_view bytes) { return bytes.size() >= 3 && (bytes[0] == 0x15 || bytes[0] == 0x16) && bytes[1] == 0x03 && byte(bytes, 2) <= 0x04U; }

/// A packet of MySQL begins with its length, three bytes from the lowest, and its number; a greeting then has the protocol's version 10 and that of
/// the server; a refusal has 0xff.
bool is_mysql(std::string_view bytes) {
  constexpr std::size_t head = 4;
  if (bytes.size() < head + 2 || bytes[2] != 0 || bytes[3] != 0 || byte(bytes, 0) + 256U * byte(bytes, 1) < 5U) return false;
  return (bytes[head] == 0x0a && byte(bytes, head + 1) >= '0' && byte(bytes, head + 1) <= '9') || byte(bytes, head) == 0xffU;
}

/// ErrorResponse: E, the length in four bytes, then the severity as the field S.
bool is_postgresql(std::string_view bytes) {
  constexpr std::size_t longest = 30'000;
  return bytes.starts_with("E\0\0"sv) && byte(bytes, 5) == 'S' && big_endian_16(bytes, 3) <= longest;
}

/// TDS: a tabular result (4) with a status, the length, the channel, the number and a zero byte.
bool is_sql_server(std::string_view bytes) {
  constexpr std::size_t head = 8;
  return bytes.size() >= head && bytes[0] == 0x04 && byte(bytes, 1) <= 1U && big_endian_16(bytes, 2) >= head && bytes[7] == 0;
}

/// TNS: the length, two zero bytes, then refuse (4) or resend (11).
bool is_oracle(std::string_view bytes) {
  constexpr unsigned head = 8, refuse = 4, resend = 11;
  return bytes.size() >= head && big_endian_16(bytes, 0) >= head && bytes.substr(2, 2) == "\0\0"sv && (byte(bytes, 4) == refuse || byte(bytes, 4) == resend);
}

/// A frame header (RFC 9113, section 4.1) of SETTINGS or GOAWAY on stream 0.
bool is_http_2(std::string_view bytes) {
  constexpr unsigned settings = 4, go_away = 7;
  return bytes.size() >= 9 && bytes[0] == 0 && (byte(bytes, 3) == settings || byte(bytes, 3) == go_away) && bytes.substr(5, 4) == "\0\0\0\0"sv;
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
  // Each by the bytes that it begins with.
  static const std::array<std::pair<std::string_view, ProtocolName>, 21> beginnings = {{
      {"SSH-"sv, {"ssh", {"SSH 协议", "the SSH protocol"}}},
      {"-ERR "sv, {"redis", {"Redis 协议", "the protocol of Redis"}}},
      {"-NOAUTH "sv, {"redis", {"Redis 协议", "the protocol of Redis"}}},
      {"-DENIED "sv, {"redis", {"Redis 协议", "the protocol of Redis"}}},
      {"\x20\x02\0"sv, {"mqtt", {"MQTT 协议", "the MQTT protocol"}}},
      {"AMQP"sv, {"amqp", {"AMQP 协议", "the AMQP protocol"}}},
      {"+OK "sv, {"pop3", {"POP3 协议（邮件）", "POP3 (mail)"}}},
      {"* OK "sv, {"imap", {"IMAP 协议（邮件）", "IMAP (mail)"}}},
      {"* BYE "sv, {"imap", {"IMAP 协议（邮件）", "IMAP (mail)"}}},
      {"421 "sv, {"smtp-ftp", {"SMTP 或 FTP 的拒绝应答", "a refusal of SMTP or FTP"}}},
      {"554 "sv, {"smtp", {"SMTP 协议（邮件）", "SMTP (mail)"}}},
      {"RTSP/"sv, {"rtsp", {"RTSP 协议", "the RTSP protocol"}}},
      {"ICAP/"sv, {"icap", {"ICAP 协议", "the ICAP protocol"}}},
      {"SIP/2"sv, {"sip", {"SIP 协议", "the SIP protocol"}}},
      {"RFB "sv, {"vnc", {"VNC 协议", "the protocol of VNC"}}},
      {"\x03\0\0"sv, {"rdp", {"远程桌面（RDP）", "remote desktop (RDP)"}}},
      {"ERROR\r\n"sv, {"memcached", {"memcached 协议", "the protocol of memcached"}}},
      {"INFO {"sv, {"nats", {"NATS 协议", "the protocol of NATS"}}},
      {"\xff\xfb"sv, {"telnet", {"Telnet 协议", "the Telnet protocol"}}},
      {"\xff\xfd"sv, {"telnet", {"Telnet 协议", "the Telnet protocol"}}},
      {"\x05\xff"sv, {"socks", {"SOCKS5 代理", "a SOCKS5 proxy"}}},
  }};
  const auto begun = std::find_if(beginnings.begin(), beginnings.end(), [&](const auto& one) { return bytes.starts_with(one.first); });
  if (begun != beginnings.end()) return begun->second;
  const auto fitting = std::find_if(tests.begin(), tests.end(), [&](const auto& one) { return one.first(bytes); });
  if (fitting != tests.end()) return fitting->second;
  // Its driver port answers HTTP with a text.
  if (bytes.find("access MongoDB over HTTP") != std::string_view::npos) return ProtocolName{"mongodb", {"MongoDB 协议", "the protocol of MongoDB"}};
  return std::nullopt;
}

}  // namespace meterproof::core
