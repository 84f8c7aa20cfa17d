// SPDX-License-Identifier: Apache-2.0
// How far a percentile of a run can be trusted: its 95 % confidence interval.
#pragma once

#include <vector>

#include "loadgen/run.hpp"
#include "reports/load_record.hpp"

namespace meterproof::loadgen {

/// Woodruff's interval (R. S. Woodruff, "Confidence Intervals for Medians and Other Position Measures", 1952): that of the share of replies below the
/// percentile, read off the histogram. Latencies of one second are alike, so the share varies from second to second as much as the seconds do, and never
/// less than independent replies would. What changes more slowly than over the run is not seen. By clock (response_time, service_time, queueing_delay) and
/// percentile (p50 to p99.99), where the percentile itself can be told, and not where a
/// few of the slowest seconds decide it; nothing where fewer than five seconds were measured. `record`: with its seconds, the
/// length of its warm-up, and `runs` where it is of several.
std::vector<reports::PercentileInterval> percentile_intervals(const reports::LoadRecord& record, const LatencyHistograms& latencies);

}  // namespace meterproof::loadgen
