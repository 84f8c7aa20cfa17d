// SPDX-License-Identifier: Apache-2.0
// Holds back exchanges while as many connections are open as the server can bear.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

namespace meterproof::net {

/// Connections that may be open at a time. Without a limit at first. Thread-safe.
class ConnectionLimit {
 public:
  explicit ConnectionLimit(std::function<bool()> give_up) : give_up_(std::move(give_up)) {}

  /// 0: no limit.
  void set(std::size_t most);

  /// That many connections, while it lives. The constructor waits for them; who comes first is served first, so that a large group is not passed by small
  /// ones for ever. A group above the limit is given all there are, and has them for itself. Once the run is given up nobody waits any more.
  class Hold {
   public:
    Hold(ConnectionLimit& limit, std::size_t wanted) : limit_(limit), taken_(limit.take(wanted)) {}
    ~Hold() { limit_.give_back(taken_); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    ConnectionLimit& limit_;
    std::size_t taken_;
  };

 private:
  std::size_t take(std::size_t wanted);
  void give_back(std::size_t taken);

  std::function<bool()> give_up_;
  std::mutex mutex_;  // of what follows
  std::condition_variable freed_;
  std::size_t most_ = 0, in_use_ = 0;
  std::uint64_t next_ticket_ = 0, served_ = 0;
};

}  // namespace meterproof::net
