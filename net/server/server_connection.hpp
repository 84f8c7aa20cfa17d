// One peer of a listener. Requests are read, answered and written in order; while a reply waits, nothing more is read.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/event_loop.hpp"
#include "net/receive_arena.hpp"
#include "net/server/http_server.hpp"

namespace meterproof::net {

/// What a connection shares with the others of its thread.
struct ConnectionContext {
  ConnectionContext(const ServerOptions& its_options, EventLoop& its_reactor, Handler its_handler, Handler broken,
                    std::function<void(class ServerConnection&)> closed)
      : options(its_options), reactor(its_reactor), handler(std::move(its_handler)), on_bad_request(std::move(broken)), on_closed(std::move(closed)) {}

  const ServerOptions& options;
  EventLoop& reactor;
  Handler handler, on_bad_request;
  std::function<void(class ServerConnection&)> on_closed;
  ReceiveArena arena;
  net::HttpParser plain{net::HttpParser::Kind::request, options.limits};  // for messages that come whole, as nearly all do
  Response reply;                                                         // the one that is being made
};

class ServerConnection final : public EventLoop::EventHandler {
 public:
  ServerConnection(ConnectionContext& context, Fd socket);
  ~ServerConnection() override;

  /// After `stop`: a connection between two requests ends now, any other after its reply.
  void drain();
  bool overdue(SteadyTime now) const { return now >= deadline_; }
  /// Closes it, once; the household is told.
  void close();

 private:
  void ready(EventLoop::Readiness what) override;
  void settle() override;
  void expect(std::chrono::milliseconds span) { deadline_ = context_.reactor.now() + span; }
  void want(EventLoop::Interest interest);
  void read(bool ended);
  void work(std::string_view fresh);
  void answer_requests(std::string_view bytes);
  void respond(const net::HttpParser& request);
  void append_reply(std::string& out, bool head) const;
  void send_faulty();
  void later(std::chrono::milliseconds delay, std::function<void()> then);
  void drip(const std::string& bytes, std::size_t at, std::chrono::milliseconds pause);
  void resume();
  void abort();
  bool flush();
  void half_close();

  ConnectionContext& context_;
  Fd socket_;
  std::unique_ptr<net::HttpParser> parser_;  // of a message that comes in parts
  std::string_view fresh_;                   // what was read in this turn
  std::string in_, out_;                     // in_: what was read before and not yet used
  std::optional<EventLoop::Timer> timer_;
  SteadyTime deadline_;
  EventLoop::Interest interest_ = EventLoop::Interest::read_edge;
  bool paused_ = false;      // a reply is held back
  bool stalled_ = false;     // requests wait until the output is written
  bool closing_ = false;     // nothing new is begun
  bool half_close_ = false;  // close as soon as everything is written
  bool lingering_ = false;   // said goodbye; the rest is read so that our last words are not lost
  bool closed_ = false;
};

}  // namespace meterproof::net
