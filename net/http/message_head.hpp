// SPDX-License-Identifier: Apache-2.0
// Reads the head of an HTTP message as RFC 9112 says: the start line, the fields, and from them how the body ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http/fast_parser.hpp"

namespace meterproof::net {

/// Spans are offsets into the head's text, in bytes, and sizes.
struct MessageHead {
  enum class Framing { no_body, length, chunked, until_close };

  std::pair<std::uint32_t, std::uint32_t> method, target;  // of a request; the target has no scheme and authority
  int status = 0;                                          // of a response
  int minor_version = 1;                                   // of HTTP/1.x; a version above 1.1 counts as 1.1 (RFC 9110, section 2.5)
  std::vector<HeaderSpan> headers;
  Framing framing = Framing::no_body;
  std::uint64_t length = 0;  // of the body, for Framing::length
  bool keep_alive = true;
  bool expects_continue = false;
};

/// Why a head is refused. `status`: what a server answers.
struct HeadFault {
  int status = 400;
  const char* text = "";
};

/// `text`: a complete head, from the start line to the empty line, lines ending in CRLF or LF (RFC 9112, section 2.2). It may be changed: a folded
/// line is joined, and an authority in the target replaces the value of Host (section 3.2.2).
///
/// A request is refused where two readers could disagree about its end: Transfer-Encoding other than one "chunked", with Content-Length, or in
/// HTTP/1.0; unequal lengths; no Host or two in HTTP/1.1. A response is read as well as it can be: Transfer-Encoding wins over Content-Length,
/// "identity" counts for nothing, and an unknown coding ends with the connection (section 6.3).
std::optional<HeadFault> read_request_head(std::string& text, MessageHead& out);
std::optional<HeadFault> read_response_head(std::string& text, MessageHead& out);

/// Whether a message can begin with these bytes. Tells bytes that are no HTTP before a line of them has ended.
bool can_begin_request(std::string_view bytes);
bool can_begin_response(std::string_view bytes);

}  // namespace meterproof::net
