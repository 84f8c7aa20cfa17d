// SPDX-License-Identifier: Apache-2.0
// One connection of an HttpServer. Requests are read, answered and written in order; while a delayed reply waits, nothing more is read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/event_loop.hpp"
#include "net/receive_arena.hpp"
#include "net/server/http_server.hpp"
#include "net/stream.hpp"

namespace meterproof::net {

/// What all connections of one thread share.
struct ConnectionContext {
  ConnectionContext(const ServerOptions& server_options, EventLoop& event_loop, Handler request_handler, Handler bad_request_handler,
                    std::function<void(class ServerConnection&)> closed)
      : options(server_options),
        loop(event_loop),
        handler(std::move(request_handler)),
        on_bad_request(std::move(bad_request_handler)),
        on_closed(std::move(closed)) {}

  const ServerOptions& options;
  EventLoop& loop;
  Handler handler, on_bad_request;
  std::function<void(class ServerConnection&)> on_closed;
  ReceiveArena arena;
  HttpParser whole_parser{HttpParser::Kind::request, options.limits};          // for requests that arrive whole, as nearly all do
  Response reply;                                                              // reused from request to request
  std::function<void(const PeerAddress&, const std::string&)> on_tls_failure;  // may be empty
  std::uint64_t unsent = 0;                                                    // bytes of replies that wait to be sent, of all these connections
  bool replies_lost = false;                                                   // those of this batch must not be sent
};

/// All of it runs on the loop's thread. `context` must outlive it.
class ServerConnection final : public EventLoop::EventHandler {
 public:
  ServerConnection(ConnectionContext& context, Stream stream, const PeerAddress& peer);
  ~ServerConnection() override;

  /// Stops taking new requests: closes now if the connection is idle, otherwise after the reply in progress.
  void drain();
  bool timed_out(SteadyTime now) const { return now >= deadline_; }
  /// Closes the socket and calls context.on_closed; the second call does nothing. The owner may destroy the object after the event.
  void close() { end(Arrival::Ended::by_peer); }
  /// Its time is over: a request that has begun to come is answered with status 408 first (RFC 9110, section 15.5.9).
  void expire();

 private:
  void end(Arrival::Ended how);
  Arrival arrival() const;
  void on_ready(EventLoop::Readiness readiness) override;
  void on_batch_read() override;
  void on_batch_end() override;
  void set_deadline(std::chrono::milliseconds timeout) { deadline_ = context_.loop.now() + timeout; }
  void set_interest(EventLoop::Interest interest);
  void read(bool peer_closed);
  void on_read_failure(int error);
  void process(std::string_view received);
  void answer_requests(std::string_view bytes);
  void respond(const HttpParser& request, Arrival::Ended ended = Arrival::Ended::no);
  void append_reply(std::string& out, bool head) const;
  void send_faulty();
  void begin_stream();
  void continue_stream();
  void run_later(std::chrono::milliseconds delay, std::function<void()> action);
  void send_byte_by_byte(const std::string& bytes, std::size_t at, std::chrono::milliseconds pause);
  void resume();
  void abort();
  bool flush();
  bool count_unsent();
  void half_close();

  ConnectionContext& context_;
  Stream stream_;
  const PeerAddress peer_;
  std::unique_ptr<HttpParser> parser_;  // of a request that arrives in parts; null between requests
  std::string_view received_;           // what this batch's recv returned; it lies in context_.arena
  std::string unparsed_, out_;          // unparsed_: received in earlier batches and not yet parsed
  std::size_t unsent_ = 0;              // bytes of out_ that count in context_.unsent
  std::optional<EventLoop::Timer> timer_;
  SteadyTime deadline_;
  EventLoop::Interest interest_ = EventLoop::Interest::read_edge;
  std::shared_ptr<ReplyStream> reply_stream_;
  bool paused_ = false;       // a delayed reply waits for its timer, or a stream goes on
  bool output_full_ = false;  // parsing stopped at max_pending_output; it goes on after the flush
  bool draining_ = false;     // takes no new request
  bool close_after_flush_ = false;
  bool lingering_ = false;  // our side is shut down; what the peer still sends is read and dropped
  bool closed_ = false;
  bool shakes_hands_ = false;  // TLS is not through yet
};

}  // namespace meterproof::net
