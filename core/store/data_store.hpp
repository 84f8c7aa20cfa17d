// SPDX-License-Identifier: Apache-2.0
// The tables of a spec with their rows, and the effects of a request on them. No I/O and no clock. The mock server keeps its state in one; the
// conformance suite uses one as its oracle.
//
// Fast paths: results kept from request to request. GAIN in user-space instructions of 24,400 per report (2026-11-27, `bench/instructions`, each cache
// recomputed always): PriceListCache 4,900 (9 % of the mock's CPU); the texts of dates, MomentTexts, 1,250 (2.2 %).
// WHY: prices rarely change, a second has many requests, a day has one period. REFERENCE: the computation at the same place. TEST:
// Mock.* and Tariff.*. DELETE WHEN: below 1 % and the mock is cheaper than nginx's fixed reply.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/request.hpp"
#include "core/rules/rule_kind.hpp"
#include "core/store/table.hpp"
#include "core/store/tariff.hpp"

namespace meterproof::store {

/// Why the effects of a request could not be carried out: a table is full, or (`of_arithmetic`) a sum needs too many digits. Empty where they were.
struct Failure {
  core::LocalizedText why;
  bool of_arithmetic = false;
};

/// The rows of a reply. Meant to be reused from reply to reply, because it keeps its memory.
struct ResultSet {
  bool has_rows = false;
  std::size_t width = 0;
  std::size_t uncertain = 0;      // how many of the rows a server may leave out
  std::size_t not_preferred = 0;  // how many rows were found but left out in favour of preferred ones: a server may show them too
  bool has_others = false;        // set by who knows that there are rows of which this store knows nothing: a server shows them too
  Failure failure;                // if not empty: why nothing was done

  std::size_t rows() const { return width == 0 ? 0 : values_.size() / width; }
  /// Its text is valid until the ResultSet changes.
  CellValue cell(std::size_t row, std::size_t field) const;
  void clear();
  /// Appends the next cell; rows are filled one after the other.
  void append(const CellValue& value);
  /// Drops all rows but the first `rows`.
  void keep_rows(std::size_t rows) { values_.resize(std::min(values_.size(), rows * width)); }

 private:
  struct StoredValue {
    CellValue::Kind kind;
    Determinacy determinacy;
    std::uint32_t size;  // of its text
    std::size_t at;      // its offset in texts_
    core::Decimal number;
  };
  std::vector<StoredValue> values_;
  std::string texts_;  // all texts, concatenated
};

/// A request field that contains the key of a row.
struct RowKey {
  std::size_t table = 0, field = 0;
};
/// The fields by whose values the interface finds its rows: what can be prefetched before the request is executed.
std::vector<RowKey> row_keys(const core::Spec& spec, const core::Interface& interface);

/// By table: the columns, besides the key, by which an effect or a rule finds rows.
std::vector<std::vector<std::size_t>> indexed_columns(const core::Spec& spec);

/// Returns the answer that was chosen for the open question with that id.
using Interpretations = std::function<std::string(std::string_view id)>;

/// Price lists read from the tables of stores, valid while their table's version stays the same. Not thread-safe.
class PriceListCache {
 public:
  /// `tables`: of a store. Valid until the next call.
  const PriceList& of(const std::vector<Table>& tables, std::size_t table, RowNumber row);

 private:
  struct Lists {
    std::uint64_t version = 0;
    std::vector<std::optional<PriceList>> by_row;
  };
  std::vector<Lists> lists_;  // by table
};

/// Not thread-safe, but for requests about different rows (`may_work_beside_others`). `spec` must outlive it. A copy shares the rows with its original until
/// one of them writes; the two may be used by two threads.
class DataStore final : public rules::DataLookup {
 public:
  static constexpr std::size_t default_row_limit = 4'000'000;

  /// `row_limit`: rows per table; a request that needs more fails. The interceptor must outlive the store; null for a store that keeps to the
  /// specification.
  explicit DataStore(const core::Spec& spec, std::size_t row_limit = default_row_limit, const StoreInterceptor* interceptor = nullptr);

  bool exists(std::size_t table, std::string_view key) const override;
  bool belong_together(std::size_t table, std::string_view key, std::size_t other_table, std::string_view other_key) const override;
  bool in_state(std::size_t table, std::string_view key, const core::State& state) const override;

  /// Executes the effects of the request's interface and fills the reply's rows. If `result_set.failure` is not empty, nothing was changed.
  /// `now`: the server's wall clock. `prices`: of a thread that works beside others.
  void apply(const core::Request& request, core::DateTime now, const Interpretations& interpretations, ResultSet& result_set, PriceListCache* prices = nullptr);
  /// From here on no copy shares the row, where there is one.
  void own_row(std::size_t table, std::string_view key);
  /// Whether a thread may apply a request of an interface that works on one row (`keys_of_own_rows`), this one, while others apply such requests about other
  /// rows: nobody records changes, and no copy of the store shares the row.
  bool may_work_beside_others(std::size_t table, std::string_view key) const;
  /// The same with other steps than the interface's effects. Returns the row that the first `find` among them found first.
  std::optional<RowNumber> apply(const std::vector<core::Step>& steps, const core::Request& request, core::DateTime now, const Interpretations& interpretations,
                                 ResultSet& result_set);

  /// Adds or changes a row. `row`: (column, value) pairs, of which one must be the key. Returns false if the table is full.
  bool put(std::size_t table, const std::vector<std::pair<std::size_t, std::string>>& row);
  /// Changes one cell of a row that there is; a value of no kind empties it.
  void set_cell(std::size_t table, RowNumber row, std::size_t column, const CellValue& value) { tables_[table].set(row, column, value); }
  /// Of a row that somebody else made: the cells that have no value yet may have any.
  void set_rest_unknown(std::size_t table, std::string_view key);
  /// All columns of that row but its key and what it refers to have values that are not known any more.
  void set_unknown(std::size_t table, std::string_view key);

  const std::vector<Table>& tables() const { return tables_; }

  /// Of everything that a file must keep: the rows that were written since the last call, by table. Recorded from `record_changes` on; a copy of the
  /// store records nothing.
  using Changes = std::vector<std::vector<RowNumber>>;
  void record_changes();
  bool records_changes() const { return !tables_.empty() && tables_.front().records_changes(); }
  Changes take_changes();
  /// These count as written once more: they could not be kept.
  void put_back(const Changes& changes);
  /// What the next business number will be.
  std::int64_t next_number() const { return next_number_; }
  void set_next_number(std::int64_t number) { next_number_ = number; }

 private:
  class EffectExecutor;
  class ExpressionEvaluator;
  std::size_t row_limit_;
  std::vector<Table> tables_;
  PriceListCache prices_;
  std::int64_t next_number_ = 1;
  const StoreInterceptor* interceptor_;
};

}  // namespace meterproof::store
