#include "net/client/http_client.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>

namespace meterproof::net {

using Clock = std::chrono::steady_clock;

std::string_view to_string(TransportResult transport) {
  switch (transport) {
    case TransportResult::replied: return "replied";
    case TransportResult::unresolved: return "host not found";
    case TransportResult::refused: return "connection refused";
    case TransportResult::timed_out: return "timed out";
    case TransportResult::reset: return "connection reset";
    case TransportResult::closed: return "connection closed without a reply";
    case TransportResult::no_http: return "the reply is no HTTP";
    case TransportResult::no_port: return "out of ports of our own";
    case TransportResult::no_file: return "out of file descriptors";
  }
  return {};
}

std::string HttpRequest::bytes(const Address& address) const {
  std::string out = method + " " + address.path + path + " HTTP/1.1\r\nHost: " + address.authority() + "\r\n";
  for (const auto& [name, value] : headers) out += name + ": " + value + "\r\n";
  out += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return out;
}

HttpClient::~HttpClient() { disconnect(); }

void HttpClient::disconnect() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  in_.clear();
}

bool HttpClient::wait(short events) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    if (left <= 0) return false;
    pollfd one{fd_, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::min<long long>(left, 1'000'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

namespace {

Exchange failure(TransportResult transport, std::string detail) {
  Exchange out;
  out.transport = transport;
  out.detail = std::move(detail);
  return out;
}

}  // namespace

std::optional<Exchange> HttpClient::connect() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(address_.host.c_str(), std::to_string(address_.port).c_str(), &hints, &found); error != 0)
    return failure(TransportResult::unresolved, ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);

  Exchange last = failure(TransportResult::refused, "no address");
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    fd_ = ::socket(one->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return failure(TransportResult::refused, std::strerror(errno));
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int error = ::connect(fd_, one->ai_addr, one->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      if (wait(POLLOUT)) {
        socklen_t size = sizeof error;
        ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
      } else {
        error = ETIMEDOUT;
      }
    }
    if (error == 0) return std::nullopt;
    last = failure(error == ETIMEDOUT ? TransportResult::timed_out : TransportResult::refused, std::strerror(error));
    disconnect();
  }
  return last;
}

std::optional<Exchange> HttpClient::send(std::string_view bytes) {
  begin_ = Clock::now();
  deadline_ = begin_ + timeout_;
  if (fd_ >= 0 && (!in_.empty() || !keep_ || closed_by_peer())) disconnect();  // bytes that no request of ours asked for: no place to go on
  kept_ = fd_ >= 0;
  if (!kept_)
    if (auto failed = connect()) return failed;
  return send_on(bytes);
}

std::optional<Exchange> HttpClient::send_on(std::string_view bytes) {
  if (fd_ < 0) return failure(TransportResult::closed, "the connection was closed");
  deadline_ = Clock::now() + timeout_;
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t wrote = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (wrote > 0) sent += static_cast<std::size_t>(wrote);
    else if (errno == EAGAIN && !wait(POLLOUT)) return failure(TransportResult::timed_out, "while sending");
    else if (errno != EAGAIN && errno != EINTR) break;  // refused early, perhaps with a reply: read it
  }
  return std::nullopt;
}

Exchange HttpClient::read_reply() {
  if (fd_ < 0) return failure(TransportResult::closed, "the connection was closed after an earlier reply");
  net::HttpParser parser(net::HttpParser::Kind::response, {256 * 1024, 64ULL * 1024 * 1024});
  std::array<char, 16384> chunk;
  bool ended = false;
  for (;;) {
    std::size_t used = 0;
    while (parser.state() == net::HttpState::need_more && used < in_.size()) {
      const std::size_t taken = parser.feed(std::string_view(in_).substr(used));
      used += taken;
      const bool interim = parser.state() == net::HttpState::complete && parser.status() == 100;
      if (interim) parser.reset();
      if (taken == 0 && !interim) break;
    }
    in_.erase(0, used);
    if (parser.state() != net::HttpState::need_more) break;
    if (ended) return failure(TransportResult::closed, "in the middle of a reply");
    if (parser.started()) {
      // A server that writes header and body apart waits for our acknowledgement of the first (Nagle, RFC 896): 40 ms, were it delayed.
      const int on = 1;
      ::setsockopt(fd_, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    }
    if (!wait(POLLIN)) return failure(TransportResult::timed_out, parser.started() ? "inside the reply" : "no reply");
    const ssize_t got = ::recv(fd_, chunk.data(), chunk.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return failure(TransportResult::reset, std::strerror(errno));
    if (got > 0) {
      in_.append(chunk.data(), static_cast<std::size_t>(got));
      continue;
    }
    if (!parser.started()) return failure(TransportResult::closed, "no byte of a reply");
    parser.finish();
    ended = true;
  }
  if (parser.state() != net::HttpState::complete) return failure(TransportResult::no_http, parser.error());
  Exchange out;
  out.transport = TransportResult::replied;
  out.status = parser.status();
  out.headers = parser.headers();
  out.body = std::string(parser.body());
  if (!parser.keep_alive() || ended) disconnect();
  return out;
}

/// Whether a kept connection has ended, or holds bytes that no request of ours asked for.
bool HttpClient::closed_by_peer() const {
  pollfd one{fd_, POLLIN, 0};
  return ::poll(&one, 1, 0) != 0;
}

Exchange HttpClient::receive() {
  Exchange out = read_reply();
  if (out.transport != TransportResult::replied) {
    disconnect();
    if (kept_) keep_ = false;
  }
  out.took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin_);
  return out;
}

Exchange HttpClient::exchange(std::string_view bytes) {
  if (auto failed = send(bytes)) {
    disconnect();
    failed->took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin_);
    return *failed;
  }
  return receive();
}

std::unique_ptr<HttpClient> HttpClientPool::borrow() {
  const std::scoped_lock lock(mutex_);
  if (idle_.empty()) return std::make_unique<HttpClient>(address_, timeout_);
  auto client = std::move(idle_.back());
  idle_.pop_back();
  return client;
}

void HttpClientPool::give_back(std::unique_ptr<HttpClient> client) {
  const std::scoped_lock lock(mutex_);
  idle_.push_back(std::move(client));
}

Exchange HttpClientPool::exchange(const HttpRequest& request) {
  auto client = borrow();
  Exchange out = client->exchange(request);
  give_back(std::move(client));
  return out;
}

std::vector<Exchange> HttpClientPool::exchange_concurrently(const std::vector<HttpRequest>& requests) {
  std::vector<std::unique_ptr<HttpClient>> clients;
  std::vector<std::optional<Exchange>> failed;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    clients.push_back(borrow());
    (void)clients.back()->send({});  // the connection stands before the first byte is sent on any
  }
  for (std::size_t i = 0; i < requests.size(); ++i) failed.push_back(clients[i]->send(requests[i].bytes(address_)));
  std::vector<Exchange> out;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    out.push_back(failed[i] ? *failed[i] : clients[i]->receive());
    if (failed[i]) clients[i]->disconnect();
    give_back(std::move(clients[i]));
  }
  return out;
}

std::vector<Exchange> HttpClientPool::send_raw(const RawExchange& raw_exchange) {
  HttpClient client(address_, timeout_);
  std::vector<Exchange> out;
  std::optional<Exchange> failed;
  const auto take_reply = [&] {
    out.push_back(failed ? *failed : client.receive());
    failed.reset();
  };
  for (const RawExchange::Segment& piece : raw_exchange.segments) {
    const bool begins = piece.after_reply || &piece == &raw_exchange.segments.front();
    if (piece.after_reply) take_reply();
    if (piece.pause.count() > 0) std::this_thread::sleep_for(piece.pause);
    if (!failed) failed = begins ? client.send(piece.bytes) : client.send_on(piece.bytes);
  }
  while (out.size() < raw_exchange.replies) take_reply();
  return out;
}

}  // namespace meterproof::net
