// SPDX-License-Identifier: Apache-2.0
#include "core/text/reply_protocol.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace meterproof::core {
namespace reply_protocol_test {

using namespace std::string_view_literals;

TEST(ReplyProtocol, IsToldByTheFirstBytes) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"\x15\x03\x01\0\x02\x02\x46"sv, "tls"},
      {"J\0\0\0\x0a"
       "8.0.36\0"sv,
       "mysql"},
      {"\x45\0\0\0\xff\x6a\x04Host '10.0.0.1' is not allowed to connect"sv, "mysql"},
      {"E\0\0\0\x41SFATAL\0C0A000\0"sv, "postgresql"},
      {"\x20\x02\0\x01"sv, "mqtt"},
      {"\x04\x01\0%\0\0\x01\0"sv, "sql-server"},
      {"\0\x08\0\0\x04\0\0\0"sv, "oracle"},
      {"\0\0\x12\x04\0\0\0\0\0\0\0"sv, "http2"},
      {"SSH-2.0-OpenSSH_9.2\r\n"sv, "ssh"},
      {"220 mail.example ESMTP Postfix\r\n"sv, "smtp"},
      {"220 (vsFTPd 3.0.5)\r\n"sv, "ftp"},
      {"220-Welcome\r\n"sv, "smtp-ftp"},
      {"-ERR unknown command\r\n"sv, "redis"},
      {"-NOAUTH Authentication required.\r\n"sv, "redis"},
      {"AMQP\0\0\x09\x01"sv, "amqp"},
      {"\xff\xfd\x18\xff\xfd\x20\r\nlogin: "sv, "telnet"},
      {"RTSP/1.0 400 Bad Request\r\n"sv, "rtsp"},
      {"ICAP/1.0 400 Bad\r\n"sv, "icap"},
      {"RFB 003.008\n"sv, "vnc"},
      {"It looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n"sv, "mongodb"},
  };
  for (const auto& [bytes, id] : table) {
    const auto name = name_of_reply_protocol(bytes);
    ASSERT_TRUE(name) << id;
    EXPECT_EQ(name->id, id);
    EXPECT_NE(name->name.zh, name->name.en);
  }
  for (const std::string_view none : {""sv, "HTTP/1.1 200 OK\r\n"sv, "hello"sv, "\x15"sv, "\x04\x01"sv, "\0\x01\x02\x03\x04\0\x01\x02\x03"sv, "{\"Code\":1}"sv})
    EXPECT_FALSE(name_of_reply_protocol(none)) << none;
}

}  // namespace reply_protocol_test
}  // namespace meterproof::core
