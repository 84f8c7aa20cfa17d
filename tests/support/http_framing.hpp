// SPDX-License-Identifier: Apache-2.0
// Where HTTP requests begin and end: by RFC 9112 alone, without our parser, and as a connection of our server reads them. For tests and fuzz targets:
// both must agree, or bytes of a body could become a request (request smuggling).
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/text.hpp"
#include "net/http/http_parser.hpp"

namespace meterproof::test {

struct Framing {
  std::size_t size = 0;  // of the whole request
  std::string body;
};

/// The request that `bytes` begin with; nothing where its end is not told in one way only, or has not come. Everything else about it may be wrong.
class FramingReader {
 public:
  explicit FramingReader(std::string_view bytes) : bytes_(bytes) {}

  std::optional<Framing> read() {
    const auto start = line();
    if (!start || !read_fields()) return std::nullopt;
    if (!codings_.empty()) {
      const bool one = codings_.size() == 1 && core::equals_ignoring_case(codings_.front(), "chunked");
      if (!one || !lengths_.empty() || start->ends_with("HTTP/1.0") || !read_chunks()) return std::nullopt;
    } else if (!lengths_.empty() && !read_sized()) {
      return std::nullopt;
    }
    return Framing{at_, body_};
  }

 private:
  /// Without its end.
  std::optional<std::string_view> line() {
    const std::size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view out = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    if (out.ends_with('\r')) out.remove_suffix(1);
    return out;
  }
  bool read_fields() {
    std::vector<std::string> fields;
    for (;;) {
      const auto one = line();
      if (!one) return false;
      if (one->empty()) break;
      const bool folded = !fields.empty() && (one->starts_with(' ') || one->starts_with('\t'));
      if (folded) fields.back() += *one;
      else fields.emplace_back(*one);
    }
    for (const std::string& field : fields) {
      const std::size_t colon = std::min(field.find(':'), field.size());
      const std::string_view name = std::string_view(field).substr(0, colon), value = std::string_view(field).substr(std::min(colon + 1, field.size()));
      if (core::equals_ignoring_case(name, "content-length")) take_list(value, lengths_);
      if (core::equals_ignoring_case(name, "transfer-encoding")) take_list(value, codings_);
    }
    return true;
  }
  static void take_list(std::string_view value, std::vector<std::string>& into) {
    for (std::size_t begin = 0; begin <= value.size();) {
      const std::size_t comma = std::min(value.find(',', begin), value.size());
      if (const auto one = core::trimmed(value.substr(begin, comma - begin)); !one.empty()) into.emplace_back(one);
      begin = comma + 1;
    }
  }
  bool read_sized() {
    std::uint64_t size = 0;
    const std::string& text = lengths_.front();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    return std::all_of(lengths_.begin(), lengths_.end(), [&](const std::string& one) { return one == text; }) && take(size);
  }
  bool read_chunks() {
    for (;;) {
      const auto head = line();
      if (!head) return false;
      std::uint64_t size = 0;
      const auto [end, error] = std::from_chars(head->data(), head->data() + head->size(), size, 16);
      if (error != std::errc()) return false;
      if (size == 0) break;
      if (!take(size) || bytes_.substr(at_, 2) != "\r\n") return false;
      at_ += 2;
    }
    for (;;) {
      const auto trailer = line();
      if (!trailer) return false;
      if (trailer->empty()) return true;
    }
  }
  bool take(std::uint64_t size) {
    if (size > bytes_.size() - at_) return false;
    body_ += bytes_.substr(at_, static_cast<std::size_t>(size));
    at_ += static_cast<std::size_t>(size);
    return true;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::vector<std::string> lengths_, codings_;
  std::string body_;
};

struct ReadRequest {
  std::size_t begin = 0, end = 0;
  std::string method, target, body;

  friend bool operator==(const ReadRequest&, const ReadRequest&) = default;
};

/// What a server makes of the bytes of a connection: requests, each with one reply, and at the most one refusal, which ends it.
struct Conversation {
  std::vector<ReadRequest> requests;
  int refusal = 0;  // its status; 0 where there is none
  bool too_large = false;

  friend bool operator==(const Conversation&, const Conversation&) = default;
};

/// The bytes come in pieces of that size, and are read as net::ServerConnection reads them.
inline Conversation converse(std::string_view bytes, std::size_t piece, net::HttpLimits limits) {
  Conversation out;
  net::HttpParser whole(net::HttpParser::Kind::request, limits);
  std::unique_ptr<net::HttpParser> parser;
  std::size_t at = 0, begin = 0, given = 0;
  bool ended = false;
  const auto note = [&](const net::HttpParser& request) {
    if (request.state() == net::HttpState::complete) {
      out.requests.push_back({begin, at, std::string(request.method()), std::string(request.target()), std::string(request.body())});
      ended = !request.keep_alive();
      return;
    }
    out.refusal = request.refusal();
    out.too_large = request.state() != net::HttpState::bad;
    ended = true;
  };
  while (given < bytes.size() && !ended) {
    given = std::min(bytes.size(), given + piece);
    while (!ended) {
      std::string_view rest = bytes.substr(at, given - at);
      if (parser == nullptr) {
        const std::size_t blank = std::min(rest.find_first_not_of("\r\n"), rest.size());
        at += blank;
        rest.remove_prefix(blank);
        if (rest.empty()) break;
        begin = at;
        if (const std::size_t taken = whole.feed_complete(rest); taken > 0) {
          at += taken;
          note(whole);
          whole.reset();
          continue;
        }
        parser = std::make_unique<net::HttpParser>(net::HttpParser::Kind::request, limits);
      }
      if (rest.empty()) break;
      const std::size_t taken = parser->feed(rest);
      at += taken;
      if (parser->state() == net::HttpState::need_more) {
        if (taken == 0) break;
        continue;
      }
      note(*parser);
      parser.reset();
    }
  }
  return out;
}

/// Empty, or how a connection could be made to take bytes for a request that are none: a request must end where its framing says, with that body, and
/// the next one must begin there; and all that must not depend on the pieces in which the bytes come.
inline std::string smuggled(std::string_view bytes, net::HttpLimits limits) {
  const Conversation whole = converse(bytes, std::max<std::size_t>(bytes.size(), 1), limits);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
    const Conversation in_pieces = converse(bytes, piece, limits);
    // Within a few bytes of a limit it depends on the pieces whether it was passed; what was read before is the same.
    const bool at_limit = whole.too_large || in_pieces.too_large;
    const std::size_t both = std::min(whole.requests.size(), in_pieces.requests.size());
    if (!at_limit && whole != in_pieces) return "the pieces matter";
    if (!std::equal(whole.requests.begin(), whole.requests.begin() + static_cast<std::ptrdiff_t>(both), in_pieces.requests.begin()))
      return "the pieces matter for requests";
  }
  std::size_t end = 0;
  for (const ReadRequest& one : whole.requests) {
    const std::string_view between = bytes.substr(end, one.begin - end);
    if (between.find_first_not_of("\r\n") != std::string_view::npos) return "something between two requests was passed over";
    const auto framing = FramingReader(bytes.substr(one.begin)).read();
    if (!framing) return "a request whose end is not told in one way";
    if (framing->size != one.end - one.begin) return "a request ends elsewhere than it says";
    if (framing->body != one.body) return "a body is not what was sent";
    end = one.end;
  }
  return {};
}

}  // namespace meterproof::test
