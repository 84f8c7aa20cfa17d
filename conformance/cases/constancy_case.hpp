// SPDX-License-Identifier: Apache-2.0
// Whether an interface has cases about what must stay as it was.
#pragma once

#include "conformance/scope.hpp"
#include "core/model/interface.hpp"

namespace meterproof::conformance {

bool has_constants(const core::Spec& spec, const Scope& scope, const core::Interface& interface);

}  // namespace meterproof::conformance
