// SPDX-License-Identifier: Apache-2.0
// Threads whose exceptions reach the thread that started them: one that leaves a std::thread ends the program.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace meterproof::core {

/// All of its members are for the thread that made it.
class ThreadGroup {
 public:
  ThreadGroup() = default;
  /// Waits for them. What they threw is lost, unless join() was called.
  ~ThreadGroup() { wait(); }
  ThreadGroup(const ThreadGroup&) = delete;
  ThreadGroup& operator=(const ThreadGroup&) = delete;

  /// Throws where the system has no room for another thread.
  void start(std::function<void()> act) {
    threads_.emplace_back([this, act = std::move(act)] {
      try {
        act();
      } catch (...) {
        const std::scoped_lock lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
      }
    });
  }
  /// False there.
  bool try_start(const std::function<void()>& act) {
    try {
      start(act);
      return true;
    } catch (const std::system_error&) {
      return false;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }
  std::size_t size() const { return threads_.size(); }

  /// Waits for them, and throws the first exception that one of them threw.
  void join() {
    wait();
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

 private:
  void wait() {
    for (std::thread& one : threads_) one.join();
    threads_.clear();
  }

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace meterproof::core
