// SPDX-License-Identifier: Apache-2.0
// Opens TCP connections to a host with several addresses: one that swallows packets costs a quarter of a second, not the whole timeout.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "net/address.hpp"
#include "net/event_loop.hpp"
#include "net/fd.hpp"

namespace meterproof::net {

/// How long an address is tried alone before the next one is tried beside it (RFC 8305, section 5: 250 ms).
inline constexpr std::chrono::milliseconds head_start{250};

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* address() const;
};

/// Every address of the host, in the system's order of preference (RFC 6724). None: `why` is what the resolver says.
std::vector<Endpoint> resolve(const Address& address, std::string& why);

/// The addresses of a host, the one that was connected to last in front. They are looked up once, and again after none of them could be reached.
/// Thread-safe.
class HostAddresses {
 public:
  explicit HostAddresses(Address address) : address_(std::move(address)) {}
  /// For tests: these, without a look-up.
  explicit HostAddresses(std::vector<Endpoint> endpoints) : endpoints_(std::move(endpoints)), fixed_(true) {}

  std::vector<Endpoint> in_order(std::string& why);
  void connected(const Endpoint& endpoint);
  void failed();

 private:
  std::mutex mutex_;
  Address address_;
  std::vector<Endpoint> endpoints_;
  bool fixed_ = false;
};

/// Begins a connection; the socket is non-blocking, without Nagle's algorithm. No descriptor, and errno in `error`, if it fails at once. `open`: it is
/// open already; otherwise it becomes writable, and `connect_error` says what became of it (connect(2)).
Fd begin_connect(const Endpoint& endpoint, bool& open, int& error);
int connect_error(int fd);

/// Opens one connection: the addresses in turn, each with its head start; the first that is open wins, the others are closed.
class ConnectRace {
 public:
  explicit ConnectRace(std::vector<Endpoint> endpoints) : endpoints_(std::move(endpoints)) {}

  /// Looks what became of the attempts, and begins the next one if it is due. Call it first, then whenever one of the sockets is writable, and at
  /// `next_attempt`.
  void advance(SteadyTime now);
  /// There is a connection, or there may be one yet.
  bool is_on() const { return winner_ || !attempts_.empty(); }
  bool has_won() const { return static_cast<bool>(winner_); }
  /// The connection. `won` becomes its address.
  Fd take(Endpoint& won);
  /// Of the last attempt that failed; an errno.
  int error() const { return error_; }
  void add_sockets(std::vector<pollfd>& polls) const;
  /// SteadyTime::max() if there is no other address.
  SteadyTime next_attempt() const { return next_ < endpoints_.size() ? next_at_ : SteadyTime::max(); }

 private:
  struct Attempt {
    Fd socket;
    std::size_t endpoint = 0;
  };

  void begin(std::size_t endpoint);
  void win(Fd socket, std::size_t endpoint);

  std::vector<Endpoint> endpoints_;
  std::vector<Attempt> attempts_;
  std::size_t next_ = 0, won_ = 0;  // indexes of endpoints_
  SteadyTime next_at_;
  Fd winner_;
  int error_ = 0;
};

}  // namespace meterproof::net
