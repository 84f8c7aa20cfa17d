#include "http/swarm.hpp"

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <deque>
#include <stdexcept>
#include <vector>

namespace meterproof::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

class Swarm::Loop {
 public:
  explicit Loop(SwarmOptions options) : options_(std::move(options)), due_(context_), ticker_(context_), signals_(context_) {
    error_code error;
    tcp::resolver resolver(context_);
    const auto found = resolver.resolve(options_.address.host, std::to_string(options_.address.port), error);
    if (error || found.empty()) throw std::runtime_error("cannot resolve " + options_.address.host + ": " + error.message());
    endpoint_ = found.begin()->endpoint();
    for (std::size_t i = 0; i < options_.connections; ++i) slots_.push_back(std::make_unique<Slot>(context_));
  }

  std::size_t connect(Driver& driver) {
    driver_ = &driver;
    for (std::size_t i = 0; i < slots_.size(); ++i) open(i);
    const auto deadline = Clock::now() + options_.connecting;
    while (opening_ > 0 && Clock::now() < deadline) context_.run_one_until(deadline);
    return idle_.size();
  }

  void run(Driver& driver) {
    driver_ = &driver;
    running_ = true;
    signals_.add(SIGINT);
    signals_.add(SIGTERM);
    signals_.async_wait([this](error_code error, int) {
      if (error) return;
      interrupted_ = true;
      finish_if_done();
    });
    tick();
    pump();
    context_.run();
    signals_.clear();
  }

  bool interrupted() const { return interrupted_; }

 private:
  enum class State { closed, opening, idle, busy };

  struct Slot {
    explicit Slot(asio::io_context& context) : socket(context), parser(wire::HttpParser::Kind::response, {1UL << 16U, 1UL << 24U}) {}
    tcp::socket socket;
    wire::HttpParser parser;
    std::string out;
    std::size_t sent = 0;
    std::string in;
    SteadyTime deadline;
    State state = State::closed;
    bool reading = false;
    unsigned generation = 0;  // of the socket: handlers of a closed one are out of date
  };

  void open(std::size_t at) {
    Slot& slot = *slots_[at];
    slot.state = State::opening;
    slot.deadline = Clock::now() + options_.connecting;
    ++opening_;
    const unsigned generation = ++slot.generation;
    slot.socket.async_connect(endpoint_, [this, at, generation](error_code error) {
      Slot& opened = *slots_[at];
      if (generation != opened.generation) return;
      --opening_;
      if (error) {
        driver_->not_connected(error == asio::error::connection_refused ? Outcome::refused : Outcome::timed_out);
        return shut(at);
      }
      error_code ignored;
      opened.socket.non_blocking(true, ignored);
      opened.socket.set_option(tcp::no_delay(true), ignored);
      opened.state = State::idle;
      idle_.push_back(at);
      wait_readable(at);
      if (running_) pump();
    });
  }

  void shut(std::size_t at) {
    Slot& slot = *slots_[at];
    error_code ignored;
    slot.socket.close(ignored);
    ++slot.generation;
    if (slot.state == State::idle) std::erase(idle_, at);
    slot.state = State::closed;
    slot.reading = false;
    slot.in.clear();
    slot.parser.reset();
  }

  /// A request that got no reply: the driver is told, and the connection opened anew.
  void fail(std::size_t at, Outcome why) {
    Slot& slot = *slots_[at];
    if (slot.state == State::busy) {
      --busy_;
      driver_->failed(at, Clock::now(), why);
    }
    shut(at);
    if (!finish_if_done()) open(at);
  }

  void wait_readable(std::size_t at) {
    Slot& slot = *slots_[at];
    if (slot.reading) return;
    slot.reading = true;
    const unsigned generation = slot.generation;
    slot.socket.async_wait(tcp::socket::wait_read, [this, at, generation](error_code error) {
      Slot& ready = *slots_[at];
      if (generation != ready.generation) return;
      ready.reading = false;
      if (error) return fail(at, Outcome::reset);
      read(at);
    });
  }

  void read(std::size_t at) {
    Slot& slot = *slots_[at];
    const ssize_t got = ::recv(slot.socket.native_handle(), chunk_.data(), chunk_.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return wait_readable(at);
    if (got < 0) return fail(at, Outcome::reset);
    if (got == 0) {
      if (slot.state == State::busy && slot.parser.header_done()) slot.parser.finish();
      if (slot.parser.state() == wire::HttpState::complete) {
        complete(at);
        return fail(at, Outcome::closed);
      }
      return fail(at, Outcome::closed);
    }
    if (slot.state != State::busy) return fail(at, Outcome::no_http);  // a reply to nothing
    std::string_view fresh(chunk_.data(), static_cast<std::size_t>(got));
    if (!slot.in.empty()) {
      slot.in += fresh;
      fresh = slot.in;
    }
    std::size_t used = 0;
    while (used < fresh.size() && slot.parser.state() == wire::HttpState::need_more) {
      const std::size_t taken = slot.parser.feed(fresh.substr(used));
      if (taken == 0) break;
      used += taken;
    }
    if (slot.parser.state() == wire::HttpState::need_more) {
      slot.in = std::string(fresh.substr(used));
      return wait_readable(at);
    }
    if (slot.parser.state() != wire::HttpState::complete) return fail(at, Outcome::no_http);
    slot.in.clear();
    const bool keep = slot.parser.keep_alive();
    complete(at);
    if (!keep) return fail(at, Outcome::closed);
    wait_readable(at);
    pump();
    finish_if_done();
  }

  void complete(std::size_t at) {
    Slot& slot = *slots_[at];
    --busy_;
    slot.state = State::idle;
    driver_->replied(at, Clock::now(), slot.parser);
    slot.parser.reset();
    idle_.push_back(at);
  }

  /// Everything that is due goes out, as long as there are idle connections.
  void pump() {
    while (!idle_.empty() && !interrupted_) {
      const SteadyTime due = driver_->next_due();
      const auto now = Clock::now();
      if (due > now) return wake_at(due);
      const std::size_t at = idle_.front();
      idle_.pop_front();
      Slot& slot = *slots_[at];
      slot.state = State::busy;
      slot.sent = 0;
      slot.out.clear();
      driver_->fill(at, now, slot.out);
      slot.deadline = now + options_.timeout;
      ++busy_;
      write(at);
    }
  }

  void write(std::size_t at) {
    Slot& slot = *slots_[at];
    while (slot.sent < slot.out.size()) {
      const ssize_t wrote = ::send(slot.socket.native_handle(), slot.out.data() + slot.sent, slot.out.size() - slot.sent, MSG_NOSIGNAL);
      if (wrote > 0) {
        slot.sent += static_cast<std::size_t>(wrote);
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return fail(at, Outcome::reset);
      const unsigned generation = slot.generation;
      slot.socket.async_wait(tcp::socket::wait_write, [this, at, generation](error_code error) {
        if (generation != slots_[at]->generation) return;
        if (error) return fail(at, Outcome::reset);
        write(at);
      });
      return;
    }
  }

  void wake_at(SteadyTime due) {
    if (due == SteadyTime::max()) {
      finish_if_done();
      return;
    }
    if (waking_ && wake_time_ <= due) return;
    waking_ = true;
    wake_time_ = due;
    due_.expires_at(due);
    due_.async_wait([this](error_code error) {
      if (error) return;
      waking_ = false;
      pump();
    });
  }

  void tick() {
    ticker_.expires_after(std::chrono::milliseconds(50));
    ticker_.async_wait([this](error_code error) {
      if (error) return;
      const auto now = Clock::now();
      for (std::size_t at = 0; at < slots_.size(); ++at) {
        const Slot& slot = *slots_[at];
        if (slot.state == State::busy && now >= slot.deadline) fail(at, Outcome::timed_out);
        else if (slot.state == State::opening && now >= slot.deadline) --opening_, shut(at);
        else if (slot.state == State::closed && !ending()) open(at);
      }
      if (++ticks_ % 5 == 0) driver_->tick(now);
      pump();
      if (!finish_if_done()) tick();
    });
  }

  bool ending() { return interrupted_ || driver_->next_due() == SteadyTime::max(); }

  bool finish_if_done() {
    if (!running_ || busy_ > 0 || !ending()) return false;
    context_.stop();
    return true;
  }

  SwarmOptions options_;
  asio::io_context context_{1};
  asio::steady_timer due_;
  asio::steady_timer ticker_;
  asio::signal_set signals_;
  tcp::endpoint endpoint_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::deque<std::size_t> idle_;
  std::array<char, 65536> chunk_;
  Driver* driver_ = nullptr;
  std::size_t opening_ = 0, busy_ = 0;
  unsigned ticks_ = 0;
  bool running_ = false, interrupted_ = false, waking_ = false;
  SteadyTime wake_time_;
};

Swarm::Swarm(SwarmOptions options) : loop_(std::make_unique<Loop>(std::move(options))) {}
Swarm::~Swarm() = default;
std::size_t Swarm::connect(Driver& driver) { return loop_->connect(driver); }
void Swarm::run(Driver& driver) { loop_->run(driver); }
bool Swarm::interrupted() const { return loop_->interrupted(); }

}  // namespace meterproof::http
