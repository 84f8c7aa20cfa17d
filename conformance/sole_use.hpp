// SPDX-License-Identifier: Apache-2.0
// One worker's requests right after each other: what a request does to the next one is seen by whoever sent it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>

namespace meterproof::conformance {

/// Thread-safe. Nobody waits longer than `patience`: then requests of others come between after all.
class SoleUse {
 public:
  static constexpr std::chrono::milliseconds patience{500};

  /// A request is on its way while it lives.
  class Request {
   public:
    explicit Request(SoleUse& all) : all_(all) {
      std::unique_lock lock(all_.mutex_);
      all_.changed_.wait_for(lock, patience, [&] { return !all_.holder_ || *all_.holder_ == std::this_thread::get_id(); });
      ++all_.under_way_;
    }
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;
    ~Request() {
      const std::scoped_lock lock(all_.mutex_);
      if (--all_.under_way_ == 0 && all_.holder_) all_.changed_.notify_all();
    }

   private:
    SoleUse& all_;
  };

  /// While it lives, requests of other threads wait.
  class Holder {
   public:
    explicit Holder(SoleUse& all) : all_(all) {
      std::unique_lock lock(all_.mutex_);
      is_holder_ = all_.changed_.wait_for(lock, patience, [&] { return !all_.holder_; });
      if (!is_holder_) return;
      all_.holder_ = std::this_thread::get_id();
      all_.changed_.wait_for(lock, patience, [&] { return all_.under_way_ == 0; });
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    ~Holder() {
      if (!is_holder_) return;
      const std::scoped_lock lock(all_.mutex_);
      all_.holder_.reset();
      all_.changed_.notify_all();
    }

   private:
    SoleUse& all_;
    bool is_holder_ = false;
  };

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t under_way_ = 0;
  std::optional<std::thread::id> holder_;
};

}  // namespace meterproof::conformance
