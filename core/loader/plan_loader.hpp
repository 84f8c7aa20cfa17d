// SPDX-License-Identifier: Apache-2.0
// Files that say what one side does by itself while business time passes.
#pragma once

#include <string>

#include "core/diagnostics/diagnostic.hpp"
#include "core/model/call_plan.hpp"
#include "core/model/interface.hpp"

namespace meterproof::loader {

/// See spec/plans/customer_year.yaml. Every problem found, located, where there is one.
core::Result<core::CallPlan> load_plan(const core::Spec& spec, const std::string& path);

}  // namespace meterproof::loader
