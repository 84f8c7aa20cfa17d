// SPDX-License-Identifier: Apache-2.0
#include "net/client/connector.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace meterproof::net {
namespace {

bool is_same(const Endpoint& a, const Endpoint& b) { return a.size == b.size && std::memcmp(&a.storage, &b.storage, a.size) == 0; }

}  // namespace

const sockaddr* Endpoint::address() const { return reinterpret_cast<const sockaddr*>(&storage); }  // NOLINT(*-reinterpret-cast)

std::vector<Endpoint> resolve(const Address& address, std::string& why) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) {
    why = error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error);
    return {};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  std::vector<Endpoint> out;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Endpoint endpoint;
    endpoint.size = std::min<socklen_t>(one->ai_addrlen, sizeof endpoint.storage);
    std::memcpy(&endpoint.storage, one->ai_addr, endpoint.size);
    out.push_back(endpoint);
  }
  return out;
}

std::vector<Endpoint> HostAddresses::in_order(std::string& why) {
  const std::scoped_lock lock(mutex_);
  if (endpoints_.empty()) endpoints_ = resolve(address_, why);
  return endpoints_;
}

void HostAddresses::connected(const Endpoint& endpoint) {
  const std::scoped_lock lock(mutex_);
  const auto found = std::find_if(endpoints_.begin(), endpoints_.end(), [&](const Endpoint& one) { return is_same(one, endpoint); });
  if (found != endpoints_.end()) std::rotate(endpoints_.begin(), found, found + 1);
}

void HostAddresses::failed() {
  const std::scoped_lock lock(mutex_);
  if (!fixed_) endpoints_.clear();
}

Fd begin_connect(const Endpoint& endpoint, bool& open, int& error) {
  open = false;
  Fd out(::socket(endpoint.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!out) {
    error = errno;
    return out;
  }
  const int on = 1;
  ::setsockopt(out.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  open = ::connect(out.get(), endpoint.address(), endpoint.size) == 0;
  if (open || errno == EINPROGRESS) return out;
  error = errno;
  out.close();
  return out;
}

int connect_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

void ConnectRace::begin(std::size_t endpoint) {
  bool open = false;
  Fd socket = begin_connect(endpoints_[endpoint], open, error_);
  if (open) win(std::move(socket), endpoint);
  else if (socket) attempts_.push_back({std::move(socket), endpoint});
}

void ConnectRace::win(Fd socket, std::size_t endpoint) {
  winner_ = std::move(socket);
  won_ = endpoint;
}

void ConnectRace::advance(SteadyTime now) {
  for (std::size_t i = 0; i < attempts_.size() && !winner_;) {
    pollfd one{attempts_[i].socket.get(), POLLOUT, 0};
    if (::poll(&one, 1, 0) <= 0) {
      ++i;
      continue;
    }
    Attempt attempt = std::move(attempts_[i]);
    attempts_.erase(attempts_.begin() + static_cast<std::ptrdiff_t>(i));
    if (const int error = connect_error(attempt.socket.get()); error == 0) win(std::move(attempt.socket), attempt.endpoint);
    else error_ = error;
  }
  // An address that fails at once gives its head start away.
  while (!winner_ && next_ < endpoints_.size() && (attempts_.empty() || now >= next_at_)) {
    next_at_ = now + head_start;
    begin(next_++);
  }
  if (winner_) attempts_.clear();
}

Fd ConnectRace::take(Endpoint& won) {
  won = endpoints_[won_];
  return std::move(winner_);
}

void ConnectRace::add_sockets(std::vector<pollfd>& polls) const {
  for (const Attempt& one : attempts_) polls.push_back({one.socket.get(), POLLOUT, 0});
}

}  // namespace meterproof::net
