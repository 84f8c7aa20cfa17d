// Where a turn's sockets are read into.
#pragma once

#include <memory>
#include <string_view>

#include "http/reactor.hpp"

namespace meterproof::http {

/// Keeps what came, one connection's behind the other's, until each has its turn to use it: all that is ready is read first, then all of it
/// is looked at, so that neither the kernel's code nor ours drives the other's out of the caches for each request anew.
class Inbox {
 public:
  static constexpr std::size_t chunk = 65536;

  /// For `chunk` bytes.
  char* room() { return bytes_.get() + used_; }
  /// The first `size` bytes of the room, until they are given back.
  std::string_view keep(std::size_t size) {
    ++kept_;
    used_ += size;
    return {room() - size, size};
  }
  void give_back() {
    if (--kept_ == 0) used_ = 0;
  }

 private:
  // Enough for all that may be ready at once; what is not written to takes no memory.
  std::unique_ptr<char[]> bytes_ = std::make_unique_for_overwrite<char[]>(Reactor::most_ready * chunk);  // NOLINT(*-avoid-c-arrays)
  std::size_t used_ = 0, kept_ = 0;
};

}  // namespace meterproof::http
