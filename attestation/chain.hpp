// SPDX-License-Identifier: Apache-2.0
// The chain of a transcript: a digest for each event, of it and of the digest before. It begins with what the run was told, so that nothing can be
// declared afterwards.
#pragma once

#include <string>
#include <vector>

#include "reports/record.hpp"

namespace meterproof::attestation {

/// The chain of the record in that JSON (it must have a transcript): the first link is of what the run was told (target, role, filter,
/// declarations, appIds, options), and one more for each event. Wordings do not count. Throws what the JSON library throws where it is no record.
std::vector<std::string> links_of(const std::string& record_json);

/// Sets `told` and `chain` of the record's transcript. For a run that has just ended, before its record is written.
void seal(reports::CheckRecord& record);

enum class Seal { holds, absent, told_differs, events_differ };
/// Whether a record is as it was when it was sealed. It must have a transcript. Who edits a record can seal it again: this finds what was changed by
/// accident, or afterwards by somebody who does not say so.
Seal seal_of(const reports::CheckRecord& record);

}  // namespace meterproof::attestation
