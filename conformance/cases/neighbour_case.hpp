// SPDX-License-Identifier: Apache-2.0
// Whether an interface has cases about keys that look alike.
#pragma once

#include "conformance/scope.hpp"
#include "core/model/interface.hpp"

namespace meterproof::conformance {

/// The interface names rows that an interface in scope makes, and shows or changes some.
bool has_neighbours(const core::Spec& spec, const Scope& scope, const core::Interface& interface);

}  // namespace meterproof::conformance
