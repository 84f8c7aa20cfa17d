// Whether a run is worse than another, or only different by chance.
#pragma once

#include <string>
#include <vector>

#include "reports/load_record.hpp"

namespace meterproof::load {

/// One metric of both: now divided by then, with the interval in which 95 of 100 resamplings lie.
struct Difference {
  std::string metric;
  double base = 0, current = 0;
  double ratio = 1, low = 1, high = 1;
  enum class Verdict { same, better, worse, unsure } verdict = Verdict::same;
};

/// Bootstrap (Efron 1979) over runs, and within a run over blocks of seconds, which are not independent of their neighbours.
/// Compared are the means of the seconds' own percentiles. Worse, or better, is what lies wholly beyond `margin` (a share: 0.05). Unsure where one side has
/// fewer than five seconds.
std::vector<Difference> compared(const reports::LoadRecord& base, const reports::LoadRecord& current, double margin);

std::string to_text(const Difference& difference);

}  // namespace meterproof::load
