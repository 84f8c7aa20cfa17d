// SPDX-License-Identifier: Apache-2.0
// Merges load records: of shards or threads that ran at the same time, or of consecutive runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/load_record.hpp"

namespace meterproof::loadgen {

/// Adds requests, replies, codes, errors, reconciliations and notes of `from` to `into`. False where a sum does not fit.
[[nodiscard]] bool add_counts(reports::LoadRecord& into, const reports::LoadRecord& from);

/// The same for one second of two parts of a run, whose percentiles cannot be added.
[[nodiscard]] bool add_second(reports::LoadInterval& into, const reports::LoadInterval& from);

/// Empty, or why the record is none of a shard.
i18n::Message why_no_shard(const reports::LoadRecord& record);

/// Merges all shards of one run: counts and rates are summed, histograms added bucket by bucket, and the seconds of all shards put on one time
/// line. If the records are not all the shards of one run, returns nothing and sets `why` to the reason.
std::optional<reports::LoadRecord> merge_shards(const std::vector<reports::LoadRecord>& shards, i18n::Message& why);

/// The same for the threads of one process, which begin at the same moment; it is not judged yet. `is_shard`: of a run, so that the result is merged in its
/// turn. Throws MessageError where they do not fit together.
reports::LoadRecord merge_threads(const std::vector<reports::LoadRecord>& threads, bool is_shard);

}  // namespace meterproof::loadgen
