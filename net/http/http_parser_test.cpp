// SPDX-License-Identifier: Apache-2.0
#include "net/http/http_parser.hpp"

#include <gtest/gtest.h>

#include <random>

namespace meterproof::net {
namespace http_parser_test {

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

// A complete message may take the fast path. The same message fed byte by byte goes to the slow one. Both must report the same.
TEST(HttpParser, FastPathAgreesWithTheSlowOneOnOrdinaryMessages) {
  const struct {
    HttpParser::Kind kind;
    std::string bytes;
  } table[] = {
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::request, "GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nAccessToken:x\r\nAuthorization:   spaced out \t\r\ncontent-LENGTH: 3\r\n\r\nabc"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade, close\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nConnection: :\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.0\r\nHost: h\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: +2\r\n\r\n{}"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n{}"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: \r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nBad Name: x\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nName : x\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nName: a\r\n folded\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nName: a\x01\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST  /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a b HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /\xC3\xA4 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nName: \xE4\xB8\xAD\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::request, "GET /a HTTP/1.1\r\n\r\n"},
      {HttpParser::Kind::request, "GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"},
      {HttpParser::Kind::request, "GET /a HTTP/1.1\r\nHost:\r\n\r\n"},
      {HttpParser::Kind::request, "GET /a HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {HttpParser::Kind::request, "GET /a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"},
      {HttpParser::Kind::request, "GET /a HTTP/1.1\r\nHost: h:99999\r\n\r\n"},
      {HttpParser::Kind::request, "GET http://h/a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {HttpParser::Kind::request, std::string(32, 'M') + " /a HTTP/1.1\r\nHost: h\r\n\r\n"},
      {HttpParser::Kind::request, std::string(33, 'M') + " /a HTTP/1.1\r\nHost: h\r\n\r\n"},
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

// Differential test: whatever the fast path accepts, the slow one accepts too, with the same result.
TEST(HttpParser, FastPathAgreesWithTheSlowOneOnDamagedMessages) {
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
  feed_all(header, "POST / HTTP/1.1\r\nHost: h\r\nX: " + std::string(1000, 'x'), 64);
  EXPECT_EQ(header.state(), HttpState::header_too_large);
  HttpParser body(HttpParser::Kind::request, {256, 16});
  feed_all(body, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 17\r\n\r\n", 64);
  EXPECT_EQ(body.state(), HttpState::body_too_large);
  HttpParser chunks(HttpParser::Kind::request, {256, 16});
  feed_all(chunks, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + std::string(255, 'x'), 64);
  EXPECT_EQ(chunks.state(), HttpState::body_too_large);
  // Lines without an end: the size of a chunk with its extension, and a trailer.
  for (const char* beginning : {"1;", "1\r\nx\r\n0\r\nX: "}) {
    HttpParser endless(HttpParser::Kind::request, {256, 16});
    feed_all(endless, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + (beginning + std::string(1000, 'x')), 64);
    EXPECT_EQ(endless.state(), HttpState::header_too_large) << beginning;
  }
  // The same in whole lines: many short ones.
  std::string extensions, trailers = "0\r\n";
  for (int i = 0; i < 15; ++i) extensions += "1;" + std::string(20, 'x') + "\r\nx\r\n", trailers += "X: " + std::string(20, 'x') + "\r\n";
  for (const std::string& lines : {extensions, trailers}) {
    HttpParser many(HttpParser::Kind::request, {256, 16});
    feed_all(many, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + lines, 64);
    EXPECT_EQ(many.state(), HttpState::header_too_large) << lines;
  }
  HttpParser lines(HttpParser::Kind::request, {256, 16});
  feed_all(lines, std::string(1000, '\n'), 64);
  EXPECT_EQ(lines.state(), HttpState::bad);
}

TEST(HttpParser, SharesABudgetForBodies) {
  ByteBudget budget(100);
  const HttpLimits limits{256, 1000, &budget};
  const std::string reply = "HTTP/1.1 200 OK\r\nContent-Length: 80\r\n\r\n" + std::string(70, 'x');
  HttpParser second(HttpParser::Kind::response, limits);
  {
    HttpParser first(HttpParser::Kind::response, limits);
    feed_all(first, reply, reply.size());
    EXPECT_EQ(first.state(), HttpState::need_more);
    feed_all(second, reply, reply.size());
    EXPECT_EQ(second.state(), HttpState::body_too_large);
    EXPECT_EQ(second.error(), "all bodies at once > 100 B");
  }
  second.reset();
  feed_all(second, reply + "0123456789", reply.size());
  EXPECT_EQ(second.state(), HttpState::complete);
}

// What a head takes beyond an ordinary one, and half a line between chunks, is of the same budget: thousands of connections may each have begun one.
TEST(HttpParser, SharesTheBudgetForLongHeads) {
  const std::string ok = "HTTP/1.1 200 OK\r\n", line = "X: y\r\n";
  std::string headers;
  for (int i = 0; i < 1'000; ++i) headers += line;
  const struct {
    std::string message;  // begins so, and goes on for ever
    HttpState beyond;
    const char* error;
  } table[] = {
      {ok + headers + headers, HttpState::header_too_large, "all heads at once > 20 KiB"},
      {ok + "X: " + std::string(12'000, 'x'), HttpState::header_too_large, "all heads at once > 20 KiB"},
      {ok + headers + "Content-Length: 9\r\n\r\n1", HttpState::header_too_large, "all heads at once > 20 KiB"},  // each header is an object
      {ok + "Transfer-Encoding: chunked\r\n\r\n1;x=" + std::string(12'000, 'x'), HttpState::body_too_large, "all bodies at once > 20 KiB"},
  };
  for (const auto& one : table) {
    constexpr std::size_t piece = 1'000;
    ByteBudget budget(20UL * 1024);
    const HttpLimits limits{64U * 1024, 1000, &budget};
    HttpParser second(HttpParser::Kind::response, limits);
    {
      HttpParser first(HttpParser::Kind::response, limits);
      feed_all(first, one.message, piece);
      feed_all(second, one.message, piece);
      EXPECT_EQ(second.state(), one.beyond) << one.message.substr(0, 80);
      EXPECT_EQ(second.error(), one.error);
    }
    second.reset();
    feed_all(second, ok + headers.substr(0, 40 * line.size()) + "Content-Length: 9\r\n\r\n", 1);
    EXPECT_EQ(second.state(), HttpState::need_more);
    EXPECT_TRUE(budget.take(20UL * 1024)) << "all was given back, and an ordinary head takes nothing";
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

/// What became of a message that was fed in pieces of that size.
struct Outcome {
  std::string said;  // `describe`, and the refusal of a request with an error
  std::string rest;  // what a complete message left
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome read_in(HttpParser::Kind kind, const std::string& bytes, std::size_t step, bool ends) {
  HttpParser parser(kind, {});
  Outcome out;
  out.rest = feed_all(parser, bytes, step);
  if (ends) parser.finish();
  if (parser.state() == HttpState::need_more) return {"waits", ""};
  if (parser.state() != HttpState::complete) return {"refused " + std::to_string(parser.refusal()), ""};
  out.said = std::string(parser.target()) + " " + (parser.status() > 0 ? std::to_string(parser.status()) : std::string(parser.header("host"))) + " " +
             std::string(parser.body()) + (parser.keep_alive() ? "" : " close");
  return out;
}

void expect_the_same_in_pieces(HttpParser::Kind kind, const char* name, const std::string& bytes, bool ends, const Outcome& expected) {
  for (const std::size_t step : {bytes.size(), std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    const Outcome found = read_in(kind, bytes, step, ends);
    EXPECT_EQ(found.said, expected.said) << name << ", in pieces of " << step;
    EXPECT_EQ(found.rest, expected.rest) << name << ", in pieces of " << step;
  }
}

// RFC 9112, sections 2 to 7, and what a smuggler would send. Behind each body there is a second request, which must stay one.
TEST(HttpParser, ReadsRequestsAsRfc9112Says) {
  const std::string post = "POST /a HTTP/1.1\r\n", old_post = "POST /a HTTP/1.0\r\n", host = "Host: h\r\n", two = "Content-Length: 2\r\n\r\n{}",
                    next = "GET /b ";
  const auto coded = [&](const std::string& coding) { return post + host + "Transfer-Encoding: " + coding + "\r\n\r\n2\r\n{}\r\n0\r\n\r\n"; };
  const auto chunked = [&](const std::string& body) { return post + host + "Transfer-Encoding: chunked\r\n\r\n" + body; };
  const auto sized = [&](const std::string& length) { return post + host + "Content-Length: " + length + "\r\n\r\n{}"; };
  const auto target = [](const std::string& text) { return "GET " + text + " HTTP/1.1\r\nHost: h\r\n\r\n"; };
  const struct {
    const char* name;
    std::string bytes, said;
  } table[] = {
      {"plain", post + host + two, "/a h {}"},
      {"an empty line before", "\r\n" + post + host + two, "/a h {}"},
      {"two empty lines before", "\r\n\r\n" + post + host + two, "/a h {}"},
      {"a line feed before", "\n" + post + host + two, "/a h {}"},
      {"line feeds alone", "POST /a HTTP/1.1\nHost: h\nContent-Length: 2\n\n{}", "/a h {}"},
      {"one line feed alone", post + "X: y\n" + host + two, "/a h {}"},
      {"a carriage return in a value", post + "X: a\rb\r\n" + host + two, "refused 400"},
      {"a folded line", post + "X: a\r\n b\r\n" + host + two, "/a h {}"},
      {"a folded first line", post + " X: a\r\n" + host + two, "refused 400"},
      {"a folded length", post + host + "Content-Length:\r\n 2\r\n\r\n{}", "/a h {}"},
      {"a zero byte", post + "X: a" + std::string(1, '\0') + "\r\n" + host + two, "refused 400"},
      {"no host", post + two, "refused 400"},
      {"two hosts", post + host + host + two, "refused 400"},
      {"a host that is none", post + "Host: a b\r\n" + two, "refused 400"},
      {"an empty host", post + "Host:\r\n" + two, "/a  {}"},
      {"a port", post + "Host: h:65535\r\n" + two, "/a h:65535 {}"},
      {"an empty port", post + "Host: h:\r\n" + two, "/a h: {}"},
      {"an IPv6 address", post + "Host: [::1]\r\n" + two, "/a [::1] {}"},
      {"an IPv6 address and a port", post + "Host: [::1]:80\r\n" + two, "/a [::1]:80 {}"},
      {"a port that is no number", post + "Host: 127.0.0.1:abc\r\n" + two, "refused 400"},
      {"a port out of range", post + "Host: 127.0.0.1:65536\r\n" + two, "refused 400"},
      {"a port of many digits", post + "Host: h:18446744073709551617\r\n" + two, "refused 400"},
      {"an IPv6 address and a port that is no number", post + "Host: [::1]:8a\r\n" + two, "refused 400"},
      {"HTTP/1.0 without a host", old_post + two, "/a  {} close"},
      {"HTTP/1.0, keep-alive", old_post + "Connection: Keep-Alive\r\n" + host + two, "/a h {}"},
      {"HTTP/1.0", old_post + host + two, "/a h {} close"},
      {"HTTP/1.2", "POST /a HTTP/1.2\r\n" + host + two, "/a h {}"},
      {"HTTP/2.0", "POST /a HTTP/2.0\r\n" + host + two, "refused 505"},
      {"HTTP/0.9", "GET /a\r\n", "waits"},
      {"HTTP/0.9, with an empty line", "GET /a\r\n\r\n", "refused 400"},
      {"http/1.1", "POST /a http/1.1\r\n" + host + two, "refused 400"},
      {"two spaces", "POST  /a HTTP/1.1\r\n" + host + two, "refused 400"},
      {"tabs", "POST\t/a\tHTTP/1.1\r\n" + host + two, "refused 400"},
      {"a space at the end", "POST /a HTTP/1.1 \r\n" + host + two, "refused 400"},
      {"no method", "\x16\x03\x01\x02", "refused 400"},
      {"SSH", "SSH-2.0-OpenSSH\r\n", "refused 400"},
      {"a blank before a colon", post + host + "Content-Length : 2\r\n\r\n{}", "refused 400"},
      {"absolute", target("http://g/a?b"), "/a?b g "},
      {"absolute, other letters, a port", target("HTTP://G:80/a"), "/a G:80 "},
      {"absolute, no path", target("http://g"), "/ g "},
      {"absolute, a query alone", target("http://g?b"), "/?b g "},
      {"absolute, HTTP/1.0 without a host", "GET http://g/a HTTP/1.0\r\n\r\n", "/a g  close"},
      {"absolute, a user", target("http://u@g/a"), "refused 400"},  // RFC 9110, section 4.2.4
      {"absolute, no host", target("http:///a"), "refused 400"},
      {"absolute, a port that is no number", target("http://g:abc/a"), "refused 400"},
      {"asterisk", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "* h "},
      {"chunked", coded("chunked"), "/a h {}"},
      {"Chunked", coded(" Chunked "), "/a h {}"},
      {"chunked and an empty element", coded("chunked,"), "/a h {}"},
      {"an empty element and chunked", coded(",chunked"), "/a h {}"},
      {"gzip", coded("gzip"), "refused 400"},
      {"xchunked", coded("xchunked"), "refused 400"},
      {"identity", coded("identity"), "refused 400"},
      {"chunked, gzip", coded("chunked, gzip"), "refused 400"},
      {"gzip, chunked", coded("gzip, chunked"), "refused 501"},
      {"chunked, chunked", coded("chunked, chunked"), "refused 400"},
      {"quoted", coded("\"chunked\""), "refused 400"},
      {"a parameter", coded("chunked;q=1"), "refused 400"},
      {"a vertical tab",
       coded("\x0b"
             "chunked"),
       "refused 400"},
      {"an empty coding", coded(""), "refused 400"},
      {"two codings on two lines", coded("chunked\r\nTransfer-Encoding: identity"), "refused 400"},
      {"a coding and a length", coded("chunked\r\nContent-Length: 4"), "refused 400"},
      {"a length and a coding", post + host + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "refused 400"},
      {"gzip and a length", coded("gzip\r\nContent-Length: 2"), "refused 400"},
      {"a coding in HTTP/1.0", old_post + host + "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "refused 400"},
      {"2, 2", sized("2, 2"), "/a h {}"},
      {"2 twice", sized("2\r\nContent-Length: 2"), "/a h {}"},
      {"2, 3", sized("2, 3"), "refused 400"},
      {"2 and 3", sized("2\r\nContent-Length: 3"), "refused 400"},
      {"2,", sized("2,"), "refused 400"},
      {"+2", sized("+2"), "refused 400"},
      {"-2", sized("-2"), "refused 400"},
      {"0x2", sized("0x2"), "refused 400"},
      {"02", sized("02"), "/a h {}"},
      {"2a", sized("2a"), "refused 400"},
      {"an empty length", sized(""), "refused 400"},
      {"twenty digits", sized("99999999999999999999"), "refused 400"},
      {"too long", sized("99999999"), "refused 413"},
      {"an extension", chunked("2;x=y\r\n{}\r\n0\r\n\r\n"), "/a h {}"},
      {"a blank before an extension", chunked("2 ;x\r\n{}\r\n0\r\n\r\n"), "/a h {}"},
      {"a blank behind a size", chunked("2 \r\n{}\r\n0\r\n\r\n"), "refused 400"},
      {"a size of 0x2", chunked("0x2\r\n{}\r\n0\r\n\r\n"), "refused 400"},
      {"a size of -2", chunked("-2"), "refused 400"},
      {"line feeds between chunks", chunked("2\n{}\n0\n\n"), "refused 400"},
      {"a chunk longer than its size", chunked("2\r\n{}X"), "refused 400"},
      {"a size without digits", chunked("\r\n{}\r\n"), "refused 400"},
      {"a size of 64 bits", chunked("ffffffffffffffff\r\n{}"), "refused 400"},
      {"a size of 68 bits", chunked("10000000000000002\r\n{}\r\n0\r\n\r\n"), "refused 400"},
      {"a boast", chunked("ffffffff\r\n"), "refused 413"},
      {"leading zeros", chunked("000002\r\n{}\r\n000\r\n\r\n"), "/a h {}"},
      {"a trailer", chunked("2\r\n{}\r\n0\r\nA: b\r\nContent-Length: 3\r\n\r\n"), "/a h {}"},
      {"a line behind the last chunk that is no trailer", chunked("2\r\n{}\r\n0\r\nX\r\n"), "refused 400"},
      {"a folded trailer", chunked("2\r\n{}\r\n0\r\nA: b\r\n c:\r\n\r\n"), "/a h {}"},
      {"a trailer with a coding", chunked("2\r\n{}\r\n0\r\nTransfer-Encoding: gzip\r\n\r\n"), "/a h {}"},
      {"a trailer that is none", chunked("2\r\n{}\r\n0\r\nGET / HTTP/1.1\r\n\r\n"), "refused 400"},
      {"close among others", post + "Connection: keep-alive, Close\r\n" + host + two, "/a h {} close"},
      {"close and keep-alive in HTTP/1.0", old_post + "Connection: close, keep-alive\r\n" + host + two, "/a h {} close"},
      {"a Connection that is no list", post + "Connection: a b; c=1\r\n" + host + two, "/a h {}"},
      {"a Proxy-Connection", post + "Proxy-Connection: close\r\n" + host + two, "/a h {}"},
      {"expects 100", post + host + "Expect: 100-Continue\r\n" + two, "/a h {}"},
      {"expects something else", post + host + "Expect: 200-ok\r\n" + two, "refused 417"},
      {"HTTP/1.0 expects something", old_post + host + "Expect: 200-ok\r\n" + two, "/a h {} close"},
  };
  for (const auto& row : table) {
    const bool complete = row.said.front() == '/' || row.said.front() == '*';
    const std::string behind = row.said == "waits" ? "" : next;
    expect_the_same_in_pieces(HttpParser::Kind::request, row.name, row.bytes + behind, false, {row.said, complete ? next : ""});
  }
}

TEST(HttpParser, ReadsResponsesThatAreNotQuiteRegular) {
  const std::string ok = "HTTP/1.1 200 OK\r\n", two = "Content-Length: 2\r\n\r\n{}", chunks = "\r\n2\r\n{}\r\n0\r\n\r\n";
  std::string interim;
  for (int i = 0; i < 17; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  const struct {
    const char* name;
    std::string bytes, said;
  } table[] = {
      {"plain", ok + two, " 200 {}"},
      {"an empty reason", "HTTP/1.1 200 \r\n" + two, " 200 {}"},
      {"no reason", "HTTP/1.1 200\r\n" + two, " 200 {}"},
      {"no reason, line feeds alone", "HTTP/1.1 200\nContent-Length: 2\n\n{}", " 200 {}"},
      {"line feeds alone", "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", " 200 {}"},
      {"an empty line before", "\r\n" + ok + two, " 200 {}"},
      {"100", "HTTP/1.1 100 Continue\r\n\r\n" + ok + two, " 200 {}"},
      {"100, 102, 103 with fields", "HTTP/1.1 100\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok + two, " 200 {}"},
      {"100 and an empty line", "HTTP/1.1 100 Continue\r\n\r\n\r\n" + ok + two, " 200 {}"},
      {"101", "HTTP/1.1 101 Switching Protocols\r\n\r\n", " 101  close"},
      {"nothing but 100", interim, "refused 400"},
      {"204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n", " 204 "},
      {"304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", " 304 "},
      {"HTTP/1.0", "HTTP/1.0 200 OK\r\n" + two, " 200 {} close"},
      {"HTTP/1.0, keep-alive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + two, " 200 {}"},
      {"no length", ok + "\r\n{}", " 200 {} close"},
      {"chunked", ok + "Transfer-Encoding: chunked\r\n" + chunks, " 200 {}"},
      {"chunked and a length", ok + "Transfer-Encoding: chunked\r\nContent-Length: 9\r\n" + chunks, " 200 {} close"},
      {"a length and chunked", ok + "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n" + chunks, " 200 {} close"},
      {"chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n" + chunks, " 200 {} close"},
      {"identity and a length", ok + "Transfer-Encoding: identity\r\n" + two, " 200 {}"},
      {"an unknown coding", ok + "Transfer-Encoding: x\r\n\r\n{}", " 200 {} close"},
      {"gzip, chunked", ok + "Transfer-Encoding: gzip, chunked\r\n" + chunks, " 200 {}"},
      {"an extension that is none", ok + "Transfer-Encoding: chunked\r\n\r\n2 ;\r\n{}\r\n0;;\r\n\r\n", " 200 {}"},
      {"chunked twice", ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + chunks, " 200 {}"},
      {"gzip, chunked on two lines", ok + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n" + chunks, " 200 {}"},
      {"blanks behind a chunk size", ok + "Transfer-Encoding: chunked\r\n\r\n2  \r\n{}\r\n0 \r\n\r\n", " 200 {}"},
      {"line feeds between chunks", ok + "Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n", " 200 {}"},
      {"a length that is none", ok + "Content-Length: x\r\n\r\n{}", "refused 400"},
      {"HTTP/2.0", "HTTP/2.0 200 OK\r\n" + two, "refused 505"},
      {"ICY", "ICY 200 OK\r\n" + two, "refused 400"},
      {"no code", "HTTP/1.1 OK\r\n" + two, "refused 400"},
      {"a code of four digits", "HTTP/1.1 2000 OK\r\n" + two, "refused 400"},
      {"cut in the body", ok + "Content-Length: 3\r\n\r\n{}", "refused 400"},
      {"cut between chunks", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", "refused 400"},
  };
  for (const auto& row : table) expect_the_same_in_pieces(HttpParser::Kind::response, row.name, row.bytes, true, {row.said, ""});
}

TEST(HttpParser, GivesTheBodyAway) {
  const std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
  for (const std::size_t step : {bytes.size(), std::size_t{1}}) {
    HttpParser parser(HttpParser::Kind::response, {});
    feed_all(parser, bytes, step);
    EXPECT_EQ(parser.take_body(), "{}");
  }
}

TEST(HttpParser, OneRequestMayHaveALargerBody) {
  HttpLimits limits{16 * 1024, 100};
  limits.large_request = "PUT /data";
  limits.large_secret = "the secret";
  limits.large_body_bytes = 1000;
  const struct {
    std::string line, header;
    std::size_t size;
    bool fits;
  } table[] = {{"PUT /data", "A: the secret", 1000, true},
               {"PUT /data?world=a", "A: the secret", 1000, true},
               {"PUT /data", "A: the secret", 1001, false},
               {"PUT /data", "A: another", 1000, false},
               {"PUT /database", "A: the secret", 1000, false},
               {"POST /data", "A: the secret", 1000, false},
               {"PUT /data/reset", "A: the secret", 1000, false},
               {"PUT /", "A: the secret", 101, false},
               {"PUT /", "A: the secret", 100, true}};
  for (const auto& row : table) {
    HttpParser parser(HttpParser::Kind::request, limits);
    const std::string bytes =
        row.line + " HTTP/1.1\r\nHost: h\r\n" + row.header + "\r\nContent-Length: " + std::to_string(row.size) + "\r\n\r\n" + std::string(row.size, 'x');
    std::string_view rest = bytes;
    while (!rest.empty() && parser.state() == HttpState::need_more) rest.remove_prefix(parser.feed(rest.substr(0, 500)));
    EXPECT_EQ(parser.state(), row.fits ? HttpState::complete : HttpState::body_too_large) << row.line << ", " << row.header << ", " << row.size;
  }
}

}  // namespace http_parser_test
}  // namespace meterproof::net
