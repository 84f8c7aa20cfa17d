// SPDX-License-Identifier: Apache-2.0
// Interfaces that work on one row: requests about different rows may be executed at the same time.
#pragma once

#include <optional>
#include <vector>

#include "core/store/data_store.hpp"

namespace meterproof::store {

/// By interface: the field whose value is the key of the only row that its effects write; nothing where they may write or read more. Such an interface reads no
/// other row of a table that one of them writes, and leaves keys, references, indices and the number of rows as they are.
std::vector<std::optional<RowKey>> keys_of_own_rows(const core::Spec& spec);

}  // namespace meterproof::store
