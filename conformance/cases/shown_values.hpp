// SPDX-License-Identifier: Apache-2.0
// Where a value that a request carries can be seen again, by the effects of both interfaces: request's field, column, reply's field. And rows that an
// interface adds to those of an owner, with the query that lists them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "conformance/scope.hpp"
#include "conformance/spec_queries.hpp"
#include "core/model/interface.hpp"

namespace meterproof::conformance {

/// A field of a query's reply.
struct ShownValue {
  const core::Interface* query = nullptr;
  std::size_t field = 0;

  friend bool operator==(const ShownValue&, const ShownValue&) = default;
};

/// The reply's fields that show what the request's field carried, unchanged. None where the specification does not mean the query for the same rows, or does
/// not say what it shows.
std::vector<ShownValue> shown_values(const core::Spec& spec, const Scope& scope, const core::Interface& interface, std::size_t field);
/// Whether any value of the interface that is no key can be seen again.
bool shows_values(const core::Spec& spec, const core::Interface& interface);

/// The reply's field of a query that shows the sum to which the request's field is added; nothing where there is none.
std::optional<ShownValue> shown_sum(const core::Spec& spec, const Scope& scope, const core::Interface& interface, std::size_t field);

/// A query in scope that shows what the interface changes of a row, and the reply's fields that do so; null where there is none.
struct ShowingQuery {
  const core::Interface* query = nullptr;
  std::vector<std::size_t> fields;
};
ShowingQuery showing_query(const core::Spec& spec, const Scope& scope, const core::Interface& interface);

/// Rows that an interface adds, one with each request, and the query that lists those of their owner.
struct ListedRows {
  std::size_t table = 0, owner_table = 0;
  std::size_t name = 0;       // the request's field with the new row's key
  bool owner_exists = false;  // the owner is there before; otherwise the request names it, too
  const core::Interface* query = nullptr;
  std::size_t by_owner = 0;                        // the query's form that has no other key
  std::optional<std::size_t> by_name;              // and the one that has nothing but the new row's
  std::size_t shown_name = 0;                      // the reply's field with the row's key
  std::optional<std::size_t> first_day, last_day;  // the query's fields with the days from and to which it lists
  std::optional<std::size_t> moment;               // the reply's field that must lie between
};
std::optional<ListedRows> listed_rows(const core::Spec& spec, const Scope& scope, const core::Interface& interface);

/// Whether the query can be asked and changes nothing, and the effect of the interface is to be seen through it.
bool may_show(const Scope& scope, const core::Interface& interface, const core::Interface& query);

/// Orders, by a field of the request, whose outcome a query shows in words of the server's own.
struct ShownOrders {
  std::size_t field = 0;                   // of the request
  std::string one, other;                  // opposite ones
  const core::Interface* query = nullptr;  // that shows the outcome
  std::size_t shown = 0;                   // the reply's field
};
/// By the interface's effects; nothing where it gives no such orders.
std::optional<ShownOrders> shown_orders(const core::Spec& spec, const Scope& scope, const core::Interface& interface);

/// The table's column that a path ends at, or the first price of the tariff that it leads to; nothing for what is computed.
std::optional<TableCell> cell_of(const core::Spec& spec, const core::Interface& query, const core::Expr& expr);
/// Every column that the expression of a reply's row reads.
std::vector<TableCell> cells_of(const core::Spec& spec, const core::Interface& query, const core::Expr& expr);
/// The expressions of a reply's row; null where the interface shows none.
const core::Rows* rows_of(const core::Interface& interface);
/// The columns to which an interface gives new values where a row is there already. `sums`: those to which it adds, or from which it takes.
std::vector<TableCell> updated_cells(const core::Interface& interface, bool sums);

}  // namespace meterproof::conformance
