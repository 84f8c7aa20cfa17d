// SPDX-License-Identifier: Apache-2.0
#include "loadgen/histogram_log.hpp"

#include <cstdio>
#include <ostream>

namespace meterproof::loadgen {

HistogramLog::HistogramLog(std::ostream& out, double started) : out_(out) {
  char line[200];
  std::snprintf(line, sizeof line, "#[Histogram log format version 1.3]\n#[StartTime: %.3f (seconds since epoch)]\n", started);
  out_ << line << "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";
}

void HistogramLog::add(std::string_view tag, double begin, double seconds, const Histogram& histogram) {
  char line[120];
  std::snprintf(line, sizeof line, ",%.3f,%.3f,%.3f,", begin, seconds, histogram.max_ms());
  out_ << "Tag=" << tag << line << histogram.encoded() << '\n' << std::flush;
}

}  // namespace meterproof::loadgen
