// SPDX-License-Identifier: Apache-2.0
// HTTP request: never a crash, and the same message however it is fed: whole, byte by byte, in sevens, and by feed_complete. As the bytes of a connection:
// one request in, at the most one reply out, and no byte of a body, or of what is no request, becomes a second request.
#include "fuzz/http_message.hpp"
#include "tests/support/http_framing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = meterproof::fuzz::text_of(data, size);
  meterproof::fuzz::check_http(meterproof::net::HttpParser::Kind::request, bytes);
  const std::string wrong = meterproof::test::smuggled(bytes, meterproof::fuzz::http_limits);
  meterproof::fuzz::require(wrong.empty(), wrong.c_str());
  return 0;
}
