// SPDX-License-Identifier: Apache-2.0
// The names by which a vendor can name a row that exists: TABLE, or TABLE.STATE where the row is in a state that some case needs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/i18n/message_value.hpp"
#include "core/model/interface.hpp"

namespace meterproof::rules {

/// The state of a key that has several rows in another table.
inline constexpr std::string_view several_rows = "several";

/// The states in which a row of that table can be named: those that a rule or an open question asks for, and `several` where a query takes the table's
/// key alone.
std::vector<std::string> row_states(const core::Spec& spec, std::size_t table);

struct RowName {
  std::size_t table = 0;
  std::string state;  // "" for any

  friend bool operator==(const RowName&, const RowName&) = default;
};

/// Nothing where there is no such table, or the table's rows have no such state; `why` and `remedy` tell then.
std::optional<RowName> read_row_name(const core::Spec& spec, std::string_view name, i18n::Message& why, i18n::Message& remedy);

}  // namespace meterproof::rules
