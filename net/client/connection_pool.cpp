#include "net/client/connection_pool.hpp"

#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <stdexcept>
#include <utility>
#include <vector>

#include "net/receive_arena.hpp"

namespace meterproof::net {

using Clock = std::chrono::steady_clock;
using Interest = EventLoop::Interest;

namespace {

constexpr std::chrono::milliseconds tick_period{50};
constexpr std::size_t spare_files = 64;  // beside the connections
constexpr net::HttpLimits reply_limits{1UL << 16U, 1UL << 24U};

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Endpoint resolve(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0 || found == nullptr) throw std::runtime_error("cannot resolve " + address.host + ": " + ::gai_strerror(error));
  Endpoint out;
  out.size = found->ai_addrlen;
  std::copy_n(reinterpret_cast<const char*>(found->ai_addr), found->ai_addrlen, reinterpret_cast<char*>(&out.storage));  // NOLINT(*-reinterpret-cast)
  ::freeaddrinfo(found);
  return out;
}

TransportResult why_not_connected(int error) {
  switch (error) {
    case ECONNREFUSED: return TransportResult::refused;
    case EADDRNOTAVAIL: return TransportResult::no_port;
    case EMFILE:
    case ENFILE: return TransportResult::no_file;
    default: return TransportResult::timed_out;
  }
}

}  // namespace

class ConnectionPool::Loop {
 public:
  explicit Loop(ConnectionPoolOptions options) : options_(std::move(options)), endpoint_(resolve(options_.address)) {
    const std::size_t files = raise_file_limit();
    if (files < options_.connections + spare_files)
      throw std::runtime_error("--connections " + std::to_string(options_.connections) + ": this system lets a process open " + std::to_string(files) +
                               " files; raise it (ulimit -n), or take fewer connections");
    ::prctl(PR_SET_TIMERSLACK, 1UL);  // wake up when it is due, not up to 50 us later
    for (std::size_t i = 0; i < options_.connections; ++i) slots_.push_back(std::make_unique<Connection>(*this, i));
  }

  std::size_t connect(RequestSource& source) {
    driver_ = &source;
    for (auto& slot : slots_)
      if (slot->state == State::closed) open(*slot);
    const auto deadline = Clock::now() + options_.connecting;
    while (opening_ > 0 && !interrupted_ && Clock::now() < deadline) reactor_.run_once(deadline);
    return idle_.size();
  }

  void wait_until(SteadyTime time) {
    while (!interrupted_ && Clock::now() < time) reactor_.run_once(time);
  }

  void run(RequestSource& source) {
    driver_ = &source;
    running_ = true;
    SteadyTime next_tick = Clock::now() + tick_period;
    for (;;) {
      const auto now = Clock::now();
      if (now >= next_tick) {
        on_tick();
        next_tick = now + tick_period;
      }
      const SteadyTime due = pump(now);  // after the replies that came together: each has waited since it came
      if (busy_ == 0 && (interrupted_ || driver_->next_due(now) == SteadyTime::max())) break;
      reactor_.run_once(std::min(due, next_tick));
    }
    running_ = false;
  }

  bool interrupted() const { return interrupted_; }

 private:
  enum class State { closed, opening, idle, busy };

  struct Connection final : EventLoop::EventHandler {
    Connection(Loop& owner, std::size_t number) : loop(owner), at(number) {}
    void ready(EventLoop::Readiness what) override { loop.ready(*this, what); }
    void settle() override { loop.use(*this); }

    Loop& loop;
    std::size_t at;
    Fd socket;
    std::unique_ptr<net::HttpParser> parser;  // of a reply that comes in parts
    std::string out;
    std::size_t sent = 0;
    std::string_view fresh;  // what came in this turn
    SteadyTime came;         // and when
    std::string in;
    SteadyTime deadline;
    State state = State::closed;
    bool blocked = false;  // the socket takes no more for now
  };

  void open(Connection& slot) {
    slot.socket = Fd(::socket(endpoint_.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int yes = 1;
    ::setsockopt(slot.socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const auto* address = reinterpret_cast<const sockaddr*>(&endpoint_.storage);  // NOLINT(*-reinterpret-cast)
    if (!slot.socket || (::connect(slot.socket.get(), address, endpoint_.size) != 0 && errno != EINPROGRESS)) {
      driver_->on_connect_error(why_not_connected(errno));
      slot.socket.close();
      return;
    }
    slot.state = State::opening;
    slot.deadline = Clock::now() + options_.connecting;
    ++opening_;
    reactor_.watch(slot.socket.get(), slot, Interest::writing);
  }

  void opened(Connection& slot) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(slot.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      driver_->on_connect_error(why_not_connected(error));
      return shut(slot);
    }
    --opening_;
    reactor_.change(slot.socket.get(), slot, Interest::read_edge);
    is_idle(slot, Clock::now());
    if (running_) pump(Clock::now());
  }

  void shut(Connection& slot) {
    reactor_.forget(slot.socket.get(), slot);
    slot.socket.close();
    if (slot.state == State::idle) std::erase(idle_, &slot);
    if (slot.state == State::opening) --opening_;
    if (slot.state == State::busy) --busy_;
    slot.state = State::closed;
    slot.blocked = false;
    if (!std::exchange(slot.fresh, {}).empty()) inbox_.release();
    slot.in.clear();
    slot.parser.reset();
  }

  /// The connection is gone, and with it the reply to its request; it is opened anew.
  void fail(Connection& slot, TransportResult why) {
    const bool waited = slot.state == State::busy;
    shut(slot);
    if (waited) driver_->on_error(slot.at, Clock::now(), why);
    if (!interrupted_) open(slot);
  }

  void ready(Connection& slot, EventLoop::Readiness what) {
    if (slot.state == State::opening) return opened(slot);
    if (what.writable && slot.blocked) {
      slot.blocked = false;
      reactor_.change(slot.socket.get(), slot, Interest::read_edge);
      write(slot);
    }
    if (what.readable && slot.state != State::closed) read(slot, what.ended);
  }

  void read(Connection& slot, bool ended) {
    const ssize_t got = ::recv(slot.socket.get(), inbox_.reserve(), ReceiveArena::chunk, 0);
    if (got < 0 && errno == EINTR) reactor_.change(slot.socket.get(), slot, Interest::read_edge);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got < 0) return fail(slot, TransportResult::reset);
    if (got == 0) {
      if (slot.parser != nullptr && slot.state == State::busy && slot.parser->header_done()) {
        slot.parser->finish();
        if (slot.parser->state() == net::HttpState::complete) complete(slot, Clock::now(), *slot.parser);
      }
      return fail(slot, TransportResult::closed);
    }
    if (slot.state != State::busy) return fail(slot, TransportResult::no_http);  // a reply to nothing
    if (ended || got == ReceiveArena::chunk) reactor_.change(slot.socket.get(), slot, Interest::read_edge);
    slot.fresh = inbox_.commit(static_cast<std::size_t>(got));
    slot.came = Clock::now();
    reactor_.defer_to_batch_end(slot);
  }

  void use(Connection& slot) {
    look_at(slot, std::exchange(slot.fresh, {}));
    inbox_.release();
  }

  void look_at(Connection& slot, std::string_view fresh) {
    if (slot.parser == nullptr) {
      if (const std::size_t taken = plain_.feed_complete(fresh); taken > 0) {
        use_reply(slot, plain_, taken == fresh.size());
        return plain_.reset();
      }
      slot.parser = std::make_unique<net::HttpParser>(net::HttpParser::Kind::response, reply_limits);
    }
    std::string join;
    if (!slot.in.empty()) {
      join = std::move(slot.in);
      join += fresh;
      fresh = join;
      slot.in.clear();
    }
    while (!fresh.empty() && slot.parser->state() == net::HttpState::need_more) {
      const std::size_t taken = slot.parser->feed(fresh);
      if (taken == 0) break;
      fresh.remove_prefix(taken);
    }
    if (slot.parser->state() == net::HttpState::need_more) {
      slot.in = std::string(fresh);
      return;
    }
    use_reply(slot, *std::exchange(slot.parser, nullptr), fresh.empty());
  }

  /// `alone`: nothing came behind it.
  void use_reply(Connection& slot, const net::HttpParser& reply, bool alone) {
    if (reply.state() != net::HttpState::complete || !alone) return fail(slot, TransportResult::no_http);
    // A reply that came before its request was out leaves a connection in the middle of that request.
    const bool commit = reply.keep_alive() && slot.sent == slot.out.size();
    complete(slot, slot.came, reply);
    if (!commit) return fail(slot, TransportResult::closed);
  }

  void complete(Connection& slot, SteadyTime now, const net::HttpParser& reply) {
    --busy_;
    driver_->on_response(slot.at, now, reply);
    is_idle(slot, now);
  }

  void is_idle(Connection& slot, SteadyTime now) {
    slot.state = State::idle;
    if (idle_.empty()) idle_since_ = now;
    idle_.push_back(&slot);
  }

  /// Everything that is due goes out, as long as there are idle connections. When it must be looked at again.
  SteadyTime pump(SteadyTime now) {
    SteadyTime again = make_request(now);
    while (!filled_.empty()) {
      for (Connection* slot : filled_) {
        const SteadyTime leaving = Clock::now();
        driver_->on_sent(slot->at, leaving, idle_since_);
        slot->deadline = leaving + options_.timeout;
        write(*slot);
      }
      again = make_request(Clock::now());
    }
    return again;
  }

  /// Makes what is due, a few requests at once.
  SteadyTime make_request(SteadyTime now) {
    filled_.clear();
    while (!interrupted_ && !idle_.empty() && filled_.size() < EventLoop::most_ready) {
      const SteadyTime due = driver_->next_due(now);
      if (due > now) return due;
      Connection& slot = *idle_.front();
      idle_.pop_front();
      slot.state = State::busy;
      slot.sent = 0;
      slot.out.clear();
      driver_->make_request(slot.at, now, slot.out);
      ++busy_;
      filled_.push_back(&slot);
    }
    return now + tick_period;  // a reply frees a connection, and pumps
  }

  void write(Connection& slot) {
    while (slot.sent < slot.out.size()) {
      const ssize_t wrote = ::send(slot.socket.get(), slot.out.data() + slot.sent, slot.out.size() - slot.sent, MSG_NOSIGNAL);
      if (wrote > 0) {
        slot.sent += static_cast<std::size_t>(wrote);
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return fail(slot, TransportResult::reset);
      slot.blocked = true;
      reactor_.change(slot.socket.get(), slot, Interest::both);
      return;
    }
  }

  void on_tick() {
    const auto now = Clock::now();
    for (auto& slot : slots_) {
      if (slot->state == State::busy && now >= slot->deadline) {
        fail(*slot, TransportResult::timed_out);
      } else if (slot->state == State::opening && now >= slot->deadline) {
        driver_->on_connect_error(TransportResult::timed_out);
        shut(*slot);
      } else if (slot->state == State::closed && !interrupted_) {
        open(*slot);
      }
    }
    driver_->on_tick(now);
  }

  ConnectionPoolOptions options_;
  Endpoint endpoint_;
  EventLoop reactor_;
  std::vector<std::unique_ptr<Connection>> slots_;
  std::deque<Connection*> idle_;
  SteadyTime idle_since_;  // from when on there was always one
  ReceiveArena inbox_;
  net::HttpParser plain_{net::HttpParser::Kind::response, reply_limits};  // for replies that come whole, as nearly all do
  std::vector<Connection*> filled_;
  RequestSource* driver_ = nullptr;
  std::size_t opening_ = 0, busy_ = 0;
  bool running_ = false, interrupted_ = false;
  const SignalWatcher signals_{reactor_, [this] { interrupted_ = true; }};
};

ConnectionPool::ConnectionPool(ConnectionPoolOptions options) : loop_(std::make_unique<Loop>(std::move(options))) {}
ConnectionPool::~ConnectionPool() = default;
std::size_t ConnectionPool::connect(RequestSource& source) { return loop_->connect(source); }
void ConnectionPool::wait_until(SteadyTime time) { loop_->wait_until(time); }
void ConnectionPool::run(RequestSource& source) { loop_->run(source); }
bool ConnectionPool::interrupted() const { return loop_->interrupted(); }

}  // namespace meterproof::net
