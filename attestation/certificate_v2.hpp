// SPDX-License-Identifier: Apache-2.0
// Certificates of schema certificate/2, which releases 0.1 wrote: read by the rules of their time.
#pragma once

#include <string>

#include "attestation/certificate.hpp"

namespace meterproof::attestation {

/// Checks signature, chain, digests and subject, and judges every case again. No suite of today is the one that judged: where it comes to something
/// else, `needs` names that suite. `text`: JSON of that schema.
Verification verify_v2(const std::string& text, const Key& key, const core::Spec& spec, const ToolIdentity& tool);

}  // namespace meterproof::attestation
