// SPDX-License-Identifier: Apache-2.0
#include "net/server/http_server.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "core/threads/thread_group.hpp"
#include "net/server/server_connection.hpp"
#include "net/signal_watcher.hpp"

namespace meterproof::net {

using Clock = std::chrono::steady_clock;

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 511: return "Network Authentication Required";
    default: return "Other";
  }
}

namespace {

constexpr std::chrono::milliseconds sweep_period{100};  // how often timeouts are checked: they may be late by that much

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

/// Throws i18n::MessageError if `address` is not an IP address. Names are not resolved: a server must know the interface that it binds to.
Endpoint to_endpoint(const std::string& address, std::uint16_t port) {
  Endpoint out;
  auto& four = reinterpret_cast<sockaddr_in&>(out.storage);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
  auto& six = reinterpret_cast<sockaddr_in6&>(out.storage);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
  if (::inet_pton(AF_INET, address.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    out.size = sizeof four;
  } else if (::inet_pton(AF_INET6, address.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    out.size = sizeof six;
  } else {
    throw i18n::MessageError(i18n::msg<"usage.host">(address));
  }
  return out;
}

}  // namespace

/// One thread with its event loop and its connections. All members run on that thread, but `loop().post`.
class ServerThread {
 public:
  ServerThread(const ServerOptions& options, Handler handler, Handler on_bad_request, std::atomic<std::size_t>& count)
      : context_(options, loop_, std::move(handler), std::move(on_bad_request), [this](ServerConnection& connection) { retire(connection); }), count_(count) {}

  EventLoop& loop() { return loop_; }
  void before_replies(std::function<bool()> action) {
    loop_.before_batch_end([this, action = std::move(action)] { context_.replies_lost = !action(); });
  }

  void on_tls_failure(std::function<void(const PeerAddress&, const std::string&)> action) { context_.on_tls_failure = std::move(action); }

  void admit(Stream stream, const PeerAddress& peer) {
    auto connection = std::make_unique<ServerConnection>(context_, std::move(stream), peer);
    ServerConnection* key = connection.get();
    connections_.emplace(key, std::move(connection));
    if (draining_) key->close();
  }

  void run() {
    sweep();
    loop_.run();
    // The loop has stopped: destroy the connections here, while the loop still exists.
    const auto rest = std::move(connections_);
  }

  void drain() {
    draining_ = true;
    drain_until_ = Clock::now() + context_.options.drain;
    std::vector<ServerConnection*> all;  // a copy: drain() may retire connections
    for (const auto& [key, connection] : connections_) all.push_back(key);
    for (ServerConnection* connection : all) connection->drain();
    stop_when_empty();
  }

 private:
  /// A connection closes itself inside one of its own calls. It is destroyed after that, by a timer that is already due.
  void retire(ServerConnection& connection) {
    const auto found = connections_.find(&connection);
    if (found == connections_.end()) return;
    retired_.push_back(std::move(found->second));
    connections_.erase(found);
    --count_;
    if (retired_.size() == 1) loop_.at(Clock::now(), [this] { retired_.clear(); });
    stop_when_empty();
  }

  void stop_when_empty() {
    if (draining_ && connections_.empty()) loop_.stop();
  }

  void sweep() {
    loop_.at(Clock::now() + sweep_period, [this] {
      const auto now = Clock::now();
      std::vector<ServerConnection*> late;
      for (const auto& [key, connection] : connections_)
        if (key->timed_out(now) || (draining_ && now >= drain_until_)) late.push_back(key);
      for (ServerConnection* connection : late) connection->expire();
      sweep();
    });
  }

  EventLoop loop_;
  ConnectionContext context_;
  std::atomic<std::size_t>& count_;
  std::unordered_map<ServerConnection*, std::unique_ptr<ServerConnection>> connections_;
  std::vector<std::unique_ptr<ServerConnection>> retired_;  // closed, destroyed at the end of the batch
  SteadyTime drain_until_;
  bool draining_ = false;
};

/// Accepts connections on the first thread and assigns them to all threads, round-robin.
class HttpServer::Server final : private EventLoop::EventHandler {
 public:
  Server(ServerOptions options, const HandlerFactory& handler_factory, const HandlerFactory& bad_request_factory)
      : options_(std::move(options)), bodies_(options_.all_bodies) {
    options_.limits.all_bodies = &bodies_;
    bind();
    for (std::size_t i = 0; i < std::max<std::size_t>(options_.threads, 1); ++i)
      threads_.push_back(std::make_unique<ServerThread>(options_, handler_factory(i), bad_request_factory(i), count_));
  }

  std::uint16_t port() const {
    Endpoint bound;
    bound.size = sizeof bound.storage;
    ::getsockname(acceptors_.front().get(), reinterpret_cast<sockaddr*>(&bound.storage), &bound.size);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
    // sockaddr_in and sockaddr_in6 have the port at the same offset (ip(7), ipv6(7)).
    return ntohs(reinterpret_cast<const sockaddr_in&>(bound.storage).sin_port);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
  }

  std::size_t connections() const { return count_; }
  void on_tick(std::function<void()> action) { on_tick_ = std::move(action); }
  void on_hangup(std::function<void()> action) { on_hangup_ = std::move(action); }
  void on_accept_failure(std::function<void(int)> action) { on_accept_failure_ = std::move(action); }
  void on_tls_failure(const std::function<void(const PeerAddress&, const std::string&)>& action) {
    for (const auto& thread : threads_) thread->on_tls_failure(action);
  }
  void use_tls(std::shared_ptr<const TlsContext> tls) { options_.tls = std::move(tls); }
  void before_replies(const std::function<bool(std::size_t)>& action) {
    for (std::size_t i = 0; i < threads_.size(); ++i) threads_[i]->before_replies([action, i] { return action(i); });
  }

  void run(bool signals) {
    EventLoop& loop = threads_.front()->loop();
    std::optional<SignalWatcher> watched;
    if (signals)
      watched.emplace(
          loop, [this] { drain(); }, on_hangup_);
    for (const Fd& acceptor : acceptors_) loop.watch(acceptor.get(), *this, EventLoop::Interest::read);
    tick();
    core::ThreadGroup others;
    try {
      for (std::size_t i = 1; i < threads_.size(); ++i) others.start([this, thread = threads_[i].get()] { run_or_stop_all(*thread); });
    } catch (...) {  // no room for so many
      stop_all();
      throw;
    }
    run_or_stop_all(*threads_.front());
    others.join();
  }

  void stop() {
    threads_.front()->loop().post([this] { drain(); });
  }

  void while_idle(std::function<void()> action) {
    threads_.front()->loop().post([this, action = std::move(action)] {
      if (acceptors_.empty()) return;  // it ends
      const auto meeting = std::make_shared<Meeting>();
      for (std::size_t i = 1; i < threads_.size(); ++i) threads_[i]->loop().post([meeting] { meeting->come_and_wait(); });
      const std::shared_ptr<void> end(nullptr, [meeting](void*) { meeting->end(); });  // also where the action throws
      if (meeting->wait_for(threads_.size() - 1, one_failed_)) action();
    });
  }

 private:
  /// The other threads stand still while one of them does something to what all of them share.
  class Meeting {
   public:
    void come_and_wait() {
      std::unique_lock lock(mutex_);
      ++here_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return ended_; });
    }
    /// False where somebody will never come.
    bool wait_for(std::size_t others, const std::atomic<bool>& failed) {
      std::unique_lock lock(mutex_);
      while (here_ < others && !failed) changed_.wait_for(lock, sweep_period);
      return here_ >= others;
    }
    void end() {
      const std::scoped_lock lock(mutex_);
      ended_ = true;
      changed_.notify_all();
    }

   private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t here_ = 0;
    bool ended_ = false;
  };

  /// What one thread throws ends the others, too; run() throws it.
  void run_or_stop_all(ServerThread& thread) {
    try {
      thread.run();
    } catch (...) {
      one_failed_ = true;
      stop_all();
      throw;
    }
  }

  void stop_all() {
    for (const auto& thread : threads_) thread->loop().post([&loop = thread->loop()] { loop.stop(); });
  }

  void bind() {
    if (options_.host != "localhost") {
      acceptors_.push_back(listen(to_endpoint(options_.host, options_.port)));
      if (!acceptors_.back()) throw cannot_listen();
      return;
    }
    // A client may take either address for this name, so one port is needed that is free on both. A machine without IPv6 has the first only.
    constexpr int tries = 32;  // a port that the system chose for one address may be in use on the other
    for (int i = 0; i < (options_.port == 0 ? tries : 1); ++i) {
      acceptors_.clear();
      acceptors_.push_back(listen(to_endpoint("127.0.0.1", options_.port)));
      if (!acceptors_.back()) break;
      Fd six = listen(to_endpoint("::1", port()));
      const bool no_ipv6 = !six && (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT);
      if (six) acceptors_.push_back(std::move(six));
      if (acceptors_.size() == 2 || no_ipv6) return;
    }
    throw cannot_listen();
  }

  i18n::MessageError cannot_listen() const { return i18n::MessageError(i18n::msg<"usage.cannot-listen">(options_.host, options_.port, std::strerror(errno))); }

  /// No descriptor, and errno, if it fails.
  static Fd listen(const Endpoint& endpoint) {
    Fd out(::socket(endpoint.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!out) return out;
    const int yes = 1;
    constexpr int backlog = 4096;  // the kernel cuts it to net.core.somaxconn
    ::setsockopt(out.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const auto* address = reinterpret_cast<const sockaddr*>(&endpoint.storage);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
    if (::bind(out.get(), address, endpoint.size) == 0 && ::listen(out.get(), backlog) == 0) return out;
    const int error = errno;
    out.close();
    errno = error;
    return out;
  }

  /// Both listening sockets are asked: which one is ready is not told.
  void on_ready(EventLoop::Readiness) override {
    for (const Fd& acceptor : acceptors_)
      if (!accept_from(acceptor.get())) return pause_accepting();
  }

  /// Returns false if the system has no room for another connection: the socket stays readable, so that a level-triggered loop would spin.
  bool accept_from(int acceptor) {
    for (;;) {
      sockaddr_storage peer{};
      socklen_t size = sizeof peer;
      auto* const address = reinterpret_cast<sockaddr*>(&peer);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
      Fd socket(::accept4(acceptor, address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket) admit(std::move(socket), PeerAddress::from(peer));
      else if (errno != EINTR && errno != ECONNABORTED) return errno == EAGAIN || tell_failure(errno);  // most likely out of file descriptors
    }
  }

  /// Always false.
  bool tell_failure(int error) {
    if (const auto action = std::exchange(on_accept_failure_, nullptr)) action(error);
    return false;
  }

  void admit(Fd socket, const PeerAddress& peer) {
    if (count_ >= options_.max_connections) {
      constexpr std::string_view full =
          "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
      if (options_.tls == nullptr) (void)!::send(socket.get(), full.data(), full.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      return;
    }
    const int yes = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ++count_;
    const std::size_t index = next_++ % threads_.size();
    ServerThread& thread = *threads_[index];
    Stream stream = options_.tls == nullptr ? Stream(std::move(socket)) : Stream::to_client(std::move(socket), *options_.tls);
    if (index == 0) return thread.admit(std::move(stream), peer);
    // std::function wants something that can be copied, hence the shared_ptr.
    thread.loop().post([&thread, peer, shared = std::make_shared<Stream>(std::move(stream))] { thread.admit(std::move(*shared), peer); });
  }

  void pause_accepting() {
    EventLoop& loop = threads_.front()->loop();
    for (const Fd& acceptor : acceptors_) loop.change(acceptor.get(), *this, EventLoop::Interest::none);
    loop.at(Clock::now() + sweep_period, [this, &loop] {
      for (const Fd& acceptor : acceptors_) loop.change(acceptor.get(), *this, EventLoop::Interest::read);
    });
  }

  void drain() {
    if (acceptors_.empty()) return;  // a second signal, or stop() after a signal
    for (const Fd& acceptor : acceptors_) threads_.front()->loop().forget(acceptor.get(), *this);
    acceptors_.clear();
    for (std::size_t i = 1; i < threads_.size(); ++i) threads_[i]->loop().post([thread = threads_[i].get()] { thread->drain(); });
    threads_.front()->drain();
  }

  void tick() {
    threads_.front()->loop().at(Clock::now() + sweep_period, [this] {
      if (on_tick_) on_tick_();
      tick();
    });
  }

  ServerOptions options_;
  ByteBudget bodies_;
  std::vector<Fd> acceptors_;  // listening sockets; none once it drains
  std::atomic<std::size_t> count_ = 0;
  std::vector<std::unique_ptr<ServerThread>> threads_;
  std::function<void()> on_tick_, on_hangup_;
  std::function<void(int)> on_accept_failure_;
  std::atomic<bool> one_failed_ = false;
  std::size_t next_ = 0;
};

HttpServer::HttpServer(ServerOptions options, const HandlerFactory& handler_factory, const HandlerFactory& bad_request_factory)
    : server_(std::make_unique<Server>(std::move(options), handler_factory, bad_request_factory)) {}
HttpServer::HttpServer(ServerOptions options, const Handler& handler, const Handler& on_bad_request)
    : HttpServer(
          std::move(options), [&](std::size_t) { return handler; }, [&](std::size_t) { return on_bad_request; }) {}
HttpServer::~HttpServer() = default;
std::uint16_t HttpServer::port() const { return server_->port(); }
std::size_t HttpServer::connections() const { return server_->connections(); }
void HttpServer::on_tick(std::function<void()> action) { server_->on_tick(std::move(action)); }
void HttpServer::on_hangup(std::function<void()> action) { server_->on_hangup(std::move(action)); }
void HttpServer::on_accept_failure(std::function<void(int)> action) { server_->on_accept_failure(std::move(action)); }
void HttpServer::on_tls_failure(const std::function<void(const PeerAddress&, const std::string&)>& action) { server_->on_tls_failure(action); }
void HttpServer::before_replies(const std::function<bool(std::size_t)>& action) { server_->before_replies(action); }
void HttpServer::run(bool signals) { server_->run(signals); }
void HttpServer::stop() { server_->stop(); }
void HttpServer::while_idle(std::function<void()> action) { server_->while_idle(std::move(action)); }
void HttpServer::use_tls(std::shared_ptr<const TlsContext> tls) { server_->use_tls(std::move(tls)); }

}  // namespace meterproof::net
