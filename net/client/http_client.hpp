// A client that sends exactly the bytes it is given, and says exactly what came of it.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/address.hpp"
#include "net/http/http_parser.hpp"

namespace meterproof::net {

/// Why there is no reply, or that there is one.
enum class TransportResult { replied, unresolved, refused, timed_out, reset, closed, no_http, no_port, no_file };
std::string_view to_string(TransportResult transport);

struct Exchange {
  TransportResult transport = TransportResult::closed;
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

/// What is said on one connection, and how many replies must come.
struct RawExchange {
  struct Segment {
    std::string bytes;
    std::chrono::milliseconds pause{0};  // before it
    bool after_reply = false;            // the reply to what went before is awaited first
  };
  std::vector<Segment> segments;
  std::size_t replies = 1;
};

/// One connection, kept open between exchanges and opened again where the server closed it. Nothing is ever sent twice: a request
/// whose reply is lost may have been carried out.
class HttpClient {
 public:
  HttpClient(Address address, std::chrono::milliseconds timeout) : address_(std::move(address)), timeout_(timeout) {}
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Sends the bytes and reads one reply.
  Exchange exchange(std::string_view bytes);
  Exchange exchange(const HttpRequest& request) { return exchange(request.bytes(address_)); }

  // The two halves of an exchange, for what is more than one after the other: several connections at once, several requests
  // on one connection before the first reply, a request in pieces.

  /// Sends the bytes; why not, where that failed. The timeout runs from here.
  std::optional<Exchange> send(std::string_view bytes);
  /// The same on the connection as it is, whatever has come of it meanwhile.
  std::optional<Exchange> send_on(std::string_view bytes);
  /// The next reply.
  Exchange receive();

  const Address& address() const { return address_; }
  void disconnect();

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  std::optional<Exchange> connect();
  Exchange read_reply();
  bool wait(short events) const;
  bool closed_by_peer() const;

  Address address_;
  std::chrono::milliseconds timeout_;
  Deadline begin_, deadline_;
  std::string in_;  // bytes that came after the last reply
  int fd_ = -1;
  bool kept_ = false;
  bool keep_ = true;  // until the server turns out to close connections that it promised to keep
};

/// Connections to one address, lent to one thread each.
class HttpClientPool {
 public:
  HttpClientPool(Address address, std::chrono::milliseconds timeout) : address_(std::move(address)), timeout_(timeout) {}

  Exchange exchange(const HttpRequest& request);
  /// Each over a connection of its own; all are sent before the first reply is read.
  std::vector<Exchange> exchange_concurrently(const std::vector<HttpRequest>& requests);
  /// Pieces of bytes over one fresh connection, each after its pause, and as many replies as are asked for.
  std::vector<Exchange> send_raw(const RawExchange& raw_exchange);

 private:
  std::unique_ptr<HttpClient> borrow();
  void give_back(std::unique_ptr<HttpClient> client);

  Address address_;
  std::chrono::milliseconds timeout_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<HttpClient>> idle_;
};

}  // namespace meterproof::net
