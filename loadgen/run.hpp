// One load run from beginning to end, and the same several times.
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
};

/// `timestamps` goes from run to run: a timestamp that one of them used is used up for the next. `log` takes a histogram log where it is not null.
/// `record.exit_code` is 0, 1 (not every reply was right, or something was lost), 3 (no connection) or 4 (the generator was too late for its figures to mean
/// anything).
LoadResult run_load(const core::Spec& spec, const LoadOptions& options, TimestampAllocator& timestamps, std::ostream* log = nullptr);

/// The run's figures as one of several: by its seconds, the warm-up and the last, incomplete one aside.
reports::LoadRun to_run_summary(const reports::LoadRecord& record);

/// A record of all of them: counts are summed, histograms added. Series stay those of the last.
LoadResult combine(std::vector<LoadResult> results);

/// Fills what follows from the clocks.
void summarize(reports::LoadRecord& record, LatencyHistograms& latencies);

/// "0" where the run is as it should be; otherwise why it is not, in `record.verdict`.
void set_verdict(reports::LoadRecord& record);

}  // namespace meterproof::loadgen
