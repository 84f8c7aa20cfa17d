// SPDX-License-Identifier: Apache-2.0
// The figures of a load that follow from others: made anew, so that nobody has to be believed for them.
#pragma once

#include "core/i18n/message_value.hpp"
#include "reports/load_record.hpp"

namespace meterproof::loadgen {

/// Sets all that follows from the record's seconds, histograms and thresholds: counts and codes from the seconds of all runs, latencies and curves from
/// the histograms (to their width, a thousandth), what each run came to by second, what was found of each threshold, exit code and verdict. Takes the
/// differences from a base away: they rest on another record. Returns nothing, or why these can't be the figures of a load. A search for the capacity
/// has no seconds of most of its steps: it cannot be derived.
i18n::Message derive(reports::LoadRecord& record);

}  // namespace meterproof::loadgen
