// SPDX-License-Identifier: Apache-2.0
// What Boost.Beast reads by itself, the fast path reads alike, and so does Beast with what we put before and behind it, whole and in pieces. Trailers
// apart: Beast takes them for fields before its version of Boost 1.90, and HttpParser drops them.
#include <gtest/gtest.h>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <random>

#include "net/http/http_parser.hpp"

namespace meterproof::net {
namespace beast_reference_test {

namespace beast = boost::beast;
namespace http = boost::beast::http;

template <bool isRequest>
std::string read_by_beast(const std::string& bytes) {
  http::parser<isRequest, http::string_body> parser;
  parser.eager(true);
  beast::error_code error;
  parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error || !parser.is_done()) return "refused: " + error.message();
  const auto& message = parser.get();
  std::string out;
  if constexpr (isRequest) out = std::string(message.method_string()) + " " + std::string(message.target());
  else out = std::to_string(message.result_int());
  for (const auto& field : message) out += "\n" + std::string(field.name_string()) + "=" + std::string(field.value());
  return out + "\n" + message.body() + (parser.keep_alive() ? "\nkeep" : "\nclose");
}

std::string read_by_ours(HttpParser::Kind kind, std::string_view bytes, std::size_t step) {
  HttpParser parser(kind, {});
  while (!bytes.empty() && parser.state() == HttpState::need_more) {
    const std::size_t used = parser.feed(bytes.substr(0, step));
    if (used == 0) break;
    bytes.remove_prefix(used);
  }
  if (parser.state() != HttpState::complete) return "refused: " + std::string(parser.error());
  std::string out = kind == HttpParser::Kind::request ? std::string(parser.method()) + " " + std::string(parser.target()) : std::to_string(parser.status());
  for (const auto& [name, value] : parser.headers()) out += "\n" + name + "=" + value;
  return out + "\n" + std::string(parser.body()) + (parser.keep_alive() ? "\nkeep" : "\nclose");
}

/// A regular message, by chance. Each field has a name of its own: Beast lists equal names together.
std::string message(std::mt19937& random, bool request) {
  const auto pick = [&](std::initializer_list<const char*> all) { return std::string(all.begin()[random() % all.size()]); };
  std::string out = request
                        ? pick({"POST", "GET", "PUT", "X-ODD"}) + " " + pick({"/", "/a/b?c=d", "*", "/%E4%BD%A0"}) + pick({" HTTP/1.1\r\n", " HTTP/1.0\r\n"})
                        : pick({"HTTP/1.1 ", "HTTP/1.0 "}) + pick({"200 OK", "404 ", "500 Odd reason"}) + "\r\n";
  const bool chunked = out.find("HTTP/1.1") != std::string::npos && random() % 2 == 0;
  if (request) out += "Host: " + pick({"h", "127.0.0.1:8080", "[::1]:80"}) + "\r\n";
  for (std::size_t i = random() % 4; i > 0; --i)
    out += "X-" + pick({"a", "b", "c_d"}) + std::to_string(i) + ":" + pick({"", " ", "\t ", "  "}) + pick({"v", "", "a b, c", "\xE4\xBD\xA0"}) +
           pick({"", " ", "\t"}) + "\r\n";
  if (random() % 3 == 0) out += "Connection: " + pick({"close", "keep-alive", "Keep-Alive"}) + "\r\n";
  if (chunked) return out + "Transfer-Encoding: chunked\r\n\r\n" + pick({"2\r\n{}\r\n", "2;x=y\r\n{}\r\n1\r\n \r\n", ""}) + "0\r\n\r\n";
  const std::string body = pick({"", "{}", "0123456789"});
  return out + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(HttpParser, ReadsRegularMessagesAsBeastAloneDoes) {
  std::mt19937 random(16);
  std::size_t compared = 0;
  for (int i = 0; i < 20'000; ++i) {
    const bool request = i % 2 == 0;
    const std::string bytes = message(random, request);
    const std::string theirs = request ? read_by_beast<true>(bytes) : read_by_beast<false>(bytes);
    if (theirs.starts_with("refused")) continue;  // what is irregular is a matter of the tables by RFC 9112
    ++compared;
    const auto kind = request ? HttpParser::Kind::request : HttpParser::Kind::response;
    for (const std::size_t step : {bytes.size(), std::size_t{1}, std::size_t{7}}) ASSERT_EQ(read_by_ours(kind, bytes, step), theirs) << step << "\n" << bytes;
  }
  EXPECT_GT(compared, 15'000U);
}

}  // namespace beast_reference_test
}  // namespace meterproof::net
