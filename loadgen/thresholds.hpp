// SPDX-License-Identifier: Apache-2.0
// Conditions that a load run must meet: p99<50ms, rate>=5000, errors<0.1%.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/load_record.hpp"

namespace meterproof::loadgen {

struct Threshold {
  enum class Relation { below, at_most, above, at_least, equal };
  std::string text;    // as it was written
  std::string metric;  // pN and pN.M, max, mean, rate, errors, late, lost, duplicated
  Relation relation = Relation::below;
  double limit = 0;    // in milliseconds, requests per second, a share (0.001 for 0.1 %) or a number
  bool share = false;  // the limit was written with %
};

/// Parses one condition, or several separated by commas. On failure returns nothing and sets `why` to a message with advice.
std::optional<std::vector<Threshold>> parse_thresholds(const std::string& text, i18n::Message& why);

/// How many latencies must be measured before every percentile among them can be judged (histogram.hpp: ten values beyond it); 0 where none is.
std::uint64_t needed_samples(const std::vector<Threshold>& thresholds);
/// Whether so many latencies are enough for the percentile that the threshold is about; true where it is about none.
bool is_enough(const Threshold& threshold, std::uint64_t samples);
/// The metric of a threshold as it was written: p99 of p99<50ms.
std::string_view metric_of(std::string_view threshold);
/// Whether only a reconciliation knows its metric.
bool needs_reconciliation(const Threshold& threshold);

/// Met, missed, or unknown: a percentile of too small a sample, and a value that the run did not measure, are neither met nor missed; nor is a time or a rate
/// that is not met where the generator was late. Wrong replies and lost writes are the target's nevertheless.
reports::ThresholdRecord evaluate(const Threshold& threshold, const reports::LoadRecord& record);

/// Whether everything that the schedule asked for was sent in its time, but for one request or one in a hundred. True of a closed loop.
bool is_on_schedule(const reports::LoadRecord& record);

}  // namespace meterproof::loadgen
