// SPDX-License-Identifier: Apache-2.0
// The rows that a reply must have, for people who compare it with those that it has.
#pragma once

#include <string>

#include "core/model/interface.hpp"
#include "core/store/data_store.hpp"

namespace meterproof::conformance {

/// As JSON. A value that the server chooses is written "…"; one that it may leave out is left out. "" where the reply has no rows.
std::string expected_rows(const core::Interface& interface, const store::ResultSet& implied);

}  // namespace meterproof::conformance
