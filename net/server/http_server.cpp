#include "net/server/http_server.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/text/text.hpp"
#include "net/server/server_connection.hpp"

namespace meterproof::net {

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

namespace {

constexpr std::chrono::milliseconds sweep_period{100};

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Endpoint endpoint_of(const std::string& host, std::uint16_t port) {
  Endpoint out;
  const std::string address = host == "localhost" ? "127.0.0.1" : host;
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
    throw std::runtime_error("--host " + host + " is no IP address; write one, like 127.0.0.1 or 0.0.0.0");
  }
  return out;
}

}  // namespace

/// One thread's connections.
class Crew {
 public:
  Crew(const ServerOptions& options, Handler handler, Handler on_bad_request, std::atomic<std::size_t>& count)
      : context_(options, reactor_, std::move(handler), std::move(on_bad_request), [this](ServerConnection& connection) { bury(connection); }), count_(count) {}

  EventLoop& reactor() { return reactor_; }

  void admit(Fd socket) {
    auto connection = std::make_unique<ServerConnection>(context_, std::move(socket));
    ServerConnection* key = connection.get();
    connections_.emplace(key, std::move(connection));
    if (draining_) key->close();
  }

  void run() {
    sweep();
    reactor_.run();
    const auto left = std::move(connections_);
  }

  void drain() {
    draining_ = true;
    drain_until_ = Clock::now() + context_.options.drain;
    std::vector<ServerConnection*> all;
    for (const auto& [key, connection] : connections_) all.push_back(key);
    for (ServerConnection* connection : all) connection->drain();
    stop_when_empty();
  }

 private:
  void bury(ServerConnection& connection) {
    const auto found = connections_.find(&connection);
    if (found == connections_.end()) return;
    dead_.push_back(std::move(found->second));
    connections_.erase(found);
    --count_;
    if (dead_.size() == 1) reactor_.at(Clock::now(), [this] { dead_.clear(); });
    stop_when_empty();
  }

  void stop_when_empty() {
    if (draining_ && connections_.empty()) reactor_.stop();
  }

  void sweep() {
    reactor_.at(Clock::now() + sweep_period, [this] {
      const auto now = Clock::now();
      std::vector<ServerConnection*> late;
      for (const auto& [key, connection] : connections_)
        if (key->overdue(now) || (draining_ && now >= drain_until_)) late.push_back(key);
      for (ServerConnection* connection : late) connection->close();
      sweep();
    });
  }

  EventLoop reactor_;
  ConnectionContext context_;
  std::atomic<std::size_t>& count_;
  std::unordered_map<ServerConnection*, std::unique_ptr<ServerConnection>> connections_;
  std::vector<std::unique_ptr<ServerConnection>> dead_;  // until the event that killed them is over
  SteadyTime drain_until_;
  bool draining_ = false;
};

/// Accepts on the first thread and deals the connections out to all of them.
class HttpServer::Server final : private EventLoop::EventHandler {
 public:
  Server(ServerOptions options, const HandlerFactory& handler_of, const HandlerFactory& broken_handler_of) : options_(std::move(options)) {
    bind();
    for (std::size_t i = 0; i < std::max<std::size_t>(options_.threads, 1); ++i)
      crews_.push_back(std::make_unique<Crew>(options_, handler_of(i), broken_handler_of(i), count_));
  }

  std::uint16_t port() const {
    Endpoint bound;
    bound.size = sizeof bound.storage;
    ::getsockname(acceptor_.get(), reinterpret_cast<sockaddr*>(&bound.storage), &bound.size);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
    // The port stands at the same place in either family.
    return ntohs(reinterpret_cast<const sockaddr_in&>(bound.storage).sin_port);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
  }

  std::size_t connections() const { return count_; }
  void on_tick(std::function<void()> action) { on_tick_ = std::move(action); }

  void run(bool signals) {
    EventLoop& reactor = crews_.front()->reactor();
    std::optional<SignalWatcher> watched;
    if (signals) watched.emplace(reactor, [this] { drain(); });
    reactor.watch(acceptor_.get(), *this, EventLoop::Interest::reading);
    tick();
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < crews_.size(); ++i) threads.emplace_back([crew = crews_[i].get()] { crew->run(); });
    crews_.front()->run();
    for (std::thread& thread : threads) thread.join();
  }

  void stop() {
    crews_.front()->reactor().post([this] { drain(); });
  }

 private:
  void bind() {
    Endpoint endpoint = endpoint_of(options_.host, options_.port);
    const int family = endpoint.storage.ss_family;
    acceptor_ = Fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int yes = 1;
    constexpr int backlog = 4096;
    ::setsockopt(acceptor_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const auto* address = reinterpret_cast<const sockaddr*>(&endpoint.storage);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
    if (!acceptor_ || ::bind(acceptor_.get(), address, endpoint.size) != 0 || ::listen(acceptor_.get(), backlog) != 0)
      throw std::runtime_error("cannot listen on " + options_.host + ":" + std::to_string(options_.port) + ": " + std::strerror(errno) +
                               "; choose another with --port, or --port 0 for any free one");
  }

  void ready(EventLoop::Readiness) override {
    for (;;) {
      Fd socket(::accept4(acceptor_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!socket) {
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (errno != EAGAIN) pause_accepting();  // out of file descriptors, most likely: wait, rather than spin
        return;
      }
      admit(std::move(socket));
    }
  }

  void admit(Fd socket) {
    if (count_ >= options_.max_connections) {
      constexpr std::string_view full =
          "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
      (void)!::send(socket.get(), full.data(), full.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      return;
    }
    const int yes = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ++count_;
    const std::size_t run_once = next_++ % crews_.size();
    Crew& crew = *crews_[run_once];
    if (run_once == 0) return crew.admit(std::move(socket));
    crew.reactor().post([&crew, fd = std::make_shared<Fd>(std::move(socket))] { crew.admit(std::move(*fd)); });
  }

  void pause_accepting() {
    EventLoop& reactor = crews_.front()->reactor();
    reactor.change(acceptor_.get(), *this, EventLoop::Interest::nothing);
    reactor.at(Clock::now() + sweep_period, [this, &reactor] {
      if (acceptor_) reactor.change(acceptor_.get(), *this, EventLoop::Interest::reading);
    });
  }

  void drain() {
    if (!acceptor_) return;
    crews_.front()->reactor().forget(acceptor_.get(), *this);
    acceptor_.close();
    for (std::size_t i = 1; i < crews_.size(); ++i) crews_[i]->reactor().post([crew = crews_[i].get()] { crew->drain(); });
    crews_.front()->drain();
  }

  void tick() {
    crews_.front()->reactor().at(Clock::now() + sweep_period, [this] {
      if (on_tick_) on_tick_();
      tick();
    });
  }

  ServerOptions options_;
  Fd acceptor_;
  std::atomic<std::size_t> count_ = 0;
  std::vector<std::unique_ptr<Crew>> crews_;
  std::function<void()> on_tick_;
  std::size_t next_ = 0;
};

HttpServer::HttpServer(ServerOptions options, const HandlerFactory& handler_of, const HandlerFactory& broken_handler_of)
    : server_(std::make_unique<Server>(std::move(options), handler_of, broken_handler_of)) {}
HttpServer::HttpServer(ServerOptions options, const Handler& handler, const Handler& on_bad_request)
    : HttpServer(
          std::move(options), [&](std::size_t) { return handler; }, [&](std::size_t) { return on_bad_request; }) {}
HttpServer::~HttpServer() = default;
std::uint16_t HttpServer::port() const { return server_->port(); }
std::size_t HttpServer::connections() const { return server_->connections(); }
void HttpServer::on_tick(std::function<void()> action) { server_->on_tick(std::move(action)); }
void HttpServer::run(bool signals) { server_->run(signals); }
void HttpServer::stop() { server_->stop(); }

}  // namespace meterproof::net
