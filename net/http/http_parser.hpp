// SPDX-License-Identifier: Apache-2.0
// An incremental HTTP/1.1 parser: a fast path for complete, ordinary messages, and Boost.Beast's parser for all others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http/fast_parser.hpp"

namespace meterproof::net {

struct HttpLimits {
  std::uint32_t header_bytes = 16 * 1024;
  std::uint64_t body_bytes = 1UL << 20U;
};

enum class HttpState { need_more, complete, bad, header_too_large, body_too_large };

/// Parses one message at a time: feed it until `state` is no longer need_more, use the message, `reset` it for the next one. Not thread-safe.
class HttpParser {
 public:
  enum class Kind { request, response };

  HttpParser(Kind kind, HttpLimits limits);
  ~HttpParser();
  HttpParser(const HttpParser&) = delete;
  HttpParser& operator=(const HttpParser&) = delete;

  /// Consumes a prefix of `data` and returns its size in bytes; give the rest again, with more bytes behind it. Stops at the end of a message,
  /// so that the next one can follow on the same connection. The message is copied.
  std::size_t feed(std::string_view data);
  /// Consumes a message if `data` begins with a complete and ordinary one, otherwise returns 0. The message is not copied: `data` must stay
  /// unchanged until `reset`.
  std::size_t feed_complete(std::string_view data);
  /// Tells the parser that the peer has closed the connection. A response without Content-Length is complete then (RFC 9112, section 6.3).
  void finish();
  void reset();

  HttpState state() const { return state_; }
  /// For a state that is an error: Beast's message.
  const std::string& error() const { return error_; }
  bool started() const { return started_; }
  bool header_done() const { return header_done_; }
  bool keep_alive() const;
  /// True if the client waits for status 100 before it sends the body (RFC 9110, section 10.1.1).
  bool expects_continue() const { return expects_continue_; }

  std::string_view method() const { return text(method_.first, method_.second); }
  std::string_view target() const { return text(target_.first, target_.second); }
  int status() const { return message_.status; }
  std::string_view body() const { return fast_message_.empty() ? std::string_view(body_) : fast_message_.substr(message_.head_size); }
  /// The value of the first header with that name, compared without case; "" if there is none. Views are valid until `reset` or the next
  /// `feed`.
  std::string_view header(std::string_view name) const;
  bool has_header(std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> headers() const;

 private:
  template <bool isRequest>
  class BeastParser;

  std::size_t feed_slow(std::string_view data);
  const HeaderSpan* find(std::string_view name) const;
  /// The bytes that all offsets refer to.
  std::string_view buffer() const { return fast_message_.empty() ? std::string_view(arena_) : fast_message_; }
  std::string_view text(std::uint32_t at, std::uint32_t size) const { return buffer().substr(at, size); }

  Kind kind_;
  HttpLimits limits_;
  std::unique_ptr<BeastParser<true>> request_;  // made only when the fast path fails
  std::unique_ptr<BeastParser<false>> response_;
  HttpState state_ = HttpState::need_more;
  std::string error_;
  bool started_ = false;
  bool header_done_ = false;
  bool expects_continue_ = false;
  FastMessage message_;
  std::pair<std::uint32_t, std::uint32_t> method_, target_;  // offset and size
  std::string_view fast_message_;                            // the complete message if the fast path parsed it; otherwise empty
  std::string body_, arena_;                                 // of the slow path; arena_ also keeps the copy that `feed` makes of a fast message
};

}  // namespace meterproof::net
