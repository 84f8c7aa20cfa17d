// SPDX-License-Identifier: Apache-2.0
// Workload files and their CSV data.
#pragma once

#include <string>

#include "core/diagnostics/diagnostic.hpp"
#include "core/model/workload.hpp"

namespace meterproof::loader {

/// A workload file (see spec/workloads/). Every problem found, located, where there is one.
core::Result<core::Workload> load_workload(const core::Spec& spec, const std::string& path);

/// A workload of that one interface, generated as its spec says (generators:).
core::Workload single_interface_workload(const core::Spec& spec, std::size_t interface);

}  // namespace meterproof::loader
