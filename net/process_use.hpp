// SPDX-License-Identifier: Apache-2.0
// What a process of this machine takes, by proc_pid_stat(5).
#pragma once

#include <optional>

namespace meterproof::net {

struct ProcessUse {
  double cpu_s = 0;     // of processor time since it was started, user and system
  double memory_b = 0;  // resident
};

/// Nothing where there is no such process, or none that may be looked at.
std::optional<ProcessUse> use_of_process(int pid);

}  // namespace meterproof::net
