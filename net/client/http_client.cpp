// SPDX-License-Identifier: Apache-2.0
#include "net/client/http_client.hpp"

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

namespace {

/// `detail`: what the system or the parser says, in its own words; "" for nothing.
Exchange failure(TransportResult transport, std::string detail = {}) {
  Exchange out;
  out.transport = transport;
  out.detail = std::move(detail);
  return out;
}

}  // namespace

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
  received_.clear();
}

bool HttpClient::wait(short events) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    // poll takes an int of milliseconds; a longer wait is repeated by the loop. Past the deadline it still sees what is there already.
    pollfd one{fd_, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::clamp<long long>(left, 0, 1'000'000)));
    if (ready > 0) return true;
    if ((ready < 0 && errno != EINTR) || left <= 0) return false;
  }
}

std::optional<Exchange> HttpClient::connect() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(address_.host.c_str(), std::to_string(address_.port).c_str(), &hints, &found); error != 0)
    return failure(TransportResult::unresolved, ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);

  // A name may have several addresses; the first that accepts a connection is used.
  Exchange last = failure(TransportResult::refused);
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    fd_ = ::socket(one->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return failure(to_transport_result(errno), std::strerror(errno));
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int error = ::connect(fd_, one->ai_addr, one->ai_addrlen) == 0 ? 0 : errno;
    // The socket is non-blocking: connect returns at once, and SO_ERROR has the result when it becomes writable (connect(2)).
    if (error == EINPROGRESS) {
      if (wait(POLLOUT)) {
        socklen_t size = sizeof error;
        ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
      } else {
        error = ETIMEDOUT;
      }
    }
    if (error == 0) return std::nullopt;
    last = failure(to_transport_result(error), std::strerror(error));
    disconnect();
  }
  return last;
}

std::optional<Exchange> HttpClient::send(std::string_view bytes) {
  begin_ = Clock::now();
  deadline_ = begin_ + timeout_;
  // Bytes that no request asked for would be taken for the next reply.
  if (fd_ >= 0 && (!received_.empty() || !may_reuse_ || closed_by_peer())) disconnect();
  reused_ = fd_ >= 0;
  if (!reused_)
    if (auto failed = connect()) return failed;
  return send_on(bytes);
}

std::optional<Exchange> HttpClient::send_on(std::string_view bytes) {
  if (fd_ < 0) return failure(TransportResult::closed);
  deadline_ = Clock::now() + timeout_;
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t wrote = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (wrote > 0) sent += static_cast<std::size_t>(wrote);
    else if (errno == EAGAIN && !wait(POLLOUT)) return failure(TransportResult::timed_out);
    else if (errno != EAGAIN && errno != EINTR) break;  // the server closed early, perhaps after a reply: receive() reads it
  }
  return std::nullopt;
}

Exchange HttpClient::read_reply() {
  if (fd_ < 0) return failure(TransportResult::closed);
  // Limits for a server under test: far above anything it should send, so that they only stop endless replies.
  HttpParser parser(HttpParser::Kind::response, {256 * 1024, 64ULL * 1024 * 1024});
  std::array<char, 16384> chunk;
  bool ended = false;
  for (;;) {
    std::size_t used = 0;
    while (parser.state() == HttpState::need_more && used < received_.size()) {
      const std::size_t taken = parser.feed(std::string_view(received_).substr(used));
      used += taken;
      const bool interim = parser.state() == HttpState::complete && parser.status() == 100;  // the final response follows
      if (interim) parser.reset();
      if (taken == 0 && !interim) break;
    }
    received_.erase(0, used);
    if (parser.state() != HttpState::need_more) break;
    if (ended) return failure(TransportResult::incomplete);
    if (parser.started()) {
      // A server that sends header and body in two writes waits for the acknowledgement of the first (Nagle's algorithm, RFC 896). Linux
      // delays it by 40 ms unless TCP_QUICKACK is set (tcp(7)); the option does not last, so it is set before every read.
      const int on = 1;
      ::setsockopt(fd_, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    }
    if (!wait(POLLIN)) return failure(TransportResult::timed_out);
    const ssize_t got = ::recv(fd_, chunk.data(), chunk.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return failure(TransportResult::reset, std::strerror(errno));
    if (got > 0) {
      received_.append(chunk.data(), static_cast<std::size_t>(got));
      continue;
    }
    // The peer has closed the connection. Without a Content-Length that ends the body; otherwise the reply is incomplete.
    if (!parser.started()) return failure(TransportResult::closed);
    parser.finish();
    ended = true;
  }
  if (parser.state() != HttpState::complete) return failure(TransportResult::no_http, parser.error());
  Exchange out;
  out.transport = TransportResult::replied;
  out.status = parser.status();
  out.headers = parser.headers();
  out.body = std::string(parser.body());
  deadline_ = Clock::now() + timeout_;  // of a reply that follows on this connection
  if (!parser.keep_alive() || ended) disconnect();
  return out;
}

/// True if the connection has ended or has bytes that no request asked for: an idle connection must have neither.
bool HttpClient::closed_by_peer() const {
  pollfd one{fd_, POLLIN, 0};
  return ::poll(&one, 1, 0) != 0;
}

Exchange HttpClient::receive() {
  Exchange out = read_reply();
  if (out.transport != TransportResult::replied) {
    disconnect();
    if (reused_) may_reuse_ = false;
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
    (void)clients.back()->send({});  // connects only, so that no request waits for another's connection
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
  for (const RawExchange::Segment& segment : raw_exchange.segments) {
    // The first segment, and one after a reply, begins a request: only then may the client reconnect.
    const bool begins = segment.after_reply || &segment == &raw_exchange.segments.front();
    if (segment.after_reply) take_reply();
    if (segment.pause.count() > 0) std::this_thread::sleep_for(segment.pause);
    if (!failed) failed = begins ? client.send(segment.bytes) : client.send_on(segment.bytes);
  }
  while (out.size() < raw_exchange.replies) take_reply();
  return out;
}

}  // namespace meterproof::net
