// Where a server is: the http:// address of the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meterproof::net {

struct Address {
  std::string host;
  std::uint16_t port = 80;
  std::string path;  // before every interface's path; "" or "/prefix"

  std::string to_string() const;  // http://host:port/prefix
  std::string authority() const;  // host:port, as the Host header has it
};

/// Reads http://host[:port][/prefix]. Nothing where the text is none; `why` says what is wrong and what to write.
std::optional<Address> parse_address(std::string_view url, std::string& why);

}  // namespace meterproof::net
