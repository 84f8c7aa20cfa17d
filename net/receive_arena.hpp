// Where a turn's sockets are read into.
#pragma once

#include <memory>
#include <string_view>

#include "net/event_loop.hpp"

namespace meterproof::net {

/// Keeps what came, one connection's behind the other's, until each has its turn to use it: all that is ready is read first, then all of it
/// is looked at, so that neither the kernel's code nor ours drives the other's out of the caches for each request anew.
class ReceiveArena {
 public:
  static constexpr std::size_t chunk = 65536;

  /// For `chunk` bytes.
  char* reserve() { return bytes_.get() + used_; }
  /// The first `size` bytes of the room, until they are given back.
  std::string_view commit(std::size_t size) {
    ++kept_;
    used_ += size;
    return {reserve() - size, size};
  }
  void release() {
    if (--kept_ == 0) used_ = 0;
  }

 private:
  // Enough for all that may be ready at once; what is not written to takes no memory.
  std::unique_ptr<char[]> bytes_ = std::make_unique_for_overwrite<char[]>(EventLoop::most_ready * chunk);  // NOLINT(*-avoid-c-arrays)
  std::size_t used_ = 0, kept_ = 0;
};

}  // namespace meterproof::net
