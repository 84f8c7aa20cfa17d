// SPDX-License-Identifier: Apache-2.0
// Runs the cases against a target and makes the record.
#pragma once

#include "conformance/check_options.hpp"
#include "conformance/environment.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

/// Sends nothing where no case is selected. The record's verdict and exit code are set.
reports::CheckRecord check(const core::Spec& spec, const CheckOptions& options, Environment environment);

}  // namespace meterproof::conformance
