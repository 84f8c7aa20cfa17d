// SPDX-License-Identifier: Apache-2.0
#include "cli/answer_wait.hpp"

#include <exception>
#include <system_error>
#include <utility>

namespace meterproof::cli {

AnswerWait::AnswerWait(std::chrono::milliseconds patience, std::function<void()> tell) {
  try {
    thread_ = std::thread([this, patience, tell = std::move(tell)] {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, patience, [&] { return came_; })) return;
      try {
        tell();
      } catch (const std::exception&) {  // no memory for a line: whoever waits for the answer finds that out, too
        came_ = true;
      }
    });
  } catch (const std::system_error&) {
    came_ = true;
  }
}

AnswerWait::~AnswerWait() {
  came();
  if (thread_.joinable()) thread_.join();
}

void AnswerWait::came() {
  {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(came_, true)) return;
  }
  changed_.notify_all();
}

}  // namespace meterproof::cli
