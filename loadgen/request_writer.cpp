// SPDX-License-Identifier: Apache-2.0
#include "loadgen/request_writer.hpp"

#include <charconv>

#include "net/client/identification.hpp"

namespace meterproof::loadgen {

std::string request_head(const core::Spec& spec, const net::Address& address, const core::Interface& interface) {
  std::string out = spec.method + " " + address.path + interface.path + " HTTP/1.1\r\nHost: " + address.authority() + "\r\n" + net::identification();
  const core::Authentication& authentication = spec.authentication;
  for (std::size_t i = 0; i < authentication.headers.size(); ++i)
    if (i != authentication.token && i != authentication.authorization) out += authentication.headers[i].name + ": " + authentication.headers[i].value + "\r\n";
  return out;
}

namespace {

void append_body(std::string& out, std::string_view body) {
  out += "Content-Length: ";
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, body.size()).ptr);
  out += "\r\n\r\n";
  out += body;
}

}  // namespace

void append_request(std::string& out, const std::string& head, TimestampAllocator& timestamps, core::DateTime now, std::string_view body) {
  out += head;
  timestamps.append_signature(out, now);
  append_body(out, body);
}

void append_request_of(std::string& out, const std::string& head, TimestampAllocator& timestamps, std::size_t app, core::DateTime now, std::string_view body) {
  out += head;
  timestamps.append_signature_of(app, out, now);
  append_body(out, body);
}

void append_request_at(std::string& out, const std::string& head, TimestampAllocator& timestamps, std::size_t app, core::DateTime second,
                       std::string_view body) {
  out += head;
  timestamps.append_signature_at(app, second, out);
  append_body(out, body);
}

}  // namespace meterproof::loadgen
