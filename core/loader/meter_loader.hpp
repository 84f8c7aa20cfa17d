// SPDX-License-Identifier: Apache-2.0
// Files that say how the mock's meters live.
#pragma once

#include <string>

#include "core/diagnostics/diagnostic.hpp"
#include "core/model/interface.hpp"
#include "core/model/meter_behaviour.hpp"

namespace meterproof::loader {

/// See spec/meters/daily.yaml. Every problem found, located, where there is one.
core::Result<core::MeterBehaviour> load_meters(const core::Spec& spec, const std::string& path);

}  // namespace meterproof::loader
