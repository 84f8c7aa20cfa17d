// HTTP/1.1 bytes as messages, fed by hand: Beast's parser behind a facade that names std only.
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

/// One message at a time: feed it until it is complete, use it, `reset` it for the next one of the connection.
class HttpParser {
 public:
  enum class Kind { request, response };

  HttpParser(Kind kind, HttpLimits limits);
  ~HttpParser();
  HttpParser(const HttpParser&) = delete;
  HttpParser& operator=(const HttpParser&) = delete;

  /// Takes what it can of `data` and returns how many bytes that was; those that remain must be given again, with more.
  /// It stops at the end of a message, so that the next one can follow on the same connection.
  std::size_t feed(std::string_view data);
  /// Takes a plain message that is all there, or nothing. It is read where it stands: `data` must last until `reset`.
  std::size_t feed_complete(std::string_view data);
  /// The peer closed: a reply without a length ends here.
  void finish();
  void reset();

  HttpState state() const { return state_; }
  const std::string& error() const { return error_; }
  bool started() const { return started_; }
  bool header_done() const { return header_done_; }
  bool keep_alive() const;
  /// The client waits for "100 Continue" before it sends the body.
  bool expects_continue() const { return expects_continue_; }

  std::string_view method() const { return text(method_.first, method_.second); }
  std::string_view target() const { return text(target_.first, target_.second); }
  int status() const { return message_.status; }
  std::string_view body() const { return fast_message_.empty() ? std::string_view(body_) : fast_message_.substr(message_.head_size); }
  /// The value of the first header of that name, letter case aside; "" where there is none.
  std::string_view header(std::string_view name) const;
  bool has_header(std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> headers() const;

 private:
  template <bool isRequest>
  class Core;

  std::size_t feed_slow(std::string_view data);
  const HeaderSpan* find(std::string_view name) const;
  std::string_view held() const { return fast_message_.empty() ? std::string_view(arena_) : fast_message_; }
  std::string_view text(std::uint32_t at, std::uint32_t size) const { return held().substr(at, size); }

  Kind kind_;
  HttpLimits limits_;
  std::unique_ptr<Core<true>> request_;  // made for a message that is not plain
  std::unique_ptr<Core<false>> response_;
  HttpState state_ = HttpState::need_more;
  std::string error_;
  bool started_ = false;
  bool header_done_ = false;
  bool expects_continue_ = false;
  FastMessage message_;
  std::pair<std::uint32_t, std::uint32_t> method_, target_;  // where they stand in what is held, and how long they are
  std::string_view fast_message_;                            // the whole message, where it is a plain one
  std::string body_, arena_;                                 // of any other; a plain one that was fed in turn with others stands in the arena
};

}  // namespace meterproof::net
