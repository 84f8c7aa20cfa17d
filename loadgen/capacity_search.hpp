// SPDX-License-Identifier: Apache-2.0
// Searches the highest rates that a target sustains, for one goal or several: brief steps find where to look, whole ones give the answer. After the multiple
// loss ratio search of FD.io (draft-ietf-bmwg-mlrsearch): a step is judged by every goal, so that the goals share their steps.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "loadgen/run.hpp"
#include "loadgen/thresholds.hpp"

namespace meterproof::loadgen {

inline constexpr std::size_t most_tries = 3;  // of a rate that could not be judged by chance

struct SearchOptions {
  double first_rate = 100;  // requests per second
  double highest_rate = 1e6;
  double precision = 0.05;        // width of the final gap, as a share of the sustained rate
  std::size_t confirmations = 3;  // whole steps at the answer, the first included
};

/// A step must meet all of them.
struct SearchGoal {
  std::string text;  // as it was asked for
  std::vector<Threshold> thresholds;
};

/// What a goal comes to. Only whole steps count.
struct GoalAnswer {
  double sustained = 0;                  // requests per second; 0: no rate was
  double failed_at = 0;                  // the lowest rate that was not sustained; 0: none failed
  std::size_t confirmed = 0, tried = 0;  // of the steps at the answer
  double unjudged_at = 0;                // a rate at which nothing could be said of the target; 0: none
  i18n::Message unjudged;                // why not
};

struct SearchResult {
  std::vector<GoalAnswer> goals;  // in their order; one at the least
  bool interrupted = false;
  bool unreachable = false;  // the target did not answer the last step at all
  LoadResult last;           // of a step at the first goal's answer, or of the last one if it has none
  std::vector<reports::LoadRun> steps;
};

enum class StepLength { brief, whole };
struct Step {
  LoadResult result;
  StepLength length = StepLength::whole;  // a brief one may have to be as long as a whole one
};
/// Runs the load at that rate and returns its result.
using AtRate = std::function<Step(double rate, StepLength length)>;
/// A rate is sustained if every threshold is met and all but one in a hundred requests were sent on schedule; it failed if a threshold was missed, or the
/// target did not take the requests in time. Of several steps at one rate most decide. Everything else says nothing of the target: the generator was late, the
/// sample is too small, no timestamps are left. Where that may be chance the rate is tried again, twice; otherwise the search goes no higher. No rate fails
/// for it. `on_step` is called after every step. Ends early if a step was interrupted or the target is unreachable. `goals`: one at the least.
SearchResult search(const SearchOptions& options, const std::vector<SearchGoal>& goals, const AtRate& at_rate,
                    const std::function<void(const reports::LoadRun&)>& on_step);

/// The answer as one sentence.
i18n::Message to_message(const SearchResult& result, const GoalAnswer& goal);
/// The result as one sentence; of several goals, one of each.
i18n::Message to_message(const SearchResult& result, const std::vector<SearchGoal>& goals);
/// 0: every goal has a rate; 1: one has none, and failed; 3: unreachable; 4: interrupted, or of one not even the first rate could be judged.
int exit_code(const SearchResult& result);

}  // namespace meterproof::loadgen
