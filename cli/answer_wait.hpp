// SPDX-License-Identifier: Apache-2.0
// Says that an answer is waited for, where it does not come soon: a silent target else looks like a program that hangs.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace meterproof::cli {

class AnswerWait {
 public:
  /// Calls `tell` once, from a thread of its own, if came() is not called within that time. Where no thread can be started, nothing is said.
  AnswerWait(std::chrono::milliseconds patience, std::function<void()> tell);
  ~AnswerWait();
  AnswerWait(const AnswerWait&) = delete;
  AnswerWait& operator=(const AnswerWait&) = delete;

  /// An answer, or the end of the waiting. From any thread, as often as wanted.
  void came();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool came_ = false;
  std::thread thread_;
};

}  // namespace meterproof::cli
