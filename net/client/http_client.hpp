// SPDX-License-Identifier: Apache-2.0
// A blocking HTTP client that sends exactly the bytes it is given and reports exactly what was received. For conformance tests, where
// malformed, partial and pipelined requests must reach the server unchanged.
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
#include "net/client/transport_result.hpp"
#include "net/http/http_parser.hpp"

namespace meterproof::net {

/// One response, or why there is none.
struct Exchange {
  TransportResult transport = TransportResult::closed;
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string detail;                 // of a failure: the message of the system or the parser
  std::chrono::microseconds took{0};  // from the beginning of `send`
};

struct HttpRequest {
  std::string method = "POST";
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The request as it is sent: request line, Host, `headers` in their order, Content-Length, body.
  std::string bytes(const Address& address) const;
};

/// A sequence of writes on one connection, and how many replies to read.
struct RawExchange {
  struct Segment {
    std::string bytes;
    std::chrono::milliseconds pause{0};  // before it is sent
    bool after_reply = false;            // first read the reply to what was sent before
  };
  std::vector<Segment> segments;
  std::size_t replies = 1;
};

/// One connection. It stays open between exchanges; if the server has closed it, the next exchange opens another one. Nothing is ever sent
/// twice: a request whose reply is lost may have been carried out. Not thread-safe.
class HttpClient {
 public:
  /// `timeout`: for the connection to open, for each reply, and for sending.
  HttpClient(Address address, std::chrono::milliseconds timeout) : address_(std::move(address)), timeout_(timeout) {}
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Sends the bytes, connecting first if needed, and reads one reply.
  Exchange exchange(std::string_view bytes);
  Exchange exchange(const HttpRequest& request) { return exchange(request.bytes(address_)); }

  // The two halves of an exchange, for tests with several connections at once, pipelined requests, or requests sent in pieces.

  /// Connects if needed and sends the bytes. Returns the failure, or nothing on success.
  std::optional<Exchange> send(std::string_view bytes);
  /// Like `send`, but never reconnects and keeps bytes that are already received. Fails with `closed` if the connection is gone.
  std::optional<Exchange> send_on(std::string_view bytes);
  /// Reads the next reply.
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
  std::string received_;  // bytes behind the last reply
  int fd_ = -1;
  bool reused_ = false;    // the last request went over a connection that was open before
  bool may_reuse_ = true;  // false once a reused connection failed: this server closes connections that it promised to keep
};

/// HttpClients for one address. Thread-safe: each call uses a connection that no other thread has.
class HttpClientPool {
 public:
  HttpClientPool(Address address, std::chrono::milliseconds timeout) : address_(std::move(address)), timeout_(timeout) {}

  Exchange exchange(const HttpRequest& request);
  /// Sends each request over a connection of its own, all before the first reply is read. Exchanges are in the order of the requests.
  std::vector<Exchange> exchange_concurrently(const std::vector<HttpRequest>& requests);
  /// Sends the segments over one new connection. Returns `raw_exchange.replies` exchanges, or more if segments wait for replies.
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
