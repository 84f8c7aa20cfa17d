#include "http/swarm.hpp"

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

#include "http/inbox.hpp"

namespace meterproof::http {

using Clock = std::chrono::steady_clock;
using Interest = Reactor::Interest;

namespace {

constexpr std::chrono::milliseconds tick_period{50};
constexpr std::size_t spare_files = 64;  // beside the connections
constexpr wire::HttpLimits reply_limits{1UL << 16U, 1UL << 24U};

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

Outcome why_not_connected(int error) {
  switch (error) {
    case ECONNREFUSED: return Outcome::refused;
    case EADDRNOTAVAIL: return Outcome::no_port;
    case EMFILE:
    case ENFILE: return Outcome::no_file;
    default: return Outcome::timed_out;
  }
}

}  // namespace

class Swarm::Loop {
 public:
  explicit Loop(SwarmOptions options) : options_(std::move(options)), endpoint_(resolve(options_.address)) {
    const std::size_t files = raise_file_limit();
    if (files < options_.connections + spare_files)
      throw std::runtime_error("--connections " + std::to_string(options_.connections) + ": this system lets a process open " + std::to_string(files) +
                               " files; raise it (ulimit -n), or take fewer connections");
    ::prctl(PR_SET_TIMERSLACK, 1UL);  // wake up when it is due, not up to 50 us later
    for (std::size_t i = 0; i < options_.connections; ++i) slots_.push_back(std::make_unique<Slot>(*this, i));
  }

  std::size_t connect(Driver& driver) {
    driver_ = &driver;
    for (auto& slot : slots_)
      if (slot->state == State::closed) open(*slot);
    const auto deadline = Clock::now() + options_.connecting;
    while (opening_ > 0 && !interrupted_ && Clock::now() < deadline) reactor_.turn(deadline);
    return idle_.size();
  }

  void wait_until(SteadyTime time) {
    while (!interrupted_ && Clock::now() < time) reactor_.turn(time);
  }

  void run(Driver& driver) {
    driver_ = &driver;
    running_ = true;
    SteadyTime next_tick = Clock::now() + tick_period;
    for (;;) {
      const auto now = Clock::now();
      if (now >= next_tick) {
        tick();
        next_tick = now + tick_period;
      }
      const SteadyTime due = pump(now);  // after the replies that came together: each has waited since it came
      if (busy_ == 0 && (interrupted_ || driver_->next_due(now) == SteadyTime::max())) break;
      reactor_.turn(std::min(due, next_tick));
    }
    running_ = false;
  }

  bool interrupted() const { return interrupted_; }

 private:
  enum class State { closed, opening, idle, busy };

  struct Slot final : Reactor::Watcher {
    Slot(Loop& owner, std::size_t number) : loop(owner), at(number) {}
    void ready(Reactor::Readiness what) override { loop.ready(*this, what); }
    void settle() override { loop.use(*this); }

    Loop& loop;
    std::size_t at;
    Fd socket;
    std::unique_ptr<wire::HttpParser> parser;  // of a reply that comes in parts
    std::string out;
    std::size_t sent = 0;
    std::string_view fresh;  // what came in this turn
    SteadyTime came;         // and when
    std::string in;
    SteadyTime deadline;
    State state = State::closed;
    bool blocked = false;  // the socket takes no more for now
  };

  void open(Slot& slot) {
    slot.socket = Fd(::socket(endpoint_.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int yes = 1;
    ::setsockopt(slot.socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const auto* address = reinterpret_cast<const sockaddr*>(&endpoint_.storage);  // NOLINT(*-reinterpret-cast)
    if (!slot.socket || (::connect(slot.socket.get(), address, endpoint_.size) != 0 && errno != EINPROGRESS)) {
      driver_->not_connected(why_not_connected(errno));
      slot.socket.close();
      return;
    }
    slot.state = State::opening;
    slot.deadline = Clock::now() + options_.connecting;
    ++opening_;
    reactor_.watch(slot.socket.get(), slot, Interest::writing);
  }

  void opened(Slot& slot) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(slot.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      driver_->not_connected(why_not_connected(error));
      return shut(slot);
    }
    --opening_;
    reactor_.change(slot.socket.get(), slot, Interest::arrivals);
    is_idle(slot, Clock::now());
    if (running_) pump(Clock::now());
  }

  void shut(Slot& slot) {
    reactor_.forget(slot.socket.get(), slot);
    slot.socket.close();
    if (slot.state == State::idle) std::erase(idle_, &slot);
    if (slot.state == State::opening) --opening_;
    if (slot.state == State::busy) --busy_;
    slot.state = State::closed;
    slot.blocked = false;
    if (!std::exchange(slot.fresh, {}).empty()) inbox_.give_back();
    slot.in.clear();
    slot.parser.reset();
  }

  /// The connection is gone, and with it the reply to its request; it is opened anew.
  void fail(Slot& slot, Outcome why) {
    const bool waited = slot.state == State::busy;
    shut(slot);
    if (waited) driver_->failed(slot.at, Clock::now(), why);
    if (!interrupted_) open(slot);
  }

  void ready(Slot& slot, Reactor::Readiness what) {
    if (slot.state == State::opening) return opened(slot);
    if (what.writable && slot.blocked) {
      slot.blocked = false;
      reactor_.change(slot.socket.get(), slot, Interest::arrivals);
      write(slot);
    }
    if (what.readable && slot.state != State::closed) read(slot, what.ended);
  }

  void read(Slot& slot, bool ended) {
    const ssize_t got = ::recv(slot.socket.get(), inbox_.room(), Inbox::chunk, 0);
    if (got < 0 && errno == EINTR) reactor_.change(slot.socket.get(), slot, Interest::arrivals);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got < 0) return fail(slot, Outcome::reset);
    if (got == 0) {
      if (slot.parser != nullptr && slot.state == State::busy && slot.parser->header_done()) {
        slot.parser->finish();
        if (slot.parser->state() == wire::HttpState::complete) complete(slot, Clock::now(), *slot.parser);
      }
      return fail(slot, Outcome::closed);
    }
    if (slot.state != State::busy) return fail(slot, Outcome::no_http);  // a reply to nothing
    if (ended || got == Inbox::chunk) reactor_.change(slot.socket.get(), slot, Interest::arrivals);
    slot.fresh = inbox_.keep(static_cast<std::size_t>(got));
    slot.came = Clock::now();
    reactor_.settle_later(slot);
  }

  void use(Slot& slot) {
    look_at(slot, std::exchange(slot.fresh, {}));
    inbox_.give_back();
  }

  void look_at(Slot& slot, std::string_view fresh) {
    if (slot.parser == nullptr) {
      if (const std::size_t taken = plain_.feed_whole(fresh); taken > 0) {
        use_reply(slot, plain_, taken == fresh.size());
        return plain_.reset();
      }
      slot.parser = std::make_unique<wire::HttpParser>(wire::HttpParser::Kind::response, reply_limits);
    }
    std::string joined;
    if (!slot.in.empty()) {
      joined = std::move(slot.in);
      joined += fresh;
      fresh = joined;
      slot.in.clear();
    }
    while (!fresh.empty() && slot.parser->state() == wire::HttpState::need_more) {
      const std::size_t taken = slot.parser->feed(fresh);
      if (taken == 0) break;
      fresh.remove_prefix(taken);
    }
    if (slot.parser->state() == wire::HttpState::need_more) {
      slot.in = std::string(fresh);
      return;
    }
    use_reply(slot, *std::exchange(slot.parser, nullptr), fresh.empty());
  }

  /// `alone`: nothing came behind it.
  void use_reply(Slot& slot, const wire::HttpParser& reply, bool alone) {
    if (reply.state() != wire::HttpState::complete || !alone) return fail(slot, Outcome::no_http);
    // A reply that came before its request was out leaves a connection in the middle of that request.
    const bool keep = reply.keep_alive() && slot.sent == slot.out.size();
    complete(slot, slot.came, reply);
    if (!keep) return fail(slot, Outcome::closed);
  }

  void complete(Slot& slot, SteadyTime now, const wire::HttpParser& reply) {
    --busy_;
    driver_->replied(slot.at, now, reply);
    is_idle(slot, now);
  }

  void is_idle(Slot& slot, SteadyTime now) {
    slot.state = State::idle;
    if (idle_.empty()) idle_since_ = now;
    idle_.push_back(&slot);
  }

  /// Everything that is due goes out, as long as there are idle connections. When it must be looked at again.
  SteadyTime pump(SteadyTime now) {
    SteadyTime again = fill(now);
    while (!filled_.empty()) {
      for (Slot* slot : filled_) {
        const SteadyTime leaving = Clock::now();
        driver_->leaves(slot->at, leaving, idle_since_);
        slot->deadline = leaving + options_.timeout;
        write(*slot);
      }
      again = fill(Clock::now());
    }
    return again;
  }

  /// Makes what is due, a few requests at once.
  SteadyTime fill(SteadyTime now) {
    filled_.clear();
    while (!interrupted_ && !idle_.empty() && filled_.size() < Reactor::most_ready) {
      const SteadyTime due = driver_->next_due(now);
      if (due > now) return due;
      Slot& slot = *idle_.front();
      idle_.pop_front();
      slot.state = State::busy;
      slot.sent = 0;
      slot.out.clear();
      driver_->fill(slot.at, now, slot.out);
      ++busy_;
      filled_.push_back(&slot);
    }
    return now + tick_period;  // a reply frees a connection, and pumps
  }

  void write(Slot& slot) {
    while (slot.sent < slot.out.size()) {
      const ssize_t wrote = ::send(slot.socket.get(), slot.out.data() + slot.sent, slot.out.size() - slot.sent, MSG_NOSIGNAL);
      if (wrote > 0) {
        slot.sent += static_cast<std::size_t>(wrote);
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return fail(slot, Outcome::reset);
      slot.blocked = true;
      reactor_.change(slot.socket.get(), slot, Interest::both);
      return;
    }
  }

  void tick() {
    const auto now = Clock::now();
    for (auto& slot : slots_) {
      if (slot->state == State::busy && now >= slot->deadline) {
        fail(*slot, Outcome::timed_out);
      } else if (slot->state == State::opening && now >= slot->deadline) {
        driver_->not_connected(Outcome::timed_out);
        shut(*slot);
      } else if (slot->state == State::closed && !interrupted_) {
        open(*slot);
      }
    }
    driver_->tick(now);
  }

  SwarmOptions options_;
  Endpoint endpoint_;
  Reactor reactor_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::deque<Slot*> idle_;
  SteadyTime idle_since_;  // from when on there was always one
  Inbox inbox_;
  wire::HttpParser plain_{wire::HttpParser::Kind::response, reply_limits};  // for replies that come whole, as nearly all do
  std::vector<Slot*> filled_;
  Driver* driver_ = nullptr;
  std::size_t opening_ = 0, busy_ = 0;
  bool running_ = false, interrupted_ = false;
  const Signals signals_{reactor_, [this] { interrupted_ = true; }};
};

Swarm::Swarm(SwarmOptions options) : loop_(std::make_unique<Loop>(std::move(options))) {}
Swarm::~Swarm() = default;
std::size_t Swarm::connect(Driver& driver) { return loop_->connect(driver); }
void Swarm::wait_until(SteadyTime time) { loop_->wait_until(time); }
void Swarm::run(Driver& driver) { loop_->run(driver); }
bool Swarm::interrupted() const { return loop_->interrupted(); }

}  // namespace meterproof::http
