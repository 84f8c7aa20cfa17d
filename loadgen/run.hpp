// One load run from beginning to end, and the same several times.
#pragma once

#include <iosfwd>
#include <string>

#include "loadgen/options.hpp"
#include "loadgen/worker.hpp"
#include "reports/load_record.hpp"

namespace meterproof::load {

struct LoadResult {
  reports::LoadRecord record;
  Clocks clocks;
};

/// `stamps` goes from run to run: a timestamp that one of them used is used up for the next. `log` takes a histogram log where it is not null.
/// `record.exit_code` is 0, 1 (not every reply was right, or something was lost), 3 (no connection) or 4 (the generator was too late for its figures to mean
/// anything).
LoadResult run_load(const spec::Spec& spec, const LoadOptions& options, Stamps& stamps, std::ostream* log = nullptr);

/// The run's figures as one of several: by its seconds, the warm-up and the last, incomplete one aside.
reports::LoadRun as_run(const reports::LoadRecord& record);

/// A record of all of them: counts are summed, histograms added. Series stay those of the last.
LoadResult combined(std::vector<LoadResult> results);

/// Fills what follows from the clocks.
void fill_latencies(reports::LoadRecord& record, Clocks& clocks);

/// "0" where the run is as it should be; otherwise why it is not, in `record.verdict`.
void conclude(reports::LoadRecord& record);

}  // namespace meterproof::load
