// SPDX-License-Identifier: Apache-2.0
// A class of load in the user's own unit: meters@midnight(2h), as many meters as report within two hours.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "loadgen/run.hpp"
#include "loadgen/thresholds.hpp"

namespace meterproof::loadgen {

/// The time within which the meters of such a class report; nothing for a text of another form.
std::optional<std::chrono::milliseconds> window_of_class(std::string_view text);

/// Whether a class may rest on that threshold: it is one on p99 itself.
bool is_about_p99(std::string_view threshold);

/// Runs a load of that many requests a second; nothing if it could not begin.
using RunAtRate = std::function<std::optional<LoadResult>(double rate)>;

/// The run that a class rests on, judged by the thresholds. A run that could not be judged by chance (a late generator, a clock that was set, too few samples)
/// is made again at its rate, twice at the most; a rate that does not hold is lowered by a tenth, three times at the most. `on_next` hears of each run that is
/// not the last. Nothing if a run could not begin.
std::optional<LoadResult> run_of_class(double rate, const std::vector<Threshold>& thresholds, const RunAtRate& run,
                                       const std::function<void(double rate, const reports::LoadRecord&)>& on_next);

}  // namespace meterproof::loadgen
