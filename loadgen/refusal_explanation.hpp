// SPDX-License-Identifier: Apache-2.0
// Why a target refused the first call of every appId: what it says, its clock beside ours, and which other known way to sign, or which other time, it does
// accept (reports/signature_trials.hpp). The load is not begun; what the trials find is told, not used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/i18n/message_value.hpp"
#include "loadgen/acknowledged_writes.hpp"
#include "loadgen/load_options.hpp"
#include "loadgen/run_clock.hpp"
#include "loadgen/timestamp_allocator.hpp"
#include "loadgen/virtual_devices.hpp"

namespace meterproof::loadgen {

struct RefusalExplanation {
  bool refused = false;  // signed for the present, the call is refused, too; false also where nothing is answered
  std::vector<i18n::Message> notes;
  std::uint64_t sent = 0;  // calls
};

/// Sends a call of the workload by that appId, again and again, for ten seconds at the most; blocks. `of_time`: the timestamp was refused, not the signature.
RefusalExplanation explain_refusal(const core::Spec& spec, const LoadOptions& options, VirtualDevices& devices, TimestampAllocator& timestamps,
                                   std::vector<AcknowledgedWrites>& acknowledged_writes, const RunClock& clock, std::size_t app, bool of_time);

}  // namespace meterproof::loadgen
