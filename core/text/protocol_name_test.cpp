// SPDX-License-Identifier: Apache-2.0
#include "core/text/protocol_name.hpp"

#include <gtest/gtest.h>

namespace meterproof::core {
namespace protocol_name_test {

using namespace std::string_view_literals;

TEST(ProtocolName, IsToldByTheFirstBytes) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"\x16\x03\x01\x02\x00\x01"sv, "tls"},
      {"\x15\x03\x03\x00\x02"sv, "tls"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"sv, "http2"},
      {"PROXY TCP4 192.0.2.1 192.0.2.2 51234 80\r\n"sv, "proxy-protocol"},
      {"\r\n\r\n\0\r\nQUIT\n\x21\x11"sv, "proxy-protocol"},
      {"\x05\x01\x00"sv, "socks"},
      {"SSH-2.0-OpenSSH_9.2\r\n"sv, "ssh"},
      {"\x03\0\0\x13\x0e\xe0"sv, "rdp"},
      {"*1\r\n$4\r\nPING\r\n"sv, "redis"},
      {"\x10\x10\0\x04MQTT\x04"sv, "mqtt"},
      {"GET /\r\n"sv, "http0.9"},
  };
  for (const auto& [bytes, id] : table) {
    const auto name = name_of_protocol(bytes);
    ASSERT_TRUE(name) << id;
    EXPECT_EQ(name->id, id);
    EXPECT_NE(name->name.zh, name->name.en);
  }
  for (const std::string_view none :
       {""sv, "GET / HTTP/1.1\r\n"sv, "POST /api HTTP/1.1\r\n"sv, "HTTP/1.1 200 OK\r\n"sv, "hello"sv, "\x16"sv, "{\"UserCode\":1}"sv})
    EXPECT_FALSE(name_of_protocol(none)) << none;
}

}  // namespace protocol_name_test
}  // namespace meterproof::core
