// SPDX-License-Identifier: Apache-2.0
#include "net/http/http_parser.hpp"

#include <gtest/gtest.h>

#include <random>

namespace meterproof::net {
namespace {

std::string feed_all(HttpParser& parser, std::string_view bytes, std::size_t step);

/// Everything that a parser says of a message, as one text.
std::string describe(HttpParser& parser) {
  std::string out = std::to_string(static_cast<int>(parser.state())) + "|";
  if (parser.state() != HttpState::complete) return out;
  out += std::string(parser.method()) + "|" + std::string(parser.target()) + "|" + std::to_string(parser.status()) + "|" + std::string(parser.body()) + "|" +
         (parser.keep_alive() ? "keep" : "close");
  for (const auto& [name, value] : parser.headers()) out += "|" + name + "=" + value;
  return out;
}

// A complete message may take the fast path. The same message fed byte by byte goes to Beast. Both must report the same.
TEST(HttpParser, FastPathAgreesWithBeastOnOrdinaryMessages) {
  const struct {
    HttpParser::Kind kind;
    std::string bytes;
  } table[] = {
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::request, "GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nAccessToken:x\r\nAuthorization:   spaced out \t\r\ncontent-LENGTH: 3\r\n\r\nabc"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nConnection: upgrade, close\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nConnection: close\r\nConnection: :\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nConnection: close\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.0\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nContent-Length: +2\r\n\r\n{}"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n{}"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nContent-Length: \r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nBad Name: x\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nName : x\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nName: a\r\n folded\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nName: a\x01\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST  /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a b HTTP/1.1\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /\xC3\xA4 HTTP/1.1\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nName: \xE4\xB8\xAD\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::response, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::response, "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::response, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: a/b\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::response, "HTTP/1.1 2x0 OK\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::response, "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::response, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
      {HttpParser::Kind::response, "HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n"},
  };
  for (const auto& row : table) {
    HttpParser whole(row.kind, {}), pieces(row.kind, {});
    feed_all(whole, row.bytes, row.bytes.size());
    feed_all(pieces, row.bytes, 1);
    EXPECT_EQ(describe(whole), describe(pieces)) << row.bytes;
  }
}

std::string feed_all(HttpParser& parser, std::string_view bytes, std::size_t step) {
  std::string held;
  std::size_t at = 0;
  while (parser.state() == HttpState::need_more && (at < bytes.size() || !held.empty())) {
    held += bytes.substr(at, step);
    const bool last = at >= bytes.size();
    at = std::min(bytes.size(), at + step);
    const std::size_t used = parser.feed(held);
    held.erase(0, used);
    if (used == 0 && last) break;
  }
  return held + std::string(bytes.substr(at));
}

TEST(HttpParser, ReadsTheSameInPiecesOfAnySize) {
  const std::string plain = "POST /a?b HTTP/1.1\r\nHost: h\r\ncontent-length: 5\r\nX-Y:  z \r\n\r\nhelloGET";
  const std::string chunked = "POST /a?b HTTP/1.1\r\nHost: h\r\nX-Y: z\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\nGET";
  for (const std::string& bytes : {plain, chunked})
    for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, bytes.size()}) {
      HttpParser parser(HttpParser::Kind::request, {});
      const std::string rest = feed_all(parser, bytes, step);
      EXPECT_EQ(parser.state(), HttpState::complete) << step << " " << parser.error();
      EXPECT_EQ(parser.body(), "hello");
      EXPECT_EQ(parser.target(), "/a?b");
      EXPECT_EQ(parser.header("x-y"), "z");
      EXPECT_EQ(rest, "GET");
      EXPECT_TRUE(parser.keep_alive());
    }
}

// Differential test: whatever the fast path accepts, Beast accepts too, with the same result.
TEST(HttpParser, FastPathAgreesWithBeastOnDamagedMessages) {
  const std::pair<HttpParser::Kind, std::string> messages[] = {
      {HttpParser::Kind::request,
       "POST /api/a?b=c HTTP/1.1\r\nHost: 127.0.0.1:80\r\nAccept: application/json\r\nContent-Type: application/json;charset=utf-8\r\nAccessToken: "
       "5f4dcc3b5aa765d61d8327deb882cf99\r\nConnection: keep-alive\r\nContent-Length: 12\r\n\r\n{\"a\":\"bcde\"}"},
      {HttpParser::Kind::response,
       "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Wed, 14 Jan 2026 08:00:00 GMT\r\nContent-Type: application/json\r\nConnection: close\r\n"
       "Content-Length: 5\r\n\r\nhello"}};
  const std::string pieces[] = {"\r",
                                "\n",
                                "\r\n",
                                ":",
                                " ",
                                "\t",
                                "0",
                                "1",
                                "9",
                                "\x01",
                                "\x7F",
                                "\x80",
                                "\xFF",
                                "-",
                                ",",
                                "chunked",
                                "Transfer-Encoding: chunked\r\n",
                                "Content-Length: 5\r\n",
                                "Expect: 100-continue\r\n",
                                "Connection: upgrade\r\n",
                                "X\r\n",
                                " X: y\r\n",
                                std::string(1, '\0')};
  std::mt19937 rng(20260316);
  const auto below = [&](std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(rng); };
  for (const auto& [kind, message] : messages) {
    std::size_t fast_count = 0;
    for (int i = 0; i < 50'000; ++i) {
      std::string bytes = message;
      for (std::size_t times = 1 + below(2); times > 0; --times) {
        const std::size_t at = below(bytes.size());
        switch (below(3)) {
          case 0: bytes.replace(at, 1, pieces[below(std::size(pieces))]); break;
          case 1: bytes.insert(at, pieces[below(std::size(pieces))]); break;
          default: bytes.erase(at, 1 + below(3)); break;
        }
      }
      HttpParser fast(kind, {}), slow(kind, {});
      const std::size_t taken = fast.feed_complete(bytes);
      if (taken == 0) continue;
      ++fast_count;
      feed_all(slow, std::string_view(bytes).substr(0, taken), taken - 1);  // in two pieces it does not take the fast path
      ASSERT_EQ(describe(fast), describe(slow)) << bytes;
    }
    EXPECT_GT(fast_count, 5'000U);
  }
}

TEST(HttpParser, KeepsItsLimits) {
  HttpParser header(HttpParser::Kind::request, {256, 16});
  feed_all(header, "POST / HTTP/1.1\r\nX: " + std::string(1000, 'x'), 64);
  EXPECT_EQ(header.state(), HttpState::header_too_large);
  HttpParser body(HttpParser::Kind::request, {256, 16});
  feed_all(body, "POST / HTTP/1.1\r\nContent-Length: 17\r\n\r\n", 64);
  EXPECT_EQ(body.state(), HttpState::body_too_large);
  HttpParser chunks(HttpParser::Kind::request, {256, 16});
  feed_all(chunks, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + std::string(255, 'x'), 64);
  EXPECT_EQ(chunks.state(), HttpState::body_too_large);
  // Lines without an end: the size of a chunk with its extension, and a trailer.
  for (const char* beginning : {"1;", "1\r\nx\r\n0\r\nX: "}) {
    HttpParser endless(HttpParser::Kind::request, {256, 16});
    feed_all(endless, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + (beginning + std::string(1000, 'x')), 64);
    EXPECT_EQ(endless.state(), HttpState::header_too_large) << beginning;
  }
}

TEST(HttpParser, RejectsWhatIsNotHttp) {
  for (const char* bytes : {"\x16\x03\x01\x02\x00", "GET\r\n\r\n", "POST / HTTP/9.9\r\n\r\n", "POST / HTTP/1.1\r\nno colon\r\n\r\n",
                            "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"}) {
    HttpParser parser(HttpParser::Kind::request, {});
    feed_all(parser, bytes, 1000);
    EXPECT_EQ(parser.state(), HttpState::bad) << bytes;
  }
}

}  // namespace
}  // namespace meterproof::net
