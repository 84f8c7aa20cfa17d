// Whether a run is worse than another, or only different by chance.
#pragma once

#include <vector>

#include "reports/load_record.hpp"

namespace meterproof::loadgen {

/// Bootstrap (Efron 1979) over runs, and within a run over blocks of seconds, which are not independent of their neighbours.
/// Compared are the means of the seconds' own percentiles, of their rates and of their shares of errors. Worse, or better, is what lies wholly
/// beyond `margin` (a share: 0.05); of errors, what lies wholly above or below what they were.
std::vector<reports::DifferenceRecord> compare(const reports::LoadRecord& base, const reports::LoadRecord& current, double margin);

}  // namespace meterproof::loadgen
