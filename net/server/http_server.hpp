// SPDX-License-Identifier: Apache-2.0
// An HTTP/1.1 server: many connections on a few threads. No connection can hold up another one of its thread, unless a handler blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/http/http_parser.hpp"
#include "net/server/peer_address.hpp"
#include "net/tls.hpp"

namespace meterproof::net {

/// Every timeout closes the connection when it expires; those of `header` and `body` answer with status 408 before.
struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: any free one
  HttpLimits limits;
  std::uint64_t all_bodies = 256UL << 20U;      // bytes of all bodies that are arriving; the request that would exceed them gets status 413
  std::uint64_t all_unsent = 256UL << 20U;      // bytes of all replies that their peers do not take; the connection that would exceed them is closed
  std::size_t threads = 1;                      // connections are assigned round-robin
  std::size_t max_connections = 20'000;         // another one gets status 503
  std::size_t max_pending_output = 1UL << 20U;  // bytes of unsent replies per connection; beyond it no request is read
  std::chrono::milliseconds idle{75'000};       // timeout between requests
  std::chrono::milliseconds header{10'000};     // timeout from a request's first byte to the end of its header
  std::chrono::milliseconds body{30'000};       // timeout from there to the end of its body
  std::chrono::milliseconds write{30'000};      // timeout for the peer to take a reply
  std::chrono::milliseconds drain{5'000};       // timeout after `stop` for requests in progress
  std::shared_ptr<const TlsContext> tls;        // null: plain HTTP
};

/// Injected faults: TCP reset in place of a reply; the end of the connection in its place; bytes that are not HTTP; a reply that ends early; a reply
/// sent byte by byte.
enum class ResponseFault { none, reset, close, garbage, truncated, drip };

/// A body without an end, as of server-sent events.
class ReplyStream {
 public:
  virtual ~ReplyStream() = default;
  /// Called about ten times a second on the connection's thread, as long as the peer has taken all that came before. Appends what there is by now, if
  /// anything; false ends the body.
  virtual bool append(std::string& out) = 0;
};

struct Response {
  int status = 200;
  std::string_view content_type = "application/json;charset=utf-8";
  std::string body;
  std::string extra_headers;  // complete lines, each with its \r\n
  bool close = false;
  ResponseFault fault = ResponseFault::none;
  std::chrono::milliseconds delay{0};   // before the reply; with `drip`, before each byte
  std::shared_ptr<ReplyStream> stream;  // sends the body from then on; the connection ends with it
};

/// When and from where a request came.
struct Arrival {
  enum class Ended { no, by_peer, by_timeout };

  Arrival(std::chrono::system_clock::time_point wall_clock = {}) : at(wall_clock) {}  // NOLINT(google-explicit-constructor): a time is an arrival

  std::chrono::system_clock::time_point at;       // the wall clock of the batch in which the request became complete
  std::chrono::steady_clock::time_point began{};  // the same moment on the monotonic clock; its epoch where it is not known
  const PeerAddress* peer = nullptr;              // valid during the call; null where it is not known
  Ended ended = Ended::no;                        // how a request ended that is not complete
};

/// Fills `response`, which has the defaults above.
using Handler = std::function<void(const HttpParser& request, const Arrival& arrival, Response& response)>;
/// Makes the handler for one thread. The handler is only called on that thread.
using HandlerFactory = std::function<Handler(std::size_t thread)>;

class HttpServer {
 public:
  /// Binds and listens before it returns. Throws i18n::MessageError, with advice, if the address is not an IP address or not available. The host
  /// "localhost" is each of its addresses, 127.0.0.1 and ::1, with one port.
  /// The second handler answers requests that are not HTTP, or too large; `response.status` is then already HttpParser::refusal(). It is also told
  /// of a request that ended before it was complete (Arrival::ended): one that was not complete in time is answered with status 408; where nobody can
  /// be answered, the response is not sent, and its status is 0.
  HttpServer(ServerOptions options, const HandlerFactory& handler_factory, const HandlerFactory& bad_request_factory);
  HttpServer(ServerOptions options, const Handler& handler, const Handler& on_bad_request);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  /// Connections that are open now. May be called from any thread.
  std::size_t connections() const;
  /// `action` is called about ten times a second on the thread that called `run`. Set it before `run`.
  void on_tick(std::function<void()> action);
  /// `action` is called on the thread that called `run` for each SIGHUP, which then does not end `run`. Set it before `run`.
  void on_hangup(std::function<void()> action);
  /// `action` is called once, on the thread that called `run`, with errno, when a connection cannot be accepted, as without a free file descriptor. Set it
  /// before `run`.
  void on_accept_failure(std::function<void(int error)> action);
  /// `action` is called where a client does not come through the handshake of TLS, on the connection's thread; `why` is what OpenSSL says. Set it before
  /// `run`.
  void on_tls_failure(const std::function<void(const PeerAddress& peer, const std::string& why)>& action);
  /// `action` is called on each thread when the requests of a batch were handled, before any of their replies is sent. Where it returns false, none is: the
  /// connections are closed. Set it before `run`.
  void before_replies(const std::function<bool(std::size_t thread)>& action);
  /// Serves until `stop` or, if `signals`, until SIGINT, SIGTERM or SIGHUP. Then it finishes the requests in progress, within `drain`, and returns.
  void run(bool signals);
  /// Makes `run` finish and return. May be called from any thread.
  void stop();
  /// Calls `action` on the thread that called `run`, while no other thread handles a request. May be called from any thread; not at all where the server
  /// ends before.
  void while_idle(std::function<void()> action);
  /// The certificate of connections that come from here on. Call it in an action of `while_idle`.
  void use_tls(std::shared_ptr<const TlsContext> tls);

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

/// RFC 9110, section 15, and RFC 6585; "Other" for a status that is in neither.
std::string_view reason_phrase(int status);

}  // namespace meterproof::net
