// SPDX-License-Identifier: Apache-2.0
// What judges: named in every record and certificate, so that a verdict can be judged again by the release that made it.
#pragma once

#include <string_view>

#include "core/model/interface.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

/// The release: three numbers.
extern const std::string_view suite_version;
/// SHA-256, in hex, of the sources that decide what is sent and how it is judged. Wordings are not among them.
extern const std::string_view rules_digest;

inline reports::SuiteRecord suite_of(const core::Spec& spec) { return {"meterproof", std::string(suite_version), spec.version, std::string(rules_digest)}; }

}  // namespace meterproof::conformance
