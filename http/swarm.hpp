// Many client connections on one thread: a driver says when a request is due and what it is; any idle connection carries it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "http/address.hpp"
#include "http/client.hpp"
#include "http/reactor.hpp"
#include "spec/wire/http_parser.hpp"

namespace meterproof::http {

class Driver {
 public:
  virtual ~Driver() = default;
  /// When the next request is due, seen from `now`; SteadyTime::max() once there will be no other.
  virtual SteadyTime next_due(SteadyTime now) = 0;
  /// Fills `bytes` with the request that is due, for that connection.
  virtual void fill(std::size_t connection, SteadyTime now, std::string& bytes) = 0;
  /// It leaves now, soon after it was filled. `idle_since`: from when on a connection was free for it, so that what it waited longer is the
  /// driver's doing and the swarm's, not the server's.
  virtual void leaves(std::size_t connection, SteadyTime now, SteadyTime idle_since) = 0;
  virtual void replied(std::size_t connection, SteadyTime now, const wire::HttpParser& reply) = 0;
  /// The connection's request got no reply, and why.
  virtual void failed(std::size_t connection, SteadyTime now, Outcome why) = 0;
  /// A connection could not be opened; it is tried again.
  virtual void not_connected(Outcome why) = 0;
  /// About twenty times a second.
  virtual void tick(SteadyTime now) = 0;
};

struct SwarmOptions {
  Address address;
  std::size_t connections = 64;
  std::chrono::milliseconds timeout{10'000};  // for a reply
  std::chrono::milliseconds connecting{5'000};
};

class Swarm {
 public:
  /// Throws std::runtime_error where the host can't be resolved, or the system grants too few files.
  explicit Swarm(SwarmOptions options);
  ~Swarm();
  Swarm(const Swarm&) = delete;
  Swarm& operator=(const Swarm&) = delete;

  /// Opens the connections, as many as will open in time, and returns how many those are.
  std::size_t connect(Driver& driver);
  /// Keeps the connections open until then.
  void wait_until(SteadyTime time);
  /// Sends what is due until nothing more will be, and every reply is there or overdue. May be called again, for another driver.
  void run(Driver& driver);
  /// SIGINT or SIGTERM came since this swarm was made: what waits or runs ends early.
  bool interrupted() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace meterproof::http
