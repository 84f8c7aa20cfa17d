// SPDX-License-Identifier: Apache-2.0
// All cases of a specification, before anything is sent.
#pragma once

#include "conformance/cases/case_kinds.hpp"

namespace meterproof::conformance {

/// Every case of the sides in scope, interface by interface; also those of interfaces that the target has not got. Only the specification must outlive the
/// cases.
CaseList plan(const core::Spec& spec, const Scope& scope, const std::map<std::string, std::string>& fixtures = {},
              const std::vector<reports::DescribedRowRecord>& rows = {});

}  // namespace meterproof::conformance
