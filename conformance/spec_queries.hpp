// SPDX-License-Identifier: Apache-2.0
// Which tables an interface changes and shows, and which interface makes their rows.
#pragma once

#include <compare>
#include <cstddef>
#include <vector>

#include "conformance/scope.hpp"
#include "core/model/interface.hpp"

namespace meterproof::conformance {

struct TableCell {
  std::size_t table = 0, column = 0;

  friend bool operator==(const TableCell&, const TableCell&) = default;
  friend auto operator<=>(const TableCell&, const TableCell&) = default;  // NOLINT(modernize-use-nullptr): it takes the 0 of the comparison for a pointer
};

/// The tables that an interface changes, and those that its reply shows.
std::vector<std::size_t> changed_tables(const core::Interface& interface);
/// A query: it replies with rows and changes none.
bool only_shows(const core::Interface& interface);
/// Whether the request adds to something, or makes a row: sent twice it can do more than once. What sets a value cannot.
bool adds_up(const core::Interface& interface);
std::vector<std::size_t> shown_tables(const core::Spec& spec, const core::Interface& interface);
bool share_a_table(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b);
/// Whether a query that is in scope and changes nothing shows what the interface changes.
bool shows_effect_of(const core::Spec& spec, const Scope& scope, const core::Interface& interface, const core::Interface& query);

/// The interface in scope that makes rows of a table from nothing but other tables' rows; null where there is none.
const core::Interface* maker_of(const core::Spec& spec, const Scope& scope, std::size_t table);

/// Whether one request makes a row of both tables: such rows belong together.
bool are_made_together(const core::Spec& spec, std::size_t table, std::size_t other);

/// The interfaces in scope that have another path than `interface` and change nothing, beginning with another one for other interfaces.
std::vector<const core::Interface*> queries_on_other_paths(const core::Spec& spec, const Scope& scope, const core::Interface& interface);

/// A name or an address: what anybody may write.
bool is_free_text(const core::Field& field);

/// Whether some variant of the interface's valid request gives the field its value.
bool is_set_by_variant(const core::Interface& interface, std::size_t field);

/// Whether every step of a sequence is in scope.
bool in_scope(const core::Spec& spec, const core::Sequence& sequence, const Scope& scope);

/// The reply's member that tells the balance of the row that a request is about, in an interface by which usage is reported; null where it is none.
const std::string* balance_told(const core::Interface& interface);

}  // namespace meterproof::conformance
