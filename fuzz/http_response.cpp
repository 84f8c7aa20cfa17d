// SPDX-License-Identifier: Apache-2.0
// HTTP response: never a crash, and the same message however it is fed: whole, byte by byte, in sevens, and by feed_complete.
#include "fuzz/http_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  meterproof::fuzz::check_http(meterproof::net::HttpParser::Kind::response, meterproof::fuzz::text_of(data, size));
  return 0;
}
