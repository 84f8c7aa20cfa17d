// SPDX-License-Identifier: Apache-2.0
// Whether what a request changes shows with a reading that was taken before it. "A price may show with the next reading" excuses a value that is as it was;
// it does not where the target shows such changes at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "conformance/fixtures.hpp"

namespace meterproof::conformance {

/// Tried once for each column, with a row of its own: it is changed once its reading is a second old. False where that cannot be told. `timeout`: how long a
/// change is looked for.
bool shows_change_at_once(FixtureFactory& fixtures, std::chrono::milliseconds timeout, const core::Interface& query, const TableCell& cell);

/// The form of the interface's request that changes a row which is there; nothing where none does.
std::optional<std::size_t> changing_variant(const core::Interface& interface);

}  // namespace meterproof::conformance
