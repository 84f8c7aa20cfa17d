// SPDX-License-Identifier: Apache-2.0
#include "net/client/connection_limit.hpp"

#include <algorithm>
#include <chrono>

namespace meterproof::net {

void ConnectionLimit::set(std::size_t most) {
  const std::scoped_lock lock(mutex_);
  most_ = most;
  freed_.notify_all();
}

std::size_t ConnectionLimit::take(std::size_t wanted) {
  constexpr std::chrono::milliseconds between_questions{200};
  std::unique_lock lock(mutex_);
  if (most_ == 0) return 0;
  const std::uint64_t ticket = next_ticket_++;
  while (most_ > 0 && (ticket != served_ || in_use_ + std::min(wanted, most_) > most_)) {
    freed_.wait_for(lock, between_questions);
    if (give_up_ && give_up_()) most_ = 0;
  }
  ++served_;
  freed_.notify_all();
  const std::size_t taken = std::min(wanted, most_);
  in_use_ += taken;
  return taken;
}

void ConnectionLimit::give_back(std::size_t taken) {
  if (taken == 0) return;
  const std::scoped_lock lock(mutex_);
  in_use_ -= taken;
  freed_.notify_all();
}

}  // namespace meterproof::net
