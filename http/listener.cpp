#include "http/listener.hpp"

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <unordered_set>
#include <utility>

namespace meterproof::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 413: return "Content Too Large";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Other";
  }
}

class Listener::Server {
 public:
  Server(ListenerOptions options, Handler handler, Handler on_broken)
      : options_(std::move(options)),
        handler_(std::move(handler)),
        on_broken_(std::move(on_broken)),
        acceptor_(context_),
        sweep_(context_),
        signals_(context_) {
    error_code error;
    const auto address = asio::ip::make_address(options_.host == "localhost" ? "127.0.0.1" : options_.host, error);
    if (error) throw std::runtime_error("--host " + options_.host + " is no IP address; write one, like 127.0.0.1 or 0.0.0.0");
    const tcp::endpoint endpoint(address, options_.port);
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(4096, error);
    if (error)
      throw std::runtime_error("cannot listen on " + options_.host + ":" + std::to_string(options_.port) + ": " + error.message() +
                               "; choose another with --port, or --port 0 for any free one");
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::size_t connections() const { return connections_.size(); }

  void run(bool signals) {
    if (signals) {
      signals_.add(SIGTERM);
      signals_.add(SIGINT);
      signals_.async_wait([this](error_code error, int) {
        if (!error) drain();
      });
    }
    accept();
    sweep();
    context_.run();
  }

  void stop() {
    asio::post(context_, [this] { drain(); });
  }

 private:
  class Connection;
  friend class Connection;

  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) {  // out of file descriptors, most likely: wait, rather than spin
        retry_accept_ = true;
        return;
      }
      admit(std::move(socket));
      accept();
    });
  }

  void admit(tcp::socket socket);
  void drain();
  void sweep();
  void forget(const std::shared_ptr<Connection>& connection);

  ListenerOptions options_;
  Handler handler_;
  Handler on_broken_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer sweep_;
  asio::signal_set signals_;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  bool draining_ = false;
  bool retry_accept_ = false;
  Clock::time_point drain_until_;
};

/// One peer. Requests are read, answered and written in order; while a reply waits, nothing more is read.
class Listener::Server::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Server& server, tcp::socket socket)
      : server_(server), socket_(std::move(socket)), timer_(server.context_), parser_(wire::HttpParser::Kind::request, server.options_.limits) {
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(tcp::no_delay(true), ignored);
    expect(server_.options_.idle);
  }

  void start() { wait_readable(); }

  /// After `stop`: a connection between two requests ends now, any other after its reply.
  void drain() {
    closing_ = true;
    if (!parser_.started() && out_.empty() && !paused_) close();
  }

  bool overdue(Clock::time_point now) const { return now >= deadline_; }

  void close() {
    if (closed_) return;
    closed_ = true;
    error_code ignored;
    timer_.cancel();
    socket_.close(ignored);
    server_.forget(shared_from_this());
  }

 private:
  static constexpr std::size_t read_size = 16384;
  static constexpr std::chrono::milliseconds lingering_time{1000};

  void expect(std::chrono::milliseconds span) { deadline_ = Clock::now() + span; }

  void wait_readable() {
    if (closed_ || reading_) return;
    reading_ = true;
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
      self->reading_ = false;
      if (!error && !self->closed_) self->read();
    });
  }

  void read() {
    const std::size_t kept = in_.size();
    in_.resize(kept + read_size);
    const ssize_t got = ::recv(socket_.native_handle(), in_.data() + kept, read_size, 0);
    in_.resize(kept + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0) return errno == EAGAIN || errno == EINTR ? wait_readable() : close();
    if (got == 0) {  // the peer has no more to say; what it asked before is still answered
      if (lingering_ || (out_.empty() && !paused_)) return close();
      closing_ = true;
      return;
    }
    if (lingering_) {  // told already that we close: its rest is read so that our last words are not lost
      in_.clear();
      return wait_readable();
    }
    work();
  }

  /// Answers every whole request at hand and writes; again, where a full output had to be written before going on.
  void work() {
    do answer_requests();
    while (flush() && stalled_);
  }

  void answer_requests() {
    stalled_ = false;
    while (!paused_ && !hang_up_ && used_ < in_.size()) {
      stalled_ = out_.size() >= server_.options_.max_pending_output;
      if (stalled_) break;
      const bool header_was_done = parser_.header_done();
      if (!parser_.started()) expect(server_.options_.header);
      const std::size_t taken = parser_.feed(std::string_view(in_).substr(used_));
      used_ += taken;
      const wire::HttpState state = parser_.state();
      if (state == wire::HttpState::need_more) {
        if (parser_.header_done() && !header_was_done) begin_body();
        if (taken == 0) break;
        continue;
      }
      respond(state);
    }
    in_.erase(0, used_);
    used_ = 0;
  }

  void begin_body() {
    expect(server_.options_.body);
    if (parser_.expects_continue()) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
  }

  void respond(wire::HttpState state) {
    reply_.status = 200;
    reply_.body.clear();
    reply_.extra_headers.clear();
    reply_.close = false;
    reply_.mishap = Mishap::none;
    reply_.delay = {};
    reply_.content_type = Response().content_type;
    if (state == wire::HttpState::complete) {
      server_.handler_(parser_, reply_);
      if (!parser_.keep_alive()) reply_.close = true;
    } else {
      reply_.status = state == wire::HttpState::header_too_large ? 431 : state == wire::HttpState::body_too_large ? 413 : 400;
      reply_.close = true;
      server_.on_broken_(parser_, reply_);
    }
    if (closing_) reply_.close = true;
    const bool head = parser_.method() == "HEAD";
    parser_.reset();
    expect(server_.options_.idle);
    if (reply_.delay.count() > 0 || reply_.mishap != Mishap::none) return deliver_oddly();
    append_reply(out_, head);
    if (reply_.close) hang_up_ = true;
  }

  void append_reply(std::string& out, bool head) const {
    char digits[24];
    const auto append_number = [&](std::size_t number) { out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr); };
    out += "HTTP/1.1 ";
    append_number(static_cast<std::size_t>(reply_.status));
    out += ' ';
    out += reason_phrase(reply_.status);
    out += "\r\nContent-Type: ";
    out += reply_.content_type;
    out += "\r\nContent-Length: ";
    append_number(reply_.body.size());
    out += "\r\n";
    out += reply_.extra_headers;
    if (reply_.close) out += "Connection: close\r\n";
    out += "\r\n";
    if (!head) out += reply_.body;
  }

  // An injected fault: the reply comes late, broken, or byte by byte. Only this connection waits.
  void deliver_oddly() {
    paused_ = true;
    std::string bytes;
    if (reply_.mishap == Mishap::garbage) bytes = "\x16\x03\x01\x02 this is not HTTP \xff\xfe\r\n\r\n";
    else append_reply(bytes, false);
    if (reply_.mishap == Mishap::truncated) bytes.resize(bytes.size() - std::max<std::size_t>(1, reply_.body.size() / 2));
    const bool broken = reply_.mishap == Mishap::garbage || reply_.mishap == Mishap::truncated || reply_.mishap == Mishap::reset;
    if (broken || reply_.close) hang_up_ = true;
    if (reply_.mishap == Mishap::reset) bytes.clear();
    expect(reply_.delay * static_cast<int>(reply_.mishap == Mishap::drip ? bytes.size() + 1 : 1) + server_.options_.write);
    if (reply_.mishap == Mishap::drip) return drip(std::move(bytes), 0, std::max(reply_.delay, std::chrono::milliseconds(1)));
    later(reply_.delay, [this, bytes = std::move(bytes), reset = reply_.mishap == Mishap::reset] {
      if (reset) return abort();
      out_ += bytes;
      resume();
    });
  }

  template <class Then>
  void later(std::chrono::milliseconds delay, Then then) {
    timer_.expires_after(delay);
    timer_.async_wait([self = shared_from_this(), then = std::move(then)](error_code error) mutable {
      if (!error && !self->closed_) then();
    });
  }

  void drip(std::string bytes, std::size_t at, std::chrono::milliseconds pause) {
    if (at == bytes.size()) return resume();
    later(pause, [this, bytes = std::move(bytes), at, pause]() mutable {
      if (::send(socket_.native_handle(), bytes.data() + at, 1, MSG_NOSIGNAL) < 0 && errno != EAGAIN) return close();
      drip(std::move(bytes), at + 1, pause);
    });
  }

  void resume() {
    paused_ = false;
    expect(server_.options_.idle);
    work();
  }

  void abort() {
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    close();
  }

  /// Whether everything is written, and the connection may go on.
  bool flush() {
    if (closed_ || writing_) return false;
    std::size_t sent = 0;
    while (sent < out_.size()) {
      const ssize_t wrote = ::send(socket_.native_handle(), out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0 && errno == EAGAIN) break;
      if (wrote < 0) {
        close();
        return false;
      }
      sent += static_cast<std::size_t>(wrote);
    }
    out_.erase(0, sent);
    if (!out_.empty()) wait_writable();
    else if (paused_) return false;
    else if (hang_up_ || (closing_ && !parser_.started() && !stalled_)) hang_up();
    else if (!stalled_) wait_readable();
    return out_.empty() && !hang_up_;
  }

  void wait_writable() {
    writing_ = true;
    expect(server_.options_.write);
    socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](error_code error) {
      self->writing_ = false;
      if (!error && !self->closed_ && self->flush() && self->stalled_) self->work();
    });
  }

  /// Says goodbye, and reads on for a moment: a close with unread bytes would tear up the reply on its way.
  void hang_up() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    lingering_ = true;
    in_.clear();
    expect(lingering_time);
    wait_readable();
  }

  Server& server_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  wire::HttpParser parser_;
  Response reply_;
  std::string in_, out_;
  std::size_t used_ = 0;
  Clock::time_point deadline_;
  bool reading_ = false, writing_ = false, paused_ = false;
  bool stalled_ = false;  // requests wait until the output is written
  bool closing_ = false;  // nothing new is begun
  bool hang_up_ = false;  // close as soon as everything is written
  bool lingering_ = false;
  bool closed_ = false;
};

void Listener::Server::admit(tcp::socket socket) {
  if (connections_.size() >= options_.max_connections) {
    constexpr std::string_view full =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    (void)::send(socket.native_handle(), full.data(), full.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return;
  }
  const auto connection = std::make_shared<Connection>(*this, std::move(socket));
  connections_.insert(connection);
  connection->start();
}

void Listener::Server::forget(const std::shared_ptr<Connection>& connection) {
  connections_.erase(connection);
  if (draining_ && connections_.empty()) context_.stop();
}

void Listener::Server::drain() {
  if (draining_) return;
  draining_ = true;
  drain_until_ = Clock::now() + options_.drain;
  error_code ignored;
  acceptor_.close(ignored);
  signals_.cancel(ignored);
  const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->drain();
  if (connections_.empty()) context_.stop();
}

void Listener::Server::sweep() {
  constexpr std::chrono::milliseconds period{100};
  sweep_.expires_after(period);
  sweep_.async_wait([this](error_code error) {
    if (error) return;
    const auto now = Clock::now();
    std::vector<std::shared_ptr<Connection>> late;
    for (const auto& connection : connections_)
      if (connection->overdue(now) || (draining_ && now >= drain_until_)) late.push_back(connection);
    for (const auto& connection : late) connection->close();
    if (std::exchange(retry_accept_, false)) accept();
    if (!draining_ || !connections_.empty()) sweep();
  });
}

Listener::Listener(ListenerOptions options, Handler handler, Handler on_broken)
    : server_(std::make_unique<Server>(std::move(options), std::move(handler), std::move(on_broken))) {}
Listener::~Listener() = default;
std::uint16_t Listener::port() const { return server_->port(); }
std::size_t Listener::connections() const { return server_->connections(); }
void Listener::run(bool signals) { server_->run(signals); }
void Listener::stop() { server_->stop(); }

}  // namespace meterproof::http
