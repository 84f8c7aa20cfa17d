// SPDX-License-Identifier: Apache-2.0
// Many client connections on one thread, for load generation. A RequestSource says when a request is due and what it is; any idle connection
// carries it. Connections that break are opened again: at once after a reply, otherwise after 50 ms, doubling to one second. A request that came to a
// connection after the peer had closed it, and that nobody can have read therefore (unread.hpp), is sent once more.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "net/address.hpp"
#include "net/client/connector.hpp"
#include "net/client/request_source.hpp"

namespace meterproof::net {

struct ConnectionPoolOptions {
  Address address;
  std::size_t connections = 64;
  std::chrono::milliseconds reply_timeout{10'000};
  std::chrono::milliseconds connect_timeout{5'000};
  std::vector<Endpoint> endpoints = {};  // for tests: connect to these; otherwise to those of the address
  std::atomic<bool>* stop = nullptr;     // of several pools, each on a thread of its own: a signal that one of them receives ends them all; may be null
};

/// Of a reply to one request of a load.
inline constexpr HttpLimits load_reply_limits{std::size_t{64} * 1024, std::size_t{512} * 1024};

/// While it lives, SIGINT, SIGTERM and SIGHUP do not end the process: they end `wait_until` and `run` early. Replies that are under way then have half a
/// second: whoever sent the signal may kill the process soon, and what was measured must be written before.
class ConnectionPool {
 public:
  /// Throws i18n::MessageError, with advice, if the host cannot be resolved, the system allows too few open files, or the certificates to believe cannot be
  /// read.
  explicit ConnectionPool(ConnectionPoolOptions options);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  /// Opens the connections, for at most connect_timeout. Returns how many are open.
  std::size_t connect(RequestSource& source);
  /// Blocks until `time` and keeps the connections open meanwhile.
  void wait_until(SteadyTime time);
  /// Sends requests as they become due. Returns when the source has no more and every request was answered, timed out or was left. May be called again,
  /// with another source; connections stay open between the calls.
  void run(RequestSource& source);
  /// How many connections were opened since the pool was made.
  std::uint64_t opened() const;
  /// "TLSv1.3" once there was a connection with TLS; otherwise "".
  std::string_view tls_version() const;
  /// True if SIGINT, SIGTERM or SIGHUP has arrived since the pool was made.
  bool interrupted() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace meterproof::net
