// SPDX-License-Identifier: Apache-2.0
// The buffer that the sockets of one batch are read into, one connection's bytes behind the other's.
//
// Fast path. WHY: one batch is read, then processed, then answered, so that the kernel's code and ours do not evict each other's from the caches,
// and the peer is woken once per batch. GAIN: answering together 16 %, reading together 4 % of the mock's CPU (docs/performance.md, `ci/bench mock`;
// not measured again since). REFERENCE: process and flush in ServerConnection::read. TEST: HttpServer.*. DELETE WHEN: the gain is below 1 %.
#pragma once

#include <memory>
#include <string_view>

#include "net/event_loop.hpp"

namespace meterproof::net {

/// reserve() → recv → commit(), once per socket of a batch; release() once per commit. When all are released the space is reused.
class ReceiveArena {
 public:
  /// The most that one recv may take, in bytes.
  static constexpr std::size_t chunk = 65536;

  /// Space for `chunk` bytes. It is not taken before commit().
  char* reserve() { return bytes_.get() + used_; }
  /// The first `size` bytes of what reserve() returned; valid until every commit of the batch has been released.
  std::string_view commit(std::size_t size) {
    ++commits_;
    used_ += size;
    return {reserve() - size, size};
  }
  void release() {
    if (--commits_ == 0) used_ = 0;
  }

 private:
  // Two MiB of address space, enough for a batch; pages that are never written take no memory.
  std::unique_ptr<char[]> bytes_ = std::make_unique_for_overwrite<char[]>(EventLoop::max_batch * chunk);  // NOLINT(*-avoid-c-arrays)
  std::size_t used_ = 0, commits_ = 0;
};

}  // namespace meterproof::net
