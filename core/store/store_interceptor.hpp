// SPDX-License-Identifier: Apache-2.0
// Lets a mutant change what a store writes and finds.
// A store without one, as every store is by default, pays for it only where it leaves its fast paths.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/interface.hpp"
#include "core/store/cell_value.hpp"

namespace meterproof::store {

class Table;
using RowNumber = std::uint32_t;

/// What is not overridden changes nothing. It must outlive the store; a store with one belongs to one thread.
class StoreInterceptor {
 public:
  StoreInterceptor() = default;
  StoreInterceptor(const StoreInterceptor&) = delete;
  StoreInterceptor& operator=(const StoreInterceptor&) = delete;
  virtual ~StoreInterceptor() = default;

  /// Whether the column's values are to be rewritten. Asked once, when the store is made.
  virtual bool rewrites(const core::Table&, std::size_t /*column*/) const { return false; }
  /// Changes a value of such a column before it is kept; a changed text stands in `buffer`.
  virtual void rewrite(CellValue&, std::string& /*buffer*/) const {}
  /// The row to return in place of that which has the key.
  virtual RowNumber find_instead(const Table&, RowNumber found) const { return found; }
  /// The row to return for a key that does not exist.
  virtual std::optional<RowNumber> find_otherwise(const Table&, std::string_view /*key*/) const { return std::nullopt; }
  /// False hides a row from a query by a range of days. `last_day`: "" if the range has none.
  virtual bool finds(std::string_view /*moment*/, std::string_view /*last_day*/) const { return true; }
};

}  // namespace meterproof::store
