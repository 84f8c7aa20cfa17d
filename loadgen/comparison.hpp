// SPDX-License-Identifier: Apache-2.0
// Compares two load records: is the second one worse than the first, or is the difference within chance?
#pragma once

#include <vector>

#include "reports/load_record.hpp"

namespace meterproof::loadgen {

/// Compares p50, p95, p99, rate and share of errors, each as the mean of its values by second. Confidence intervals (95 %) come from a bootstrap
/// (Efron 1979) over runs and, within a run, over blocks of seconds, because neighbouring seconds are not independent (block bootstrap, Künsch
/// 1989). A metric is worse or better if the interval lies wholly beyond `margin` (a share, like 0.05); for errors, wholly above or below 0.
/// With fewer than five seconds on either side the verdict is "unsure".
std::vector<reports::DifferenceRecord> compare(const reports::LoadRecord& base, const reports::LoadRecord& current, double margin);

}  // namespace meterproof::loadgen
