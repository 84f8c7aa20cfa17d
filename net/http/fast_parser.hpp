// A whole, plain HTTP/1.1 message read in one pass over its head. Whatever is unusual is left to the full parser.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace meterproof::net {

/// Where a header stands in the message.
struct HeaderSpan {
  std::uint32_t name = 0, name_size = 0, value = 0, value_size = 0;
};

struct FastMessage {
  std::string_view method, target;  // of a request
  int status = 0;                   // of a response
  bool keep_alive = true;
  std::uint32_t head_size = 0;  // up to and with the empty line
  std::uint64_t body_size = 0;
  std::vector<HeaderSpan> headers;
};

/// False unless `bytes` begins with a whole message that any parser reads the same way: HTTP/1.1, lines that end in CRLF, one
/// Content-Length of digits (a request may have none), no Transfer-Encoding, no Expect, no Upgrade, Connection close or
/// keep-alive. `out` keeps its capacity from call to call. RFC 9112, sections 2 to 6.
bool parse_fast_request(std::string_view bytes, std::uint64_t header_limit, std::uint64_t body_limit, FastMessage& out);
bool parse_fast_response(std::string_view bytes, std::uint64_t header_limit, std::uint64_t body_limit, FastMessage& out);

}  // namespace meterproof::net
