// SPDX-License-Identifier: Apache-2.0
#include "net/client/connection_pool.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "net/client/unread.hpp"
#include "net/receive_arena.hpp"
#include "net/signal_watcher.hpp"
#include "net/stream.hpp"

namespace meterproof::net {

using Clock = std::chrono::steady_clock;
using Interest = EventLoop::Interest;

namespace {

constexpr std::chrono::milliseconds tick_period{50};
constexpr std::size_t spare_files = 64;                                    // files that the process needs beside its connections
constexpr std::chrono::milliseconds first_pause{50}, longest_pause{1000};  // between two connects of one connection; see `reopen_later`
constexpr std::chrono::milliseconds reset_patience{250};                   // for the reset that answers a request: a round trip
constexpr std::chrono::milliseconds patience_of_interrupted{500};          // for the replies that are under way when a signal ends a run
constexpr std::chrono::milliseconds race_poll{5};                          // how often the first connection is looked after while addresses are tried
// For bodies that come in parts, of all connections together: the larger of the two. 8 KiB for each connection is more than such a reply mostly has.
constexpr std::uint64_t body_budget = 16ULL * 1024 * 1024, body_budget_per_connection = 8ULL * 1024;

/// Throws i18n::MessageError if the host has no address.
std::vector<Endpoint> endpoints_of(const ConnectionPoolOptions& options) {
  if (!options.endpoints.empty()) return options.endpoints;
  std::string why;
  auto out = resolve(options.address, why);
  if (out.empty()) throw i18n::MessageError(i18n::msg<"usage.cannot-resolve">(options.address.host, why));
  return out;
}

}  // namespace

class ConnectionPool::Loop {
 public:
  explicit Loop(ConnectionPoolOptions options)
      : options_(std::move(options)),
        endpoints_(endpoints_of(options_)),
        tls_(options_.address.tls ? TlsContext::for_client(options_.address.trust) : nullptr),
        bodies_(std::max(body_budget, options_.connections * body_budget_per_connection)) {
    const std::size_t files = raise_file_limit();
    if (files < options_.connections + spare_files) throw i18n::MessageError(i18n::msg<"usage.files">(options_.connections, files));
    ::prctl(PR_SET_TIMERSLACK, 1UL);  // by default the kernel may wake the thread 50 us late (prctl(2))
    for (std::size_t i = 0; i < options_.connections; ++i) connections_.push_back(std::make_unique<Connection>(*this, i));
  }

  std::size_t connect(RequestSource& source) {
    source_ = &source;
    if (endpoints_.size() > 1 && idle_.empty() && !choose_endpoint()) return 0;
    const auto deadline = Clock::now() + options_.connect_timeout;
    for (auto& connection : connections_)
      if (connection->state == State::closed) open(*connection);
    while (opening_ > 0 && !is_stopped() && Clock::now() < deadline) event_loop_.run_once(next_look(deadline));
    return idle_.size();
  }

  void wait_until(SteadyTime time) {
    while (!is_stopped() && Clock::now() < time) event_loop_.run_once(next_look(time));
  }

  void run(RequestSource& source) {
    source_ = &source;
    running_ = true;
    SteadyTime next_tick = Clock::now() + tick_period;
    for (;;) {
      const auto now = Clock::now();
      if (now >= next_tick) {
        (void)is_stopped();
        on_tick();
        next_tick = now + tick_period;
      }
      // Requests go out after the replies of the last batch were processed: those replies are already waiting.
      const SteadyTime due = send_due_requests(now);
      if (interrupted_ && (now >= leave_at_ || source_->may_be_left())) leave_replies(now);
      if (busy_ == 0 && (interrupted_ || source_->next_due(now) == SteadyTime::max())) break;
      event_loop_.run_once(std::min(due, next_tick));
    }
    running_ = false;
  }

  bool interrupted() const { return interrupted_; }
  std::uint64_t opened() const { return opened_; }
  std::string_view tls_version() const { return tls_version_; }

 private:
  enum class State { closed, opening, shaking_hands, idle, busy };

  struct Connection final : EventLoop::EventHandler {
    Connection(Loop& owner, std::size_t number) : loop(owner), index(number) {}
    void on_ready(EventLoop::Readiness readiness) override { loop.on_ready(*this, readiness); }
    void on_batch_read() override { loop.process(*this); }

    Loop& loop;
    std::size_t index;  // by which the source knows the connection
    Stream stream;
    std::unique_ptr<HttpParser> parser;  // of a reply that arrives in parts; otherwise null
    std::string out;
    std::size_t sent = 0;
    std::string_view received;  // what this batch's recv returned; it lies in the arena
    SteadyTime received_at;
    SteadyTime deadline;                 // for the connection to open, or for the reply
    SteadyTime reopen_at;                // of a closed connection: not before
    std::chrono::milliseconds pause{0};  // before the connect after the next; see `reopen_later`
    std::size_t endpoint = 0;            // index of endpoints_
    State state = State::closed;
    bool blocked = false;   // the socket's send buffer is full
    bool answered = false;  // since it was opened, a reply has come
    bool failed_to_open = false;
    // Whether a request that got no reply can have been read; see `may_be_unread`.
    std::optional<std::uint64_t> acknowledged;  // bytes when the connection was opened; nothing where the kernel does not tell
    std::uint64_t written = 0;                  // bytes of the requests before this one, on this connection
    bool ended = false;                         // the peer has closed it, and what became of the request is not known yet
    bool again = false;                         // the request is sent for the second time
  };

  /// Tries the addresses of the host beside each other, with one connection: the first that accepts is used for all. That connection is kept.
  bool choose_endpoint() {
    const auto deadline = Clock::now() + options_.connect_timeout;
    ConnectRace race(endpoints_);
    for (race.advance(Clock::now()); race.is_on() && !race.has_won() && !is_stopped() && Clock::now() < deadline; race.advance(Clock::now()))
      event_loop_.run_once(Clock::now() + race_poll);
    if (!race.has_won()) {
      source_->on_connect_error(race.is_on() ? TransportResult::timed_out : to_transport_result(race.error()), {});
      return false;
    }
    Endpoint won;
    Connection& first = *connections_.front();
    first.stream = stream_of(race.take(won));
    while (std::memcmp(&endpoints_[endpoint_].storage, &won.storage, sizeof won.storage) != 0) ++endpoint_;
    first.endpoint = endpoint_;
    begin_opening(first);
    return true;
  }

  Stream stream_of(Fd socket) const { return tls_ == nullptr ? Stream(std::move(socket)) : Stream::to_server(std::move(socket), *tls_, options_.address.host); }

  void begin_opening(Connection& connection) {
    connection.state = State::opening;
    connection.answered = false;
    connection.deadline = Clock::now() + options_.connect_timeout;
    ++opening_;
    event_loop_.watch(connection.stream.fd(), connection, Interest::write);  // also if it is open already: it is writable then
  }

  void open(Connection& connection) {
    if (connection.failed_to_open) connection.endpoint = (connection.endpoint + 1) % endpoints_.size();
    else connection.endpoint = endpoint_;
    bool is_open = false;
    int error = 0;
    if (Fd socket = begin_connect(endpoints_[connection.endpoint], is_open, error)) {
      connection.stream = stream_of(std::move(socket));
      return begin_opening(connection);
    }
    connection.failed_to_open = true;
    reopen_later(connection);
    source_->on_connect_error(to_transport_result(error), {});
    if (connection.again) lose_again(connection);
  }

  void on_connected(Connection& connection) {
    if (const int error = connect_error(connection.stream.fd()); error != 0) return not_connected(connection, to_transport_result(error));
    connection.state = State::shaking_hands;
    shake_hands(connection);
  }

  /// Where there is TLS; otherwise this is done at once.
  void shake_hands(Connection& connection) {
    const Stream::Handshake came = connection.stream.handshake();
    if (came == Stream::Handshake::failed) return not_connected(connection, TransportResult::no_tls, connection.stream.failure());
    if (came != Stream::Handshake::done)
      return event_loop_.change(connection.stream.fd(), connection, came == Stream::Handshake::wants_write ? Interest::write : Interest::read);
    --opening_;
    begin_use(connection);
    connection.failed_to_open = false;
    endpoint_ = connection.endpoint;
    event_loop_.change(connection.stream.fd(), connection, Interest::read_edge);
    if (connection.again) return send_again(connection);
    set_idle(connection, Clock::now());
    if (running_) send_due_requests(Clock::now());
  }

  void not_connected(Connection& connection, TransportResult why, std::string_view detail = {}) {
    source_->on_connect_error(why, detail);
    connection.failed_to_open = true;
    disconnect(connection);
    if (connection.again) lose_again(connection);
  }

  void begin_use(Connection& connection) {
    ++opened_;
    tls_version_ = connection.stream.version();
    connection.answered = connection.ended = false;
    // Of TLS the kernel counts other bytes than ours.
    connection.acknowledged = connection.stream.has_tls() ? std::nullopt : acknowledged_bytes(connection.stream.fd());
    connection.written = 0;
  }

  /// The peer has closed a connection that it promised to keep, and its kernel has acknowledged no byte of the request: it came too late to be read, unless
  /// the peer closed its sending side alone. A reset tells, a round trip later.
  bool may_be_unread(const Connection& connection) const {
    return connection.answered && !connection.again && connection.acknowledged && !interrupted_ &&
           acknowledged_bytes(connection.stream.fd()) == *connection.acknowledged + connection.written;
  }

  /// Sends the request once more, on a new connection, if it is sure by now that nobody has read it.
  void send_anew_if_unread(Connection& connection) {
    if (!was_not_read(connection.stream.fd(), *connection.acknowledged + connection.written, std::chrono::milliseconds(0))) return;
    if (interrupted_) return fail(connection, TransportResult::unread);
    disconnect(connection);
    connection.again = true;
    ++busy_;  // the source waits for its reply
    open_if_due(connection);
  }

  void send_again(Connection& connection) {
    connection.state = State::busy;  // it is counted already
    connection.sent = 0;
    connection.deadline = Clock::now() + options_.reply_timeout;
    write(connection);
  }

  /// There is no connection for it.
  void lose_again(Connection& connection) {
    connection.again = false;
    --busy_;
    source_->on_error(connection.index, Clock::now(), TransportResult::unread);
  }

  static bool is_opening(const Connection& connection) { return connection.state == State::opening || connection.state == State::shaking_hands; }

  void disconnect(Connection& connection) {
    event_loop_.forget(connection.stream.fd(), connection);
    connection.stream.close();
    if (connection.state == State::idle) std::erase(idle_, &connection);
    if (is_opening(connection)) --opening_;
    if (connection.state == State::busy) --busy_;
    connection.state = State::closed;
    connection.blocked = connection.ended = false;
    if (!std::exchange(connection.received, {}).empty()) arena_.release();
    connection.parser.reset();
    reopen_later(connection);
  }

  /// A connection that has carried a reply is opened again at once; otherwise after a pause that doubles each time: a server that closes, resets or
  /// refuses what it is offered must not be hammered.
  void reopen_later(Connection& connection) {
    if (connection.answered) connection.pause = {};
    else connection.pause = std::clamp(connection.pause * 2, first_pause, longest_pause);
    connection.reopen_at = Clock::now() + connection.pause;
    connection.answered = false;
  }

  void open_if_due(Connection& connection) {
    if (connection.state == State::closed && !interrupted_ && Clock::now() >= connection.reopen_at) open(connection);
  }

  /// The connection is broken: reports the loss of the reply that it owed, if any, and opens the connection again when its time has come.
  void fail(Connection& connection, TransportResult why) {
    const bool owed_reply = connection.state == State::busy;
    disconnect(connection);
    if (owed_reply) connection.again = false;
    if (owed_reply) source_->on_error(connection.index, Clock::now(), why);
    open_if_due(connection);
  }

  void on_ready(Connection& connection, EventLoop::Readiness readiness) {
    if (connection.state == State::opening) return on_connected(connection);
    if (connection.state == State::shaking_hands) return shake_hands(connection);
    if (connection.ended) return send_anew_if_unread(connection);
    if (readiness.writable && connection.blocked) {
      connection.blocked = false;
      event_loop_.change(connection.stream.fd(), connection, Interest::read_edge);
      write(connection);
      if (connection.state != State::busy) return;  // it broke, and may be another connection by now
    }
    if (readiness.readable && connection.state != State::closed) read(connection, readiness.peer_closed);
  }

  void read(Connection& connection, bool peer_closed) {
    const ssize_t got = connection.stream.receive(arena_.reserve(), ReceiveArena::chunk);
    if (got < 0 && errno == EINTR) event_loop_.change(connection.stream.fd(), connection, Interest::read_edge);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got < 0 && !connection.answered && !connection.stream.failure().empty()) {  // as where a certificate of ours is wanted
      source_->on_connect_error(TransportResult::no_tls, connection.stream.failure());
      return fail(connection, TransportResult::no_tls);
    }
    if (got < 0) return fail(connection, TransportResult::reset);
    if (got == 0) return on_end(connection);
    if (connection.state != State::busy) return fail(connection, TransportResult::no_http);  // bytes that no request asked for
    // The edge was reported once. There may be more bytes, or an end of stream behind these, so ask for another event.
    if (peer_closed || connection.stream.may_hold_more(got, ReceiveArena::chunk)) event_loop_.change(connection.stream.fd(), connection, Interest::read_edge);
    connection.received = arena_.commit(static_cast<std::size_t>(got));
    connection.received_at = Clock::now();
    event_loop_.defer_to_batch_read(connection);
  }

  /// The peer sends no more.
  void on_end(Connection& connection) {
    if (connection.parser != nullptr && connection.state == State::busy && connection.parser->header_done()) {
      connection.parser->finish();
      if (connection.parser->state() == HttpState::complete) complete(connection, Clock::now(), *connection.parser);
    }
    if (connection.state == State::busy && connection.parser == nullptr && may_be_unread(connection)) {
      connection.ended = true;
      connection.deadline = std::min(connection.deadline, Clock::now() + reset_patience);
      return send_anew_if_unread(connection);
    }
    return fail(connection, connection.parser != nullptr ? TransportResult::incomplete : TransportResult::closed);
  }

  void process(Connection& connection) {
    parse(connection, std::exchange(connection.received, {}));
    arena_.release();
    if (connection.stream.has_ended()) on_end(connection);
  }

  void parse(Connection& connection, std::string_view received) {
    if (connection.parser == nullptr) {
      if (const std::size_t taken = whole_parser_.feed_complete(received); taken > 0) {
        on_reply(connection, whole_parser_, taken == received.size());
        return whole_parser_.reset();
      }
      connection.parser = std::make_unique<HttpParser>(HttpParser::Kind::response, limits_);
    }
    received.remove_prefix(connection.parser->feed(received));
    if (connection.parser->state() == HttpState::need_more) return;
    on_reply(connection, *std::exchange(connection.parser, nullptr), received.empty());
  }

  /// `alone`: no byte follows the reply. One that does belongs to no request, because requests are not pipelined.
  void on_reply(Connection& connection, const HttpParser& reply, bool alone) {
    const bool too_large = reply.state() == HttpState::header_too_large || reply.state() == HttpState::body_too_large;
    if (too_large) return fail(connection, TransportResult::too_large);
    if (reply.state() != HttpState::complete || !alone) return fail(connection, TransportResult::no_http);
    // After a reply that came before its request was sent completely, the stream is in the middle of that request.
    const bool reusable = reply.keep_alive() && connection.sent == connection.out.size();
    complete(connection, connection.received_at, reply);
    if (!reusable) return fail(connection, TransportResult::closed);
  }

  void complete(Connection& connection, SteadyTime now, const HttpParser& reply) {
    --busy_;
    connection.answered = true;
    connection.again = false;
    connection.written += connection.out.size();
    source_->on_response(connection.index, now, reply);
    set_idle(connection, now);
  }

  void set_idle(Connection& connection, SteadyTime now) {
    connection.state = State::idle;
    if (idle_.empty()) idle_since_ = now;
    idle_.push_back(&connection);
  }

  /// Sends every request that is due, as far as there are idle connections. Returns when to call it again.
  SteadyTime send_due_requests(SteadyTime now) {
    SteadyTime again = prepare_requests(now);
    while (!prepared_.empty()) {
      for (Connection* connection : prepared_) {
        const SteadyTime leaving = Clock::now();  // read for each request: latencies begin here
        source_->on_sent(connection->index, leaving, idle_since_);
        connection->deadline = leaving + options_.reply_timeout;
        write(*connection);
      }
      again = prepare_requests(Clock::now());
    }
    return again;
  }

  /// Makes up to a batch of due requests, so that the code that makes them and the kernel's send do not evict each other from the caches: the
  /// generator's side of the batches in net/receive_arena.hpp.
  /// Returns when the next request is due.
  SteadyTime prepare_requests(SteadyTime now) {
    prepared_.clear();
    while (!interrupted_ && !idle_.empty() && prepared_.size() < EventLoop::max_batch) {
      const SteadyTime due = source_->next_due(now);
      if (due > now) return due;
      Connection& connection = *idle_.front();
      idle_.pop_front();
      connection.state = State::busy;
      connection.sent = 0;
      connection.out.clear();
      source_->make_request(connection.index, now, connection.out);
      ++busy_;
      prepared_.push_back(&connection);
    }
    return now + tick_period;  // no connection is idle: a reply will end the wait earlier
  }

  void write(Connection& connection) {
    while (connection.sent < connection.out.size()) {
      const ssize_t wrote = connection.stream.send(connection.out.data() + connection.sent, connection.out.size() - connection.sent);
      if (wrote > 0) {
        connection.sent += static_cast<std::size_t>(wrote);
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return fail(connection, TransportResult::reset);
      connection.blocked = true;
      event_loop_.change(connection.stream.fd(), connection, Interest::read_write);
      return;
    }
  }

  void interrupt() {
    if (!interrupted_) leave_at_ = Clock::now() + patience_of_interrupted;
    interrupted_ = true;
    if (options_.stop != nullptr) options_.stop->store(true);
  }

  /// Whether a signal has come, to this pool or to another that shares its flag.
  bool is_stopped() {
    if (!interrupted_ && options_.stop != nullptr && options_.stop->load()) interrupt();
    return interrupted_;
  }
  /// Another pool's signal wakes nobody here.
  SteadyTime next_look(SteadyTime until) const { return options_.stop == nullptr ? until : std::min(until, Clock::now() + tick_period); }

  /// Waits no longer for the replies that are still to come.
  void leave_replies(SteadyTime now) {
    for (auto& connection : connections_) {
      const bool sent = connection->state == State::busy;
      if (!sent && !connection->again) continue;
      disconnect(*connection);
      connection->again = false;
      if (!sent) --busy_;  // it waits for a connection, to be sent again
      source_->on_left(connection->index, now);
    }
  }

  void on_tick() {
    const auto now = Clock::now();
    for (auto& connection : connections_) {
      if (connection->state == State::busy && now >= connection->deadline) {
        fail(*connection, connection->ended ? TransportResult::closed : TransportResult::timed_out);
      } else if (is_opening(*connection) && now >= connection->deadline) {
        not_connected(*connection, TransportResult::timed_out);
      } else {
        open_if_due(*connection);
      }
    }
    source_->on_tick(now);
  }

  ConnectionPoolOptions options_;
  std::vector<Endpoint> endpoints_;
  std::shared_ptr<const TlsContext> tls_;  // null: plain HTTP
  std::size_t endpoint_ = 0;               // the one that was connected to last
  ByteBudget bodies_;
  const HttpLimits limits_{load_reply_limits.header_bytes, load_reply_limits.body_bytes, &bodies_};
  EventLoop event_loop_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<Connection*> idle_;
  SteadyTime idle_since_;  // since when idle_ has been non-empty without interruption; tells generator lag from waiting for a connection
  ReceiveArena arena_;
  HttpParser whole_parser_{HttpParser::Kind::response, load_reply_limits};  // for replies that arrive whole, as nearly all do
  std::vector<Connection*> prepared_;
  RequestSource* source_ = nullptr;
  std::size_t opening_ = 0, busy_ = 0;
  std::uint64_t opened_ = 0;  // connections
  const char* tls_version_ = "";
  bool running_ = false, interrupted_ = false;
  SteadyTime leave_at_;  // once interrupted: later nothing is waited for
  const SignalWatcher signals_{event_loop_, [this] { interrupt(); }};
};

ConnectionPool::ConnectionPool(ConnectionPoolOptions options) : loop_(std::make_unique<Loop>(std::move(options))) {}
ConnectionPool::~ConnectionPool() = default;
std::size_t ConnectionPool::connect(RequestSource& source) { return loop_->connect(source); }
void ConnectionPool::wait_until(SteadyTime time) { loop_->wait_until(time); }
void ConnectionPool::run(RequestSource& source) { loop_->run(source); }
bool ConnectionPool::interrupted() const { return loop_->interrupted(); }
std::string_view ConnectionPool::tls_version() const { return loop_->tls_version(); }
std::uint64_t ConnectionPool::opened() const { return loop_->opened(); }

}  // namespace meterproof::net
