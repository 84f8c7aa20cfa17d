// The tables with their rows, and what an interface does to them when it succeeds. No I/O, no clock of its own.
// The mock server lives on it; a runner holds it as its own idea of what a server must answer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/model/request.hpp"
#include "core/rules/rule_kind.hpp"
#include "core/store/table.hpp"
#include "core/store/tariff.hpp"

namespace meterproof::store {

/// The rows of a reply. It is used for one reply after the other, for the room that it has.
struct ResultSet {
  bool has_rows = false;
  std::size_t width = 0;
  std::size_t uncertain = 0;      // rows, of all, that a server may as well not show
  std::size_t not_preferred = 0;  // rows that were found and not preferred: a server may show them too
  std::string failure;            // why the store gave up: a table is full, a sum needs too many digits

  std::size_t rows() const { return width == 0 ? 0 : values_.size() / width; }
  /// Its text is good until the outcome changes.
  CellValue cell(std::size_t row, std::size_t field) const;
  void clear();
  /// The next field's value, row after row.
  void append(const CellValue& value);
  void keep_rows(std::size_t rows) { values_.resize(std::min(values_.size(), rows * width)); }

 private:
  struct StoredValue {
    CellValue::Kind kind;
    Determinacy determinacy;
    std::uint32_t size;  // of its text
    std::size_t at;      // where that stands
    core::Decimal number;
  };
  std::vector<StoredValue> values_;
  std::string texts_;  // one behind the other
};

/// A field of a request that names a row by its key.
struct RowKey {
  std::size_t table = 0, field = 0;
};
/// Those by which the interface looks for the rows that it is about.
std::vector<RowKey> row_keys(const core::Spec& spec, const core::Interface& interface);

/// The answer chosen for an open question, by its id.
using Interpretations = std::function<std::string(std::string_view id)>;

class DataStore final : public rules::DataLookup {
 public:
  static constexpr std::size_t default_row_limit = 4'000'000;

  /// The interceptor must outlive the store; null for a store that keeps to the specification.
  explicit DataStore(const core::Spec& spec, std::size_t row_limit = default_row_limit, const StoreInterceptor* interceptor = nullptr);

  bool exists(std::size_t table, std::string_view key) const override;
  bool belong_together(std::size_t table, std::string_view key, std::size_t other_table, std::string_view other_key) const override;
  bool in_state(std::size_t table, std::string_view key, const core::State& state) const override;

  /// Carries out what the interface does on success, and fills the reply's rows. Nothing has changed where `failure` says why not.
  void apply(const core::Request& request, core::DateTime now, const Interpretations& interpretations, ResultSet& result_set);

  /// Adds or changes a row by texts: (column, value) pairs, the key among them. False where the table is full.
  bool put(std::size_t table, const std::vector<std::pair<std::size_t, std::string>>& row);

  const std::vector<Table>& tables() const { return tables_; }

 private:
  class EffectExecutor;
  class ExpressionEvaluator;
  /// What was read of a table's prices, as long as nothing is written there.
  struct PriceLists {
    std::uint64_t version = 0;
    std::vector<std::optional<PriceList>> by_row;
  };

  const PriceList& price_list(std::size_t table, RowNumber row);

  std::size_t row_limit_;
  std::vector<Table> tables_;
  std::vector<PriceLists> price_lists_;  // by table
  std::int64_t next_ = 1;
  // The last moment as a text, and the last settlement period: many requests come within a second, and a day.
  core::DateTime shown_at_{-1};
  std::string shown_moment_;
  std::tuple<std::int64_t, Period, int, int> shown_cycle_of_{-1, {}, 0, 0};  // the day, what settles how often, in which month, on which day
  std::string shown_cycle_;
  const StoreInterceptor* interceptor_;
};

}  // namespace meterproof::store
