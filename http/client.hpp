// A client that sends exactly the bytes it is given, and says exactly what came of it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/address.hpp"
#include "spec/wire/http_parser.hpp"

namespace meterproof::http {

/// Why there is no reply, or that there is one.
enum class Outcome { replied, unresolved, refused, timed_out, reset, closed, no_http };
std::string_view to_string(Outcome outcome);

struct Exchange {
  Outcome outcome = Outcome::closed;
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string detail;  // what the system, or the parser, said of a failure
  std::chrono::microseconds took{0};
};

struct HttpRequest {
  std::string method = "POST";
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  std::string bytes(const Address& address) const;
};

/// One connection, kept open between exchanges and opened again where the server closed it. Nothing is ever sent twice: a request
/// whose reply is lost may have been carried out.
class Client {
 public:
  Client(Address address, std::chrono::milliseconds timeout) : address_(std::move(address)), timeout_(timeout) {}
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Sends the bytes and reads one reply.
  Exchange exchange(std::string_view bytes);
  Exchange exchange(const HttpRequest& request) { return exchange(request.bytes(address_)); }
  const Address& address() const { return address_; }
  void disconnect();

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  std::optional<Exchange> connect(Deadline deadline);
  Exchange attempt(std::string_view bytes, Deadline deadline);
  bool wait(short events, Deadline deadline) const;

  Address address_;
  std::chrono::milliseconds timeout_;
  bool closed_by_peer() const;

  int fd_ = -1;
  bool keep_ = true;  // until the server turns out to close connections that it promised to keep
};

}  // namespace meterproof::http
