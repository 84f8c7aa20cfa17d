// SPDX-License-Identifier: Apache-2.0
// Runs a load from beginning to end and judges it; combines repeated runs.
#pragma once

#include <iosfwd>
#include <string>

#include "loadgen/load_options.hpp"
#include "loadgen/load_worker.hpp"
#include "reports/load_record.hpp"

namespace meterproof::loadgen {

struct LoadResult {
  reports::LoadRecord record;
  LatencyHistograms latencies;
  double starvation = 0;  // the share of the run in which no timestamp was free
};

/// Runs the load once and returns when it is over; blocks for the length of the run. `timestamps` is shared by consecutive runs, because a
/// timestamp that one run used cannot be used again. `log`: receives a histogram log; may be null. Sets `record.exit_code` and
/// `record.verdict` (see set_verdict). Throws i18n::MessageError if the host cannot be resolved or the system allows too few open files.
LoadResult run_load(const core::Spec& spec, const LoadOptions& options, TimestampAllocator& timestamps, std::ostream* log = nullptr);

/// The record of a run that was not begun, with what the options say.
reports::LoadRecord record_of(const LoadOptions& options);

/// The summary of a run for a record of several. The values by second leave out the warm-up and the last, incomplete second.
reports::LoadRun to_run_summary(const reports::LoadRecord& record);

/// One record for several runs, at least one: counts are summed, histograms added. The series is that of the last run.
LoadResult combine(std::vector<LoadResult> results);

/// Sets the latencies, curves and histograms of the record.
void summarize(reports::LoadRecord& record, LatencyHistograms& latencies);

/// Whether the generator was too late for the figures to be the target's.
bool generator_was_late(const reports::LoadRecord& record);

/// Sets record.exit_code and record.verdict from the other members: 0 good; 1 failed (a wrong reply, a lost write, a threshold that is not met);
/// 3 unreachable (no connection); 4 not judged (interrupted, refused before it began, nothing measured, too small a sample for a threshold, this
/// machine's or the target's clock set, or the generator itself too late). The verdict is one line.
void set_verdict(reports::LoadRecord& record);

}  // namespace meterproof::loadgen
