// SPDX-License-Identifier: Apache-2.0
// Certificates of schema certificate/2, which releases 0.1 wrote: read, and never found to hold by another release.
#pragma once

#include <string>

#include "attestation/certificate.hpp"

namespace meterproof::attestation {

/// Checks signature, chain, digests and subject. Whether the verdicts follow, only the suite that judged can tell: `needs` names it. `text`: JSON of that
/// schema.
Verification verify_v2(const std::string& text, const Key& key, const ToolIdentity& tool);

}  // namespace meterproof::attestation
