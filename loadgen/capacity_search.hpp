// SPDX-License-Identifier: Apache-2.0
// Searches the highest rate that a target sustains: doubles the rate until it fails, bisects the gap, then confirms the answer.
#pragma once

#include <functional>
#include <vector>

#include "loadgen/run.hpp"
#include "loadgen/thresholds.hpp"

namespace meterproof::loadgen {

struct SearchOptions {
  double first_rate = 100;  // requests per second
  double highest_rate = 1e6;
  double precision = 0.05;        // width of the final gap, as a share of the sustained rate
  std::size_t confirmations = 3;  // runs at the answer, the first included
};

struct SearchResult {
  double sustained = 0;                  // requests per second; 0: no rate was
  double failed_at = 0;                  // the lowest rate that was not sustained; 0: none failed
  std::size_t confirmed = 0, tried = 0;  // of the runs at the answer
  double unjudged_at = 0;                // a rate at which nothing could be said of the target; 0: none
  i18n::Message unjudged;                // why not
  bool interrupted = false;
  bool unreachable = false;  // the target did not answer the last run at all
  LoadResult last;           // of the last run that passed, or of the last run if none did
  std::vector<reports::LoadRun> steps;
};

/// Runs the load at that rate and returns its result.
using AtRate = std::function<LoadResult(double rate)>;
/// A rate is sustained if every threshold is met and all but one in a hundred requests were sent on schedule; it failed if a threshold was missed, or the
/// target did not take the requests in time. Everything else says nothing of the target: the generator was late, the sample is too small, no timestamps
/// are left. Where that may be chance the rate is tried again, twice; otherwise the search goes no higher. It never goes lower for it. `on_step` is
/// called after every run. Ends early if a run was interrupted or the target is unreachable.
SearchResult search(const SearchOptions& options, const std::vector<Threshold>& thresholds, const AtRate& at_rate,
                    const std::function<void(const reports::LoadRun&)>& on_step);

/// The result as one sentence.
i18n::Message to_message(const SearchResult& result);
/// 0: a rate was sustained; 1: none was; 3: unreachable; 4: interrupted, or not even the first rate could be judged.
int exit_code(const SearchResult& result);

}  // namespace meterproof::loadgen
