// SPDX-License-Identifier: Apache-2.0
// A blocking HTTP client that sends exactly the bytes it is given and reports exactly what was received. For conformance tests, where
// malformed, partial and pipelined requests must reach the server unchanged.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/address.hpp"
#include "net/client/connection_limit.hpp"
#include "net/client/connector.hpp"
#include "net/client/transport_result.hpp"
#include "net/http/http_parser.hpp"
#include "net/stream.hpp"

namespace meterproof::net {

/// One response, or why there is none.
struct Exchange {
  TransportResult transport = TransportResult::closed;
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;                   // of no_http: the first bytes that came
  std::string detail;                 // of a failure: what the system or the parser says; of too_large: the part and its limit
  std::chrono::microseconds took{0};  // from the beginning of `send`

  /// The value of the first header with that name, compared without case; "" if there is none.
  std::string_view header(std::string_view name) const;
  /// Where a redirection leads: the Location of a status 3xx, or "".
  std::string_view location() const;
  /// In what the body is coded, though we ask for none: "gzip"; "" for a plain body. Content-Encoding, or Transfer-Encoding other than chunked.
  std::string coding() const;
};

struct HttpRequest {
  std::string method = "POST";
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The request as it is sent: request line, Host, identification(), `headers` in their order, Content-Length, body.
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
  std::optional<std::chrono::milliseconds> patience = std::nullopt;  // for each reply, where it is shorter than the client's timeout
};

/// Of a reply to one request of a check: far above anything that an interface needs.
inline constexpr HttpLimits checked_reply_limits{64 * 1024, 2ULL * 1024 * 1024};
/// Of the bodies of all replies that a check is reading at one time.
inline constexpr std::uint64_t checked_replies_limit = 16ULL * 1024 * 1024;

/// What the connections to one server share. Thread-safe.
struct ServerKnowledge {
  /// Of https: throws i18n::MessageError where the certificates to believe cannot be read.
  explicit ServerKnowledge(const Address& address) : addresses(address), tls(address.tls ? TlsContext::for_client(address.trust) : nullptr) {}
  explicit ServerKnowledge(std::vector<Endpoint> endpoints) : addresses(std::move(endpoints)) {}

  HostAddresses addresses;
  ByteBudget bodies{checked_replies_limit};
  std::atomic<std::uint64_t> opened = 0;      // connections
  std::shared_ptr<const TlsContext> tls;      // null: plain HTTP
  std::atomic<const char*> tls_version = "";  // of OpenSSL's own: "TLSv1.3" once there was a connection with TLS
  std::atomic<bool> closes_silently = false;  // it closes connections that it promised to keep: none is used twice
};

/// One connection. It stays open between exchanges; if the server has closed it, the next exchange opens another one. Nothing is ever sent
/// twice: a request whose reply is lost may have been carried out. Not thread-safe.
class HttpClient {
 public:
  /// `timeout`: for the connection to open, for each reply, and for sending. `give_up`: asked while it waits; a wait that is given up counts as timed out.
  HttpClient(const Address& address, std::chrono::milliseconds timeout, std::function<bool()> give_up = {})
      : HttpClient(address, timeout, std::move(give_up), std::make_shared<ServerKnowledge>(address)) {}
  HttpClient(Address address, std::chrono::milliseconds timeout, std::function<bool()> give_up, std::shared_ptr<ServerKnowledge> server);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Sends the bytes, connecting first if needed, and reads one reply.
  Exchange exchange(std::string_view bytes);
  Exchange exchange(const HttpRequest& request) { return exchange(request.bytes(address_)); }
  /// One request over each client, all at once: each is sent as soon as its connection is open, and all replies must have come when the first
  /// client's timeout has passed once. Exchanges are in the order of the clients.
  static std::vector<Exchange> exchange_together(const std::vector<HttpClient*>& clients, const std::vector<std::string>& requests);

  // The two halves of an exchange, for tests with several connections at once, pipelined requests, or requests sent in pieces.

  /// Connects if needed and sends the bytes. Returns the failure, or nothing on success.
  std::optional<Exchange> send(std::string_view bytes);
  /// Like `send`, but never reconnects and keeps bytes that are already received. Fails with `closed` if the connection is gone.
  std::optional<Exchange> send_on(std::string_view bytes);
  /// Reads the next reply.
  Exchange receive();

  const Address& address() const { return address_; }
  bool is_connected() const { return static_cast<bool>(stream_); }
  void disconnect();
  /// From here on replies may have bodies of that many bytes, and count in no budget.
  void accept_bodies_of(std::uint64_t bytes) { most_body_bytes_ = bytes; }
  /// From here on the connection is closed as soon as a reply has come.
  void close_after_reply() { closes_after_reply_ = true; }
  /// Watches an idle connection for so long: false as soon as the server closes it.
  bool stays_open(std::chrono::milliseconds watched);
  /// "TLSv1.3" once there was a connection with TLS; otherwise "".
  std::string_view tls_version() const { return server_->tls_version.load(); }
  /// How long it took until the last connection was open.
  std::chrono::microseconds opened_after() const { return opened_after_; }

 private:
  /// What is in progress. Each step ends in the next one that was asked for, in `idle`, or with a failure.
  enum class Step { idle, connecting, shaking_hands, sending, receiving };

  void begin(std::string_view bytes, bool then_receive, bool one_deadline);
  void begin_sending();
  void begin_receiving();
  /// Does what can be done without waiting.
  void advance_connecting(SteadyTime now);
  void shake_hands();
  void advance_transfer();
  void check_deadline(SteadyTime now);
  void add_waits(std::vector<pollfd>& polls, SteadyTime& wake) const;
  /// Until every client is idle.
  static void finish(const std::vector<HttpClient*>& clients);

  void send_some();
  void receive_some();
  void take_reply();
  void fail(TransportResult transport, std::string detail = {});
  void lose_reply(TransportResult transport, std::string detail = {});
  bool can_reuse();

  Address address_;
  std::chrono::milliseconds timeout_;
  std::function<bool()> give_up_;
  std::shared_ptr<ServerKnowledge> server_;

  Step step_ = Step::idle;
  std::optional<Exchange> result_;  // of the steps that were asked for, once there is one
  SteadyTime begin_, deadline_;
  bool then_receive_ = false, one_deadline_ = false;

  std::optional<ConnectRace> race_;
  Stream stream_;
  bool wants_write_ = false;  // of the handshake of TLS
  std::chrono::microseconds opened_after_{0};
  std::optional<std::uint64_t> most_body_bytes_;  // nothing: as checked_reply_limits says
  bool closes_after_reply_ = false;
  bool reused_ = false;    // the request goes over a connection that was open before
  SteadyTime last_reply_;  // on this connection
  std::string_view unsent_;
  std::optional<std::uint64_t> acknowledged_;  // bytes, before the request was sent
  std::unique_ptr<HttpParser> parser_;
  std::string received_;  // bytes behind the last reply
  bool ended_ = false;    // the peer sends no more
};

struct ConnectionTrial;
struct TrialResult;

/// HttpClients for one address. Thread-safe: each call uses a connection that no other thread has.
class HttpClientPool {
 public:
  HttpClientPool(const Address& address, std::chrono::milliseconds timeout, std::function<bool()> give_up = {})
      : HttpClientPool(address, timeout, std::move(give_up), std::make_shared<ServerKnowledge>(address)) {}
  HttpClientPool(Address address, std::chrono::milliseconds timeout, std::function<bool()> give_up, std::shared_ptr<ServerKnowledge> server)
      : address_(std::move(address)), timeout_(timeout), give_up_(std::move(give_up)), server_(std::move(server)), limit_(give_up_) {}

  Exchange exchange(const HttpRequest& request);
  /// Sends each request over a connection of its own, all at once and within one timeout. Exchanges are in the order of the requests. If one of them
  /// fails, none of the connections is used again: the server may wait on one of them.
  std::vector<Exchange> exchange_concurrently(const std::vector<HttpRequest>& requests);
  /// Sends the segments over one new connection. Returns `raw_exchange.replies` exchanges, or more if segments wait for replies.
  std::vector<Exchange> send_raw(const RawExchange& raw_exchange);
  /// Closes the connections that are open and not in use.
  void close_idle();
  /// Closes idle connections and tries how the server takes new ones (net/client/connection_trial.hpp).
  TrialResult try_connections(const ConnectionTrial& trial);
  /// For a server that serves no more: from here on at most that many connections are open at a time, and each is closed as soon as it has its reply.
  /// Requests that are sent at once count as so many, at most as all. Not while another thread uses the pool.
  void limit_connections(std::size_t most);

  /// Connections that were opened so far.
  std::uint64_t opened() const { return server_->opened; }
  /// "TLSv1.3" once there was a connection with TLS; otherwise "".
  std::string_view tls_version() const { return server_->tls_version.load(); }
  /// Whether the server was seen to close connections that it promised to keep.
  bool closes_silently() const { return server_->closes_silently; }

 private:
  std::unique_ptr<HttpClient> borrow();
  void give_back(std::unique_ptr<HttpClient> client);

  Address address_;
  std::chrono::milliseconds timeout_;
  std::function<bool()> give_up_;
  std::shared_ptr<ServerKnowledge> server_;
  ConnectionLimit limit_;
  bool one_reply_each_ = false;
  std::mutex mutex_;
  std::vector<std::unique_ptr<HttpClient>> idle_;
};

}  // namespace meterproof::net
