// SPDX-License-Identifier: Apache-2.0
// A bound on what the workers of a run hold at a time. A reply is held while its part of the run goes on, and once it is read it takes many times its bytes:
// of workers with large replies only a few go on at a time, and the others wait.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>

namespace meterproof::conformance {

/// Thread-safe.
class LargeReplies {
 public:
  /// `most`: parts that hold large replies at a time, at least 1.
  explicit LargeReplies(std::size_t most) : most_(most) {}

  /// A part of the run, from its beginning to its end; what was received meanwhile is gone by then. For the thread that made it. After a part with large
  /// replies the next one waits before it begins, while it holds nothing.
  class Part {
   public:
    explicit Part(LargeReplies& all);
    ~Part();
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

   private:
    LargeReplies& all_;
  };

  /// While it lives its thread does not wait: it does what others wait for, and these may be all that hold large replies.
  class Awaited {
   public:
    explicit Awaited(LargeReplies& all) : all_(all) { all_.add_awaited(true); }
    ~Awaited() { all_.add_awaited(false); }
    Awaited(const Awaited&) = delete;
    Awaited& operator=(const Awaited&) = delete;

   private:
    LargeReplies& all_;
  };

  /// For each reply, before it is read. Waits where it is large and its part holds none yet, as long as too many others do; outside of a part, never.
  void wait_to_read(std::string_view body);

  /// Whether the reply takes so much, once it is read, that not every worker can have one.
  static bool is_large(std::string_view body);

 private:
  struct Worker {
    bool holds = false;       // counts among `holders_`
    bool had_large = false;   // a large reply came to this part
    std::size_t awaited = 0;  // instances of Awaited
  };

  void hold(Worker& worker, std::unique_lock<std::mutex>& lock);
  void add_awaited(bool begins);

  const std::size_t most_;
  std::mutex mutex_;  // of what follows
  std::condition_variable ended_;
  std::map<std::thread::id, Worker> workers_;  // those with a part
  std::size_t holders_ = 0;
  bool expected_ = false;  // the part that ended last had large replies
};

}  // namespace meterproof::conformance
