// SPDX-License-Identifier: Apache-2.0
// What surrounds Beast's reading of a head: before it, what RFC 9112 lets a recipient accept is put into normal form; after it, what Beast does not
// check is checked.
#pragma once

#include <cstddef>
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
  std::pair<std::uint32_t, std::uint32_t> method, target;  // of a request
  int status = 0;                                          // of a response
  int minor_version = 1;                                   // of HTTP/1.x
  std::vector<HeaderSpan> headers;
  bool chunked = false;  // as Beast reads Transfer-Encoding
  bool keep_alive = true;
  bool expects_continue = false;
};

/// Why a message is refused. `status`: what a server answers.
struct HttpFault {
  int status = 400;
  const char* text = "";
};

/// A head in normal form: every line ends in CRLF, folded lines are joined (RFC 9112, section 5.2), a status line without a reason has the space
/// before it, and HTTP/1.2 to 1.9 are HTTP/1.1 (RFC 9110, section 2.5).
struct NormalHead {
  std::string text;
  bool is_http_1 = true;            // other versions are changed to HTTP/1.1 in `text`, to be refused when the rest is read
  std::vector<std::size_t> hidden;  // where the names of fields begin that Beast must not act on

  /// Changes a letter of each hidden name, so that Beast reads a field that it does not know; a second call shows the names again.
  void toggle_hidden() {
    for (const std::size_t at : hidden) text[at] ^= 1;
  }
};

/// `head`: complete, from the start line to the empty line, lines ending in CRLF or LF (section 2.2).
///
/// Hidden: Connection, because Beast refuses a message for a word of it that is no token, obeys Proxy-Connection, and lets "keep-alive" win over
/// "close" in HTTP/1.0. Of a response also Content-Length beside Transfer-Encoding, all Transfer-Encodings but the last, and "identity" (section 6.3):
/// Beast refuses two of these.
NormalHead normal_head(bool is_request, std::string_view head);

/// Checks what Beast has read from `normal` into `head`. An authority in the target replaces Host (section 3.2.2); the text may grow.
///
/// A request is refused where two readers could disagree about its end or its host: Transfer-Encoding other than one "chunked", or in HTTP/1.0; no
/// Host or two in HTTP/1.1.
std::optional<HttpFault> check_head(bool is_request, NormalHead& normal, MessageHead& head);

/// Whether a message can begin with these bytes. Tells bytes that are no HTTP before a line of them has ended.
bool can_begin_request(std::string_view bytes);
bool can_begin_response(std::string_view bytes);

}  // namespace meterproof::net
