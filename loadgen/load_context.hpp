// SPDX-License-Identifier: Apache-2.0
// What is needed to send single calls of the workload, before and beside its schedule.
#pragma once

#include <chrono>
#include <vector>

#include "loadgen/acknowledged_writes.hpp"
#include "loadgen/load_options.hpp"
#include "loadgen/run_clock.hpp"
#include "loadgen/timestamp_allocator.hpp"
#include "loadgen/virtual_devices.hpp"

namespace meterproof::loadgen {

/// References: all of it must outlive whoever has one.
struct LoadContext {
  const core::Spec& spec;
  const LoadOptions& options;
  VirtualDevices& devices;
  TimestampAllocator& timestamps;
  std::vector<AcknowledgedWrites>& acknowledged_writes;
  const RunClock& clock;

  core::DateTime now() const { return clock.at(std::chrono::steady_clock::now()); }
  /// The call's write, if it is one, is sent.
  void note_sent(const DeviceCall& call) const {
    for (AcknowledgedWrites& writes : acknowledged_writes)
      if (writes.about().step == call.step) writes.sent(call);
  }
  /// It was answered, with success or without.
  void note_answer(const DeviceCall& call, bool success) const {
    for (AcknowledgedWrites& writes : acknowledged_writes)
      if (writes.about().step == call.step) success ? writes.accepted(call) : writes.refused(call);
  }
};

}  // namespace meterproof::loadgen
