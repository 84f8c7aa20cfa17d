// SPDX-License-Identifier: Apache-2.0
// Whether what the target file declares unsupported is so: interfaces that are declared absent and answer, and interfaces that are not declared and do not.
#pragma once

#include <vector>

#include "conformance/check_options.hpp"
#include "conformance/target_session.hpp"
#include "core/i18n/message_value.hpp"

namespace meterproof::conformance {

/// Sends each interface that is declared unsupported as a whole one request that changes nothing: a query for keys that no row has, or, where the interface
/// changes something, an empty object, which must be refused. Says which of them answer with a code of theirs, and what to change in the target file.
/// Sends nothing where none is declared. Throws Inconclusive where the run is cut off.
std::vector<i18n::Message> probe_unsupported(TargetSession& session, const CheckOptions& options);

/// The interfaces in scope of which every request was answered, and none with a code of the specification: pages. To be called after the cases.
std::vector<i18n::Message> undeclared_absences(const TargetSession& session, const CheckOptions& options);

}  // namespace meterproof::conformance
