// SPDX-License-Identifier: Apache-2.0
// Writes HdrHistogram interval logs (format 1.3), which HdrHistogram's own tools read.
#pragma once

#include <iosfwd>
#include <string_view>

#include "loadgen/histogram.hpp"

namespace meterproof::loadgen {

/// One line per interval and tag, flushed at once, so that an interrupted run leaves a readable log.
class HistogramLog {
 public:
  /// `started`: seconds since 1970. `out` must outlive it.
  HistogramLog(std::ostream& out, double started);
  /// `begin`: seconds since `started`; `seconds`: the length of the interval.
  void add(std::string_view tag, double begin, double seconds, const Histogram& histogram);

 private:
  std::ostream& out_;
};

}  // namespace meterproof::loadgen
