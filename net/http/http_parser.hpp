// SPDX-License-Identifier: Apache-2.0
// An incremental HTTP/1.1 parser (RFC 9112): a fast path for complete, ordinary messages, and Boost.Beast for all others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http/beast_parser.hpp"
#include "net/http/byte_budget.hpp"
#include "net/http/chunked_body.hpp"
#include "net/http/fast_parser.hpp"

namespace meterproof::net {

struct HttpLimits {
  std::uint32_t header_bytes = 16 * 1024;  // of the head; and of all chunk extensions and trailers together
  std::uint64_t body_bytes = 1UL << 20U;
  // Of the parsers that share it, for bodies that do not arrive whole, and for what a head or the lines between chunks take beyond ordinary ones; it must
  // outlive them.
  ByteBudget* all_bodies = nullptr;
  // A request that begins so ("PUT /path"), up to the end of the path, may have a larger body, if its head has that text, a secret, somewhere.
  std::string_view large_request = {}, large_secret = {};  // "" for none
  std::uint64_t large_body_bytes = 0;
};

enum class HttpState { need_more, complete, bad, header_too_large, body_too_large };

/// Parses one message at a time: feed it until `state` is no longer need_more, use the message, `reset` it for the next one. Not thread-safe.
///
/// Empty lines before a message are skipped (RFC 9112, section 2.2), and interim responses, 101 apart, before a response (RFC 9110, section 15.2).
class HttpParser {
 public:
  enum class Kind { request, response };

  HttpParser(Kind kind, HttpLimits limits) : kind_(kind), limits_(limits) {}
  ~HttpParser() { give_back(); }
  HttpParser(const HttpParser&) = delete;
  HttpParser& operator=(const HttpParser&) = delete;

  /// Consumes a prefix of `data` and returns its size in bytes: all of it, unless the message ends or is wrong before. The next message can follow
  /// on the same connection. The message is copied.
  std::size_t feed(std::string_view data);
  /// Consumes a message if `data` begins with a complete and ordinary one, otherwise returns 0. The message is not copied: `data` must stay
  /// unchanged until `reset`.
  std::size_t feed_complete(std::string_view data);
  /// Tells the parser that the peer has closed the connection. A response without Content-Length is complete then (RFC 9112, section 6.3).
  void finish();
  void reset();

  HttpState state() const { return state_; }
  /// For a state that is an error: why, in English.
  const std::string& error() const { return error_; }
  /// For a request with an error: the status that tells it. 400, 413, 417, 431, 501 or 505.
  int refusal() const { return refusal_; }
  /// A byte of the message has come; empty lines before it do not count.
  bool started() const { return started_; }
  bool header_done() const { return header_done_; }
  bool keep_alive() const { return message_.keep_alive; }
  /// Of HTTP/1.x.
  int minor_version() const { return minor_version_; }
  /// True if the client waits for status 100 before it sends the body (RFC 9110, section 10.1.1).
  bool expects_continue() const { return expects_continue_; }

  std::string_view method() const { return text(method_.first, method_.second); }
  /// Without scheme and authority, if there were any; `header("Host")` is that authority then.
  std::string_view target() const { return text(target_.first, target_.second); }
  int status() const { return message_.status; }
  std::string_view body() const { return fast_message_.empty() ? std::string_view(body_) : fast_message_.substr(message_.head_size); }
  /// The body; the parser has none afterwards.
  std::string take_body();
  /// The value of the first header with that name, compared without case; "" if there is none. Views are valid until `reset` or the next
  /// `feed`.
  std::string_view header(std::string_view name) const;
  bool has_header(std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> headers() const;
  /// The request or status line and the header lines, of a message whose header is done.
  std::string_view head() const { return fast_message_.empty() ? std::string_view(arena_) : fast_message_.substr(0, message_.head_size); }
  /// A line of the head ends in LF alone: it is understood (RFC 9112, section 2.2), and not as it should be.
  bool has_bare_lf() const { return has_bare_lf_; }
  /// What has come of the head; of bytes that are no HTTP, the first.
  std::string_view beginning() const { return fast_message_.empty() ? std::string_view(arena_) : fast_message_; }

 private:
  std::size_t feed_slow(std::string_view data);
  std::size_t read_head(std::string_view data);
  void end_head();
  std::size_t read_body(std::string_view data);
  std::size_t read_chunked(std::string_view data);
  bool append(std::string_view content);
  bool take(std::uint64_t bytes);
  void take_head();
  void complete() { state_ = HttpState::complete; }
  void fail(HttpState state, std::string why, int refusal);
  void fail_all_too_large(HttpState state, const char* what, int refusal);
  void fail_body_too_large() { fail(HttpState::body_too_large, "body > " + size_text(most_body_bytes()), 413); }
  void give_back();
  static std::string size_text(std::uint64_t bytes);
  const HeaderSpan* find(std::string_view name) const;
  /// The bytes that all offsets refer to.
  std::string_view buffer() const { return fast_message_.empty() ? std::string_view(normal_) : fast_message_; }
  std::string_view text(std::uint32_t at, std::uint32_t size) const { return buffer().substr(at, size); }

  Kind kind_;
  std::uint64_t most_body_bytes() const;

  HttpLimits limits_;
  HttpState state_ = HttpState::need_more;
  std::string error_;
  int refusal_ = 400;
  bool started_ = false;
  bool header_done_ = false;
  bool expects_continue_ = false;
  bool has_bare_lf_ = false;
  int minor_version_ = 1;
  FastMessage message_;
  std::pair<std::uint32_t, std::uint32_t> method_, target_;  // offset and size
  std::string_view fast_message_;                            // the complete message if the fast path parsed it; otherwise empty
  // Of the slow path; arena_ also keeps the copy that `feed` makes of a fast message.
  std::string arena_;   // the head as it came
  std::string normal_;  // the head as Beast reads it
  std::string body_;
  std::size_t line_begin_ = 0;  // of the head's present line, in arena_
  std::size_t skipped_ = 0;     // bytes of empty lines
  std::size_t interim_ = 0;     // interim responses
  std::uint64_t budgeted_ = 0;  // bytes taken from limits_.all_bodies
  std::uint64_t of_head_ = 0;   // of these, for the head
  std::unique_ptr<BeastParser> beast_;
  std::optional<ChunkLines> lines_;
};

}  // namespace meterproof::net
