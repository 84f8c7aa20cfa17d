// One peer of a listener. Requests are read, answered and written in order; while a reply waits, nothing more is read.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/inbox.hpp"
#include "http/listener.hpp"
#include "http/reactor.hpp"

namespace meterproof::http {

/// What a connection shares with the others of its thread.
struct Household {
  Household(const ListenerOptions& its_options, Reactor& its_reactor, Handler its_handler, Handler broken, std::function<void(class Connection&)> closed)
      : options(its_options), reactor(its_reactor), handler(std::move(its_handler)), on_broken(std::move(broken)), on_closed(std::move(closed)) {}

  const ListenerOptions& options;
  Reactor& reactor;
  Handler handler, on_broken;
  std::function<void(class Connection&)> on_closed;
  Inbox inbox;
  wire::HttpParser plain{wire::HttpParser::Kind::request, options.limits};  // for messages that come whole, as nearly all do
  Response reply;                                                           // the one that is being made
};

class Connection final : public Reactor::Watcher {
 public:
  Connection(Household& house, Fd socket);
  ~Connection() override;

  /// After `stop`: a connection between two requests ends now, any other after its reply.
  void drain();
  bool overdue(SteadyTime now) const { return now >= deadline_; }
  /// Closes it, once; the household is told.
  void close();

 private:
  void ready(Reactor::Readiness what) override;
  void settle() override;
  void expect(std::chrono::milliseconds span) { deadline_ = house_.reactor.now() + span; }
  void want(Reactor::Interest interest);
  void read(bool ended);
  void work(std::string_view fresh);
  void answer_requests(std::string_view bytes);
  void respond(const wire::HttpParser& request);
  void append_reply(std::string& out, bool head) const;
  void deliver_oddly();
  void later(std::chrono::milliseconds delay, std::function<void()> then);
  void drip(const std::string& bytes, std::size_t at, std::chrono::milliseconds pause);
  void resume();
  void abort();
  bool flush();
  void hang_up();

  Household& house_;
  Fd socket_;
  std::unique_ptr<wire::HttpParser> parser_;  // of a message that comes in parts
  std::string_view fresh_;                    // what was read in this turn
  std::string in_, out_;                      // in_: what was read before and not yet used
  std::optional<Reactor::Timer> timer_;
  SteadyTime deadline_;
  Reactor::Interest interest_ = Reactor::Interest::arrivals;
  bool paused_ = false;     // a reply is held back
  bool stalled_ = false;    // requests wait until the output is written
  bool closing_ = false;    // nothing new is begun
  bool hang_up_ = false;    // close as soon as everything is written
  bool lingering_ = false;  // said goodbye; the rest is read so that our last words are not lost
  bool closed_ = false;
};

}  // namespace meterproof::http
