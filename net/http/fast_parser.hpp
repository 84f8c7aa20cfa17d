// SPDX-License-Identifier: Apache-2.0
// Parses one complete, ordinary HTTP/1.1 message in one pass over its header. Everything else is left to HttpParser::feed_slow.
//
// Fast path. WHY: nearly every message arrives whole and ordinary; the incremental parser copies it, and looks at every line several times. GAIN:
// 5,100 of 29,900 user-space instructions of a report, request and reply together: 4 to 5 % of either side's CPU (2026-11-27, `bench/instructions`,
// feed_complete returning 0; the reference was Boost.Beast then). REFERENCE: HttpParser::feed_slow. TEST:
// HttpParser.FastPathAgreesWithTheSlowOneOnDamagedMessages (100,000 messages). DELETE WHEN: the gain is below 1 %.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace meterproof::net {

/// Offsets of a header field in the message, in bytes.
struct HeaderSpan {
  std::uint32_t name = 0, name_size = 0, value = 0, value_size = 0;
};

/// The views and offsets point into the bytes that were parsed.
struct FastMessage {
  std::string_view method, target;  // of a request
  int status = 0;                   // of a response
  bool keep_alive = true;
  std::uint32_t head_size = 0;  // up to and including the empty line
  std::uint64_t body_size = 0;
  std::vector<HeaderSpan> headers;
};

/// Returns true if `bytes` begins with a complete message that every parser understands in the same way: HTTP/1.1, lines that end in CRLF,
/// one Content-Length of digits (a request may have none), one Host and a target that begins with a slash (of a request), no Transfer-Encoding,
/// Expect, Upgrade or Trailer, and Connection absent, close or keep-alive (RFC 9112, sections 2 to 6). Otherwise returns false and leaves `out` unspecified.
/// Limits are in bytes. `out` may be reused from call to call and then keeps its capacity.
bool parse_fast_request(std::string_view bytes, std::uint64_t header_limit, std::uint64_t body_limit, FastMessage& out);
bool parse_fast_response(std::string_view bytes, std::uint64_t header_limit, std::uint64_t body_limit, FastMessage& out);

}  // namespace meterproof::net
