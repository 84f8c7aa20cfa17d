// Many client connections on one thread: a driver says when a request is due and what it is; any idle connection carries it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "net/address.hpp"
#include "net/client/http_client.hpp"
#include "net/event_loop.hpp"
#include "net/http/http_parser.hpp"

namespace meterproof::net {

class RequestSource {
 public:
  virtual ~RequestSource() = default;
  /// When the next request is due, seen from `now`; SteadyTime::max() once there will be no other.
  virtual SteadyTime next_due(SteadyTime now) = 0;
  /// Fills `bytes` with the request that is due, for that connection.
  virtual void make_request(std::size_t connection, SteadyTime now, std::string& bytes) = 0;
  /// It leaves now, soon after it was filled. `idle_since`: from when on a connection was free for it, so that what it waited longer is the
  /// driver's doing and the swarm's, not the server's.
  virtual void on_sent(std::size_t connection, SteadyTime now, SteadyTime idle_since) = 0;
  virtual void on_response(std::size_t connection, SteadyTime now, const net::HttpParser& reply) = 0;
  /// The connection's request got no reply, and why.
  virtual void on_error(std::size_t connection, SteadyTime now, TransportResult why) = 0;
  /// A connection could not be opened; it is tried again.
  virtual void on_connect_error(TransportResult why) = 0;
  /// About twenty times a second.
  virtual void on_tick(SteadyTime now) = 0;
};

struct ConnectionPoolOptions {
  Address address;
  std::size_t connections = 64;
  std::chrono::milliseconds timeout{10'000};  // for a reply
  std::chrono::milliseconds connecting{5'000};
};

class ConnectionPool {
 public:
  /// Throws std::runtime_error where the host can't be resolved, or the system grants too few files.
  explicit ConnectionPool(ConnectionPoolOptions options);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  /// Opens the connections, as many as will open in time, and returns how many those are.
  std::size_t connect(RequestSource& source);
  /// Keeps the connections open until then.
  void wait_until(SteadyTime time);
  /// Sends what is due until nothing more will be, and every reply is there or overdue. May be called again, for another driver.
  void run(RequestSource& source);
  /// SIGINT or SIGTERM came since this swarm was made: what waits or runs ends early.
  bool interrupted() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace meterproof::net
