// SPDX-License-Identifier: Apache-2.0
#include "loadgen/request_writer.hpp"

#include <charconv>

namespace meterproof::loadgen {

std::string request_head(const core::Spec& spec, const net::Address& address, const core::Interface& interface) {
  std::string out = spec.method + " " + address.path + interface.path + " HTTP/1.1\r\nHost: " + address.authority() + "\r\n";
  const core::Authentication& authentication = spec.authentication;
  for (std::size_t i = 0; i < authentication.headers.size(); ++i)
    if (i != authentication.token && i != authentication.authorization) out += authentication.headers[i].name + ": " + authentication.headers[i].value + "\r\n";
  return out;
}

void append_request(std::string& out, const std::string& head, TimestampAllocator& timestamps, core::DateTime now, std::string_view body) {
  out += head;
  timestamps.append_signature(out, now);
  out += "Content-Length: ";
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, body.size()).ptr);
  out += "\r\n\r\n";
  out += body;
}

}  // namespace meterproof::loadgen
