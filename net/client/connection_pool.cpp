// SPDX-License-Identifier: Apache-2.0
#include "net/client/connection_pool.hpp"

#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <utility>
#include <vector>

#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "net/receive_arena.hpp"
#include "net/signal_watcher.hpp"

namespace meterproof::net {

using Clock = std::chrono::steady_clock;
using Interest = EventLoop::Interest;

namespace {

constexpr std::chrono::milliseconds tick_period{50};
constexpr std::size_t spare_files = 64;  // files that the process needs beside its connections
constexpr HttpLimits reply_limits{1UL << 16U, 1UL << 24U};

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

/// Every address of the host, in the system's order of preference (RFC 6724). Throws i18n::MessageError if there is none.
std::vector<Endpoint> resolve(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0 || found == nullptr) throw i18n::MessageError(i18n::msg<"usage.cannot-resolve">(address.host, ::gai_strerror(error)));
  std::vector<Endpoint> out;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Endpoint& endpoint = out.emplace_back();
    endpoint.size = one->ai_addrlen;
    std::copy_n(reinterpret_cast<const char*>(one->ai_addr), one->ai_addrlen, reinterpret_cast<char*>(&endpoint.storage));  // NOLINT(*-reinterpret-cast)
  }
  ::freeaddrinfo(found);
  return out;
}

}  // namespace

class ConnectionPool::Loop {
 public:
  explicit Loop(ConnectionPoolOptions options) : options_(std::move(options)), endpoints_(resolve(options_.address)) {
    const std::size_t files = raise_file_limit();
    if (files < options_.connections + spare_files) throw i18n::MessageError(i18n::msg<"usage.files">(options_.connections, files));
    ::prctl(PR_SET_TIMERSLACK, 1UL);  // by default the kernel may wake the thread 50 us late (prctl(2))
    for (std::size_t i = 0; i < options_.connections; ++i) connections_.push_back(std::make_unique<Connection>(*this, i));
  }

  std::size_t connect(RequestSource& source) {
    source_ = &source;
    // A name may have several addresses; the first that accepts a connection is used for all.
    for (; idle_.empty() && !interrupted_; ++endpoint_) {
      const auto deadline = Clock::now() + options_.connect_timeout;
      for (auto& connection : connections_)
        if (connection->state == State::closed) open(*connection);
      while (opening_ > 0 && !interrupted_ && Clock::now() < deadline) event_loop_.run_once(deadline);
      if (!idle_.empty() || endpoint_ + 1 == endpoints_.size()) break;
    }
    return idle_.size();
  }

  void wait_until(SteadyTime time) {
    while (!interrupted_ && Clock::now() < time) event_loop_.run_once(time);
  }

  void run(RequestSource& source) {
    source_ = &source;
    running_ = true;
    SteadyTime next_tick = Clock::now() + tick_period;
    for (;;) {
      const auto now = Clock::now();
      if (now >= next_tick) {
        on_tick();
        next_tick = now + tick_period;
      }
      // Requests go out after the replies of the last batch were processed: those replies are already waiting.
      const SteadyTime due = send_due_requests(now);
      if (busy_ == 0 && (interrupted_ || source_->next_due(now) == SteadyTime::max())) break;
      event_loop_.run_once(std::min(due, next_tick));
    }
    running_ = false;
  }

  bool interrupted() const { return interrupted_; }

 private:
  enum class State { closed, opening, idle, busy };

  struct Connection final : EventLoop::EventHandler {
    Connection(Loop& owner, std::size_t number) : loop(owner), index(number) {}
    void on_ready(EventLoop::Readiness readiness) override { loop.on_ready(*this, readiness); }
    void on_batch_read() override { loop.process(*this); }

    Loop& loop;
    std::size_t index;  // by which the source knows the connection
    Fd socket;
    std::unique_ptr<HttpParser> parser;  // of a reply that arrives in parts; otherwise null
    std::string out;
    std::size_t sent = 0;
    std::string_view received;  // what this batch's recv returned; it lies in the arena
    SteadyTime received_at;
    std::string unparsed;  // received in earlier batches and not yet parsed
    SteadyTime deadline;   // for the connection to open, or for the reply
    State state = State::closed;
    bool blocked = false;  // the socket's send buffer is full
  };

  void open(Connection& connection) {
    const Endpoint& endpoint = endpoints_[endpoint_];
    connection.socket = Fd(::socket(endpoint.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!connection.socket) return source_->on_connect_error(to_transport_result(errno));
    const int yes = 1;
    ::setsockopt(connection.socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const auto* address = reinterpret_cast<const sockaddr*>(&endpoint.storage);  // NOLINT(*-reinterpret-cast)
    if (::connect(connection.socket.get(), address, endpoint.size) != 0 && errno != EINPROGRESS) {
      source_->on_connect_error(to_transport_result(errno));
      connection.socket.close();
      return;
    }
    connection.state = State::opening;
    connection.deadline = Clock::now() + options_.connect_timeout;
    ++opening_;
    event_loop_.watch(connection.socket.get(), connection, Interest::write);
  }

  void on_connected(Connection& connection) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(connection.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      source_->on_connect_error(to_transport_result(error));
      return disconnect(connection);
    }
    --opening_;
    event_loop_.change(connection.socket.get(), connection, Interest::read_edge);
    set_idle(connection, Clock::now());
    if (running_) send_due_requests(Clock::now());
  }

  void disconnect(Connection& connection) {
    event_loop_.forget(connection.socket.get(), connection);
    connection.socket.close();
    if (connection.state == State::idle) std::erase(idle_, &connection);
    if (connection.state == State::opening) --opening_;
    if (connection.state == State::busy) --busy_;
    connection.state = State::closed;
    connection.blocked = false;
    if (!std::exchange(connection.received, {}).empty()) arena_.release();
    connection.unparsed.clear();
    connection.parser.reset();
  }

  /// The connection is broken: reports the loss of the reply that it owed, if any, and opens the connection again.
  void fail(Connection& connection, TransportResult why) {
    const bool owed_reply = connection.state == State::busy;
    disconnect(connection);
    if (owed_reply) source_->on_error(connection.index, Clock::now(), why);
    if (!interrupted_) open(connection);
  }

  void on_ready(Connection& connection, EventLoop::Readiness readiness) {
    if (connection.state == State::opening) return on_connected(connection);
    if (readiness.writable && connection.blocked) {
      connection.blocked = false;
      event_loop_.change(connection.socket.get(), connection, Interest::read_edge);
      write(connection);
    }
    if (readiness.readable && connection.state != State::closed) read(connection, readiness.peer_closed);
  }

  void read(Connection& connection, bool peer_closed) {
    const ssize_t got = ::recv(connection.socket.get(), arena_.reserve(), ReceiveArena::chunk, 0);
    if (got < 0 && errno == EINTR) event_loop_.change(connection.socket.get(), connection, Interest::read_edge);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got < 0) return fail(connection, TransportResult::reset);
    if (got == 0) {
      if (connection.parser != nullptr && connection.state == State::busy && connection.parser->header_done()) {
        connection.parser->finish();
        if (connection.parser->state() == HttpState::complete) complete(connection, Clock::now(), *connection.parser);
      }
      // A server that closes what it does not use is not called again at once: the next tick opens the connection.
      if (connection.state == State::idle) return disconnect(connection);
      return fail(connection, connection.parser != nullptr ? TransportResult::incomplete : TransportResult::closed);
    }
    if (connection.state != State::busy) return fail(connection, TransportResult::no_http);  // bytes that no request asked for
    // The edge was reported once. There may be more bytes, or an end of stream behind these, so ask for another event.
    if (peer_closed || got == ReceiveArena::chunk) event_loop_.change(connection.socket.get(), connection, Interest::read_edge);
    connection.received = arena_.commit(static_cast<std::size_t>(got));
    connection.received_at = Clock::now();
    event_loop_.defer_to_batch_read(connection);
  }

  void process(Connection& connection) {
    parse(connection, std::exchange(connection.received, {}));
    arena_.release();
  }

  void parse(Connection& connection, std::string_view received) {
    if (connection.parser == nullptr) {
      if (const std::size_t taken = whole_parser_.feed_complete(received); taken > 0) {
        on_reply(connection, whole_parser_, taken == received.size());
        return whole_parser_.reset();
      }
      connection.parser = std::make_unique<HttpParser>(HttpParser::Kind::response, reply_limits);
    }
    std::string join;
    if (!connection.unparsed.empty()) {
      join = std::move(connection.unparsed);
      join += received;
      received = join;
      connection.unparsed.clear();
    }
    while (!received.empty() && connection.parser->state() == HttpState::need_more) {
      const std::size_t taken = connection.parser->feed(received);
      if (taken == 0) break;
      received.remove_prefix(taken);
    }
    if (connection.parser->state() == HttpState::need_more) {
      connection.unparsed = std::string(received);
      return;
    }
    on_reply(connection, *std::exchange(connection.parser, nullptr), received.empty());
  }

  /// `alone`: no byte follows the reply. One that does belongs to no request, because requests are not pipelined.
  void on_reply(Connection& connection, const HttpParser& reply, bool alone) {
    if (reply.state() != HttpState::complete || !alone) return fail(connection, TransportResult::no_http);
    // After a reply that came before its request was sent completely, the stream is in the middle of that request.
    const bool reusable = reply.keep_alive() && connection.sent == connection.out.size();
    complete(connection, connection.received_at, reply);
    if (!reusable) return fail(connection, TransportResult::closed);
  }

  void complete(Connection& connection, SteadyTime now, const HttpParser& reply) {
    --busy_;
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
      const ssize_t wrote = ::send(connection.socket.get(), connection.out.data() + connection.sent, connection.out.size() - connection.sent, MSG_NOSIGNAL);
      if (wrote > 0) {
        connection.sent += static_cast<std::size_t>(wrote);
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return fail(connection, TransportResult::reset);
      connection.blocked = true;
      event_loop_.change(connection.socket.get(), connection, Interest::read_write);
      return;
    }
  }

  void on_tick() {
    const auto now = Clock::now();
    for (auto& connection : connections_) {
      if (connection->state == State::busy && now >= connection->deadline) {
        fail(*connection, TransportResult::timed_out);
      } else if (connection->state == State::opening && now >= connection->deadline) {
        source_->on_connect_error(TransportResult::timed_out);
        disconnect(*connection);
      } else if (connection->state == State::closed && !interrupted_) {
        open(*connection);
      }
    }
    source_->on_tick(now);
  }

  ConnectionPoolOptions options_;
  std::vector<Endpoint> endpoints_;
  std::size_t endpoint_ = 0;  // in use
  EventLoop event_loop_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<Connection*> idle_;
  SteadyTime idle_since_;  // since when idle_ has been non-empty without interruption; tells generator lag from waiting for a connection
  ReceiveArena arena_;
  HttpParser whole_parser_{HttpParser::Kind::response, reply_limits};  // for replies that arrive whole, as nearly all do
  std::vector<Connection*> prepared_;
  RequestSource* source_ = nullptr;
  std::size_t opening_ = 0, busy_ = 0;
  bool running_ = false, interrupted_ = false;
  const SignalWatcher signals_{event_loop_, [this] { interrupted_ = true; }};
};

ConnectionPool::ConnectionPool(ConnectionPoolOptions options) : loop_(std::make_unique<Loop>(std::move(options))) {}
ConnectionPool::~ConnectionPool() = default;
std::size_t ConnectionPool::connect(RequestSource& source) { return loop_->connect(source); }
void ConnectionPool::wait_until(SteadyTime time) { loop_->wait_until(time); }
void ConnectionPool::run(RequestSource& source) { loop_->run(source); }
bool ConnectionPool::interrupted() const { return loop_->interrupted(); }

}  // namespace meterproof::net
