// SPDX-License-Identifier: Apache-2.0
// A mutex of which a thread takes all, or what one row needs: then others take other rows meanwhile.
//
// Fast path. WHY: threads of the mock work on the rows of one world, and most requests touch one row of it. GAIN: docs/performance.md, "request handler
// alone, two threads / one" (`meterproof_bench --benchmark_filter=report_on_threads`). REFERENCE: AdaptiveMutex. TEST: RowMutex.*, and all that call a mock
// of several threads. DELETE WHEN: a mock has one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "core/threads/adaptive_mutex.hpp"

namespace meterproof::core {

/// Lockable: that takes all. A thread that takes rows has a lock of its own, which few others write unless they take all, which is all these locks. Beside it
/// a row has one that it shares with few others.
class RowMutex {
 public:
  class Guard;

  /// `threads`: of those that take rows. With one of them a row is all.
  explicit RowMutex(std::size_t threads = 1) : threads_(std::clamp<std::size_t>(threads, 1, most_thread_locks)), rows_(threads > 1 ? row_locks : 0) {}
  RowMutex(const RowMutex&) = delete;
  RowMutex& operator=(const RowMutex&) = delete;

  void lock() {
    for (Line& thread : threads_) thread.mutex.lock();
  }
  bool try_lock() {
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      if (threads_[i].mutex.try_lock()) continue;
      while (i > 0) threads_[--i].mutex.unlock();
      return false;
    }
    return true;
  }
  void unlock() {
    for (Line& thread : threads_) thread.mutex.unlock();
  }

 private:
  static constexpr std::size_t row_locks = 256, most_thread_locks = 32;  // who takes all takes each of the latter

  struct alignas(cache_line) Line {
    AdaptiveMutex mutex;
  };
  std::vector<Line> threads_, rows_;
};

/// Takes all of a RowMutex, or a row of it, and frees it at its end.
class RowMutex::Guard {
 public:
  /// For a row, or for all where there is none. `thread`: the number of the one that takes it. `hash`: of the row's key. Of a row it keeps others from
  /// taking all from here on, so that rows may be looked for.
  Guard(RowMutex& mutex, std::size_t thread, std::optional<std::size_t> hash) : mutex_(mutex) {
    if (mutex_.rows_.empty() || !hash) return;
    thread_ = &mutex_.threads_[thread % mutex_.threads_.size()].mutex;
    row_ = &mutex_.rows_[*hash % mutex_.rows_.size()].mutex;
    thread_->lock();
    __builtin_prefetch(row_, 1);
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() { free(); }

  /// Call it once, before anything is read but where a row is.
  void take() {
    if (row_ != nullptr) row_->lock();
    else mutex_.lock();
    taken_ = true;
  }
  bool has_all() const { return taken_ && row_ == nullptr; }
  /// Takes all in place of the row. What was read before may be otherwise now.
  void take_all() {
    if (has_all()) return;
    free();
    thread_ = row_ = nullptr;
    take();
  }

 private:
  void free() {
    if (taken_ && row_ != nullptr) row_->unlock();
    if (taken_ && row_ == nullptr) mutex_.unlock();
    if (thread_ != nullptr) thread_->unlock();
    taken_ = false;
  }

  RowMutex& mutex_;
  AdaptiveMutex* thread_ = nullptr;
  AdaptiveMutex* row_ = nullptr;
  bool taken_ = false;
};

}  // namespace meterproof::core
