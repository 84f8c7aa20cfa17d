// An HTTP/1.1 server: many connections on a few threads, none of which can hold up another.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/http/http_parser.hpp"

namespace meterproof::net {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  // 0 picks a free one
  net::HttpLimits limits;
  std::size_t threads = 1;  // connections are dealt out to them in turn
  std::size_t max_connections = 20'000;
  std::size_t max_pending_output = 1UL << 20U;  // bytes; a peer that does not read is not read from
  std::chrono::milliseconds idle{75'000};       // between requests
  std::chrono::milliseconds header{10'000};     // from a request's first byte to the end of its header
  std::chrono::milliseconds body{30'000};       // from there to the end of its body
  std::chrono::milliseconds write{30'000};      // while a peer takes its reply
  std::chrono::milliseconds drain{5'000};       // after `stop`
};

/// What may go wrong with a reply on purpose.
enum class ResponseFault { none, reset, garbage, truncated, drip };

struct Response {
  int status = 200;
  std::string_view content_type = "application/json;charset=utf-8";
  std::string body;
  std::string extra_headers;  // whole lines, each ended by \r\n
  bool close = false;
  ResponseFault fault = ResponseFault::none;
  std::chrono::milliseconds delay{0};  // before the reply; with `drip`, before every byte of it
};

using Timestamp = std::chrono::system_clock::time_point;
/// `came`: when the request was seen to be there.
using Handler = std::function<void(const net::HttpParser& request, Timestamp came, Response& response)>;
/// Makes the handler of one thread; it is called on that thread only.
using HandlerFactory = std::function<Handler(std::size_t thread)>;

class HttpServer {
 public:
  /// Binds at once. Throws std::runtime_error, which says what to do, where the address can't be had.
  /// The handlers of the broken answer what is no HTTP, or too large, with the status given.
  HttpServer(ServerOptions options, const HandlerFactory& handler_of, const HandlerFactory& broken_handler_of);
  HttpServer(ServerOptions options, const Handler& handler, const Handler& on_bad_request);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  std::size_t connections() const;
  /// Is called about ten times a second, on the thread that runs.
  void on_tick(std::function<void()> action);
  /// Serves until `stop`, or, with `signals`, until SIGTERM or SIGINT; then finishes what was begun.
  void run(bool signals);
  /// From any thread.
  void stop();

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

std::string_view reason_phrase(int status);

}  // namespace meterproof::net
