// SPDX-License-Identifier: Apache-2.0
// Runs a load from beginning to end and judges it; combines repeated runs.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "loadgen/load_options.hpp"
#include "loadgen/load_worker.hpp"
#include "reports/load_record.hpp"

namespace meterproof::loadgen {

struct LoadResult {
  reports::LoadRecord record;
  LatencyHistograms latencies;
  double starvation = 0;               // the share of the run in which no timestamp was free
  bool ran = false;                    // its schedule was begun
  std::size_t connections_wanted = 0;  // where there were fewer; otherwise 0

  /// Whether no timestamp was free for so long that the run says nothing of the target.
  bool is_starved() const {
    constexpr double tolerated = 0.01;
    return starvation > tolerated;
  }
};

/// The timestamps of a run, and of those that follow it: what one run used cannot be used again.
class LoadTimestamps {
 public:
  LoadTimestamps(const core::Authentication& authentication, const LoadOptions& options, std::size_t threads)
      : whole_(authentication, options.apps, options.timestamps), threads_(threads) {}

  std::size_t threads() const { return threads_; }
  /// Of all threads, until they are divided.
  TimestampAllocator& whole() { return whole_; }
  bool are_divided() const { return !parts_.empty(); }
  /// One for each thread. Divides them at the first call.
  std::vector<TimestampAllocator>& parts() {
    if (parts_.empty()) parts_ = whole_.divided(threads_);
    return parts_;
  }
  /// Those in use now.
  std::vector<const TimestampAllocator*> all() const {
    std::vector<const TimestampAllocator*> out;
    for (const TimestampAllocator& part : parts_) out.push_back(&part);
    if (out.empty()) out.push_back(&whole_);
    return out;
  }

 private:
  TimestampAllocator whole_;
  const std::size_t threads_;
  std::vector<TimestampAllocator> parts_;
};

/// Runs the load once, on those threads, and returns when it is over; blocks for the length of the run. `log`: receives a histogram log; may be null. Sets
/// `record.exit_code` and `record.verdict` (see set_verdict). Throws i18n::MessageError if the host cannot be resolved or the system allows too few open files.
LoadResult run_load(const core::Spec& spec, const LoadOptions& options, LoadTimestamps& timestamps, std::ostream* log = nullptr);

/// Notes what a run came up against: a generator that was late or busy, timestamps that were used up.
void note_run(LoadResult& result);

/// How many threads a run needs: what its rate takes, of a closed loop every core, or half of them where the target is on this machine and needs the others; at
/// the most one for each connection, appId and meter.
std::size_t threads_for(const LoadOptions& options, std::size_t cores);

/// The record of a run that was not begun, with what the options say.
reports::LoadRecord record_of(const LoadOptions& options);

/// The summary of a run for a record of several. The values by second leave out the warm-up and the last, incomplete second.
reports::LoadRun to_run_summary(const reports::LoadRecord& record);

/// One record for several runs, at least one: counts are summed, histograms added. The series is that of the last run.
LoadResult combine(std::vector<LoadResult> results);

/// Sets the latencies, their intervals, curves and histograms of the record, which has its seconds.
void summarize(reports::LoadRecord& record, LatencyHistograms& latencies);

/// Whether the generator was too late for the figures to be the target's.
bool generator_was_late(const reports::LoadRecord& record);

/// Sets record.exit_code and record.verdict from the other members: 0 good; 1 failed (a wrong reply, a lost write, a threshold that is not met);
/// 3 unreachable (no connection); 4 not judged (interrupted, refused before it began, nothing measured, too small a sample for a threshold, this
/// machine's or the target's clock set, or the generator itself too late: without thresholds, a comparison of two targets in turn stands that). The verdict
/// is one line.
void set_verdict(reports::LoadRecord& record);

}  // namespace meterproof::loadgen
