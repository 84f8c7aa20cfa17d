// SPDX-License-Identifier: Apache-2.0
// Memory that is kept back for what must still be done when there is no more: a run that has used up all that it may (ulimit -v) ends early, and its
// record is written.
#pragma once

namespace meterproof::cli {

/// One at a time, made by the main thread. From its construction on, operator new that finds no memory gives the reserve back first; where there was no
/// room for one, that is noted all the same.
class MemoryReserve {
 public:
  MemoryReserve();
  ~MemoryReserve();
  MemoryReserve(const MemoryReserve&) = delete;
  MemoryReserve& operator=(const MemoryReserve&) = delete;

  /// Whether it was needed: time to come to an end. May be called from any thread.
  static bool is_used();
};

}  // namespace meterproof::cli
