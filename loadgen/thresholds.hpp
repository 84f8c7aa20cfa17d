// What a run must come up to: p99<50ms, rate>=5000, errors<0.1%.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/load_record.hpp"

namespace meterproof::loadgen {

struct Threshold {
  enum class Relation { below, at_most, above, at_least, equal };
  std::string text;    // as it was written
  std::string metric;  // p50 … p99.99, max, mean, rate, errors, late, lost, duplicated
  Relation relation = Relation::below;
  double limit = 0;    // milliseconds, requests per second, a share or a number
  bool share = false;  // the limit was written with %
};

/// One condition, or several between commas. Nothing where the text is none; `why` says what is wrong.
std::optional<std::vector<Threshold>> parse_thresholds(const std::string& text, std::string& why);

/// A percentile that the sample can't support, or a figure that the run did not take, meets nothing.
reports::ThresholdRecord evaluate(const Threshold& threshold, const reports::LoadRecord& record);

}  // namespace meterproof::loadgen
