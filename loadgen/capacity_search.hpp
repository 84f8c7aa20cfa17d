// The highest rate that a target sustains: by doubling, then halving the gap, then trying the answer again.
#pragma once

#include <functional>
#include <vector>

#include "loadgen/run.hpp"
#include "loadgen/thresholds.hpp"

namespace meterproof::loadgen {

struct SearchOptions {
  double first_rate = 100;
  double highest_rate = 1e6;
  double precision = 0.05;  // the gap that remains, as a share
  std::size_t confirmations = 3;
};

struct SearchResult {
  double sustained = 0;  // 0 where not even the first rate was
  double failed_at = 0;  // the lowest rate that was not; 0 where none failed
  std::size_t confirmed = 0, tried = 0;
  bool interrupted = false;
  LoadResult last;  // of the highest rate that was sustained, or of the last step
  std::vector<reports::LoadRun> steps;
};

/// Runs the load at a rate; what it came to.
using AtRate = std::function<LoadResult(double rate)>;
/// A step is good where every gate is met, the rate was reached, and the generator was in time.
SearchResult search(const SearchOptions& options, const std::vector<Threshold>& thresholds, const AtRate& at_rate,
                    const std::function<void(const reports::LoadRun&)>& on_step);

/// What was found, in a sentence.
i18n::Message to_message(const SearchResult& result);

}  // namespace meterproof::loadgen
