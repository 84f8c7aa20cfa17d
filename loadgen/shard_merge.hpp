// Several records as one: of shards that ran side by side, or of runs one after the other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/load_record.hpp"

namespace meterproof::loadgen {

/// Requests, replies, codes, errors, reconciliations and notes of `from`, added to `into`.
void add_counts(reports::LoadRecord& into, const reports::LoadRecord& from);

/// Shards of one run: counts and rates are summed, histograms added bucket by bucket, those of the seconds too, which are put on
/// one time line. Nothing where they can't belong together; `why` says so.
std::optional<reports::LoadRecord> merge_shards(const std::vector<reports::LoadRecord>& shards, std::string& why);

}  // namespace meterproof::loadgen
