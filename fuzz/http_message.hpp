// SPDX-License-Identifier: Apache-2.0
// One HTTP message read in four ways, for http_request.cpp and http_response.cpp.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "fuzz/check.hpp"
#include "net/http/http_parser.hpp"

namespace meterproof::fuzz {

inline constexpr net::HttpLimits http_limits{512, 256};

struct ReadMessage {
  std::size_t taken = 0;
  bool complete = false, too_large = false;
  std::string method, target, body;
  int status = 0;
  bool keep_alive = false;
  std::vector<std::pair<std::string, std::string>> headers;

  friend bool operator==(const ReadMessage& a, const ReadMessage& b) {
    const auto all = [](const ReadMessage& of) { return std::tie(of.taken, of.complete, of.method, of.target, of.body, of.status, of.keep_alive, of.headers); };
    return all(a) == all(b);
  }
};

/// Nothing but `complete` is compared of a message that did not become whole.
inline ReadMessage outcome(const net::HttpParser& parser, std::size_t taken) {
  ReadMessage out;
  out.complete = parser.state() == net::HttpState::complete;
  out.too_large = parser.state() == net::HttpState::header_too_large || parser.state() == net::HttpState::body_too_large;
  if (!out.complete) return out;
  out.taken = taken;
  out.method = parser.method();
  out.target = parser.target();
  out.body = parser.body();
  out.status = parser.status();
  out.keep_alive = parser.keep_alive();
  out.headers = parser.headers();
  for (const auto& [name, value] : out.headers) require(parser.has_header(name), "a header that is listed is found");
  return out;
}

/// Gives the bytes in pieces, what was not taken again with the next one, as a connection does.
inline ReadMessage read_in_pieces(net::HttpParser& parser, std::string_view bytes, std::size_t first, std::size_t later) {
  std::size_t taken = 0, given = 0;
  while (parser.state() == net::HttpState::need_more && given < bytes.size()) {
    given = std::min(bytes.size(), given + (given == 0 ? first : later));
    std::size_t used = 0;
    do {
      used = parser.feed(bytes.substr(taken, given - taken));
      require(used <= given - taken, "a parser takes at most what it is given");
      taken += used;
    } while (used > 0 && taken < given && parser.state() == net::HttpState::need_more);
  }
  if (parser.state() == net::HttpState::need_more) parser.finish();
  return outcome(parser, taken);
}

inline void check_http(net::HttpParser::Kind kind, std::string_view bytes) {
  net::HttpParser fast(kind, http_limits), whole(kind, http_limits), split(kind, http_limits);
  const std::size_t fast_taken = fast.feed_complete(bytes);
  const ReadMessage by_feed = read_in_pieces(whole, bytes, bytes.size(), bytes.size());
  const ReadMessage by_byte = read_in_pieces(split, bytes, 1, 1);
  split.reset();
  const ReadMessage by_seven = read_in_pieces(split, bytes, 1, 7);
  // Within a few bytes of a limit it depends on the pieces whether it was passed.
  if (by_byte.too_large || by_seven.too_large || by_feed.too_large) return;
  require(by_byte == by_seven, "the size of the pieces does not matter");
  require(by_feed == by_byte, "a message given whole is read as one in pieces");
  if (fast_taken == 0) return;
  require(outcome(fast, fast_taken) == by_byte, "feed_complete reads as feed does");
}

}  // namespace meterproof::fuzz
