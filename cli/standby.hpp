// SPDX-License-Identifier: Apache-2.0
// A process that does something if this one ends before it could: killed, aborted, out of memory.
#pragma once

#include <sys/types.h>

#include <functional>

#include "net/fd.hpp"

namespace meterproof::cli {

/// To be made while this process has one thread. Where no process can be made there is nobody to stand by, and that is all.
class Standby {
 public:
  /// `act` is called in the other process, once, where this process ends, or the object is destroyed, before `dismiss` was called.
  explicit Standby(const std::function<void()>& act);
  ~Standby();
  Standby(const Standby&) = delete;
  Standby& operator=(const Standby&) = delete;

  void dismiss();

 private:
  pid_t pid_ = -1;
  net::Fd alive_;  // its other end is closed when this process ends, however it does
};

}  // namespace meterproof::cli
