// SPDX-License-Identifier: Apache-2.0
// One table of a DataStore: rows by number, found by key or by an indexed column. Rows are never removed.
//
// Fast path: prefetch_index and prefetch_row. WHY: among 200,000 rows, slot and row are not in the cache. GAIN: 6 % of the mock's CPU
// (docs/performance.md, `ci/bench mock`; not measured again since). REFERENCE: none, they are hints. DELETE WHEN: tables hold few rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/interface.hpp"
#include "core/store/cell_value.hpp"
#include "core/store/changed_rows.hpp"
#include "core/store/packed_value.hpp"
#include "core/store/reference_index.hpp"
#include "core/store/shared_rows.hpp"
#include "core/store/store_interceptor.hpp"
#include "core/store/text_index.hpp"

namespace meterproof::store {

/// Not thread-safe, but for threads that write and read different rows, of a table without a tariff, that it `owns`, in columns that are neither the key nor
/// indexed; none of them calls anything else that is not const. A copy shares the rows with its original until one of them writes (SharedRows); the two may be
/// used by two threads.
class Table {
 public:
  /// `table` and `interceptor` must outlive it. `indexed`: the columns, besides the key, that `find_by` looks up.
  Table(const core::Table& table, const std::vector<std::size_t>& indexed, const StoreInterceptor* interceptor = nullptr);

  const core::Table& table() const { return *table_; }
  std::size_t size() const { return texts_.size(); }  // a key is a text: every row has one
  /// Of a table with a tariff: no other content of such a table has the same. Others have none.
  std::uint64_t version() const { return version_; }
  std::optional<RowNumber> find(std::string_view key) const;
  /// The same without an interceptor.
  std::optional<RowNumber> find_exactly(std::string_view key) const;
  /// prefetch_index(key) prefetches the slot in the index; prefetch_row(key), called when that has arrived (about 100 ns later), the row. Both
  /// are hints: a later `find` is correct without them.
  void prefetch_index(std::string_view key) const { by_key_.prefetch(key); }
  void prefetch_row(std::string_view key) const;
  /// The rows whose indexed column equals `value`, in the order of their numbers. Valid until the next write.
  MatchingRows find_by(std::size_t column, std::string_view value) const;

  /// Its text is valid until the next write.
  CellValue cell(RowNumber row, std::size_t column) const {
    const ColumnLayout layout = layouts_[column];
    return layout.numeric ? numbers_.row(row)[layout.offset].cell() : texts_.row(row)[layout.offset].cell();
  }
  /// Converts the value to the column's type. A text that is not a number becomes an empty cell of a numeric column.
  void set(RowNumber row, std::size_t column, const CellValue& value) {
    note_change(row);
    const ColumnLayout layout = layouts_[column];
    const bool fits = layout.plain && value.kind != (layout.numeric ? CellValue::Kind::text : CellValue::Kind::number);
    if (!fits) return set_slow(row, column, value);
    if (layout.numeric) numbers_.writable_row(row)[layout.offset].store(value);
    else texts_.writable_row(row)[layout.offset].store(value);
  }
  /// The same for a number.
  void set(RowNumber row, std::size_t column, core::Decimal number) {
    const ColumnLayout layout = layouts_[column];
    if (!layout.plain || !layout.numeric) return set(row, column, CellValue::of(number));
    note_change(row);
    numbers_.writable_row(row)[layout.offset].store(number);
  }
  /// Whether the two are copies that both have that row, and neither has written it, or one near it, since.
  bool shares_row(const Table& other, RowNumber row) const { return numbers_.shares(other.numbers_, row) && texts_.shares(other.texts_, row); }
  /// Whether no copy shares that row, or any.
  bool owns(RowNumber row) const { return numbers_.owns(row) && texts_.owns(row); }
  bool owns_all() const { return numbers_.owns_all() && texts_.owns_all(); }
  /// From here on it owns the row, until it is copied.
  void own(RowNumber row) {
    (void)numbers_.writable_row(row);
    (void)texts_.writable_row(row);
  }
  /// From here on the rows that are written are recorded. A copy of the table records none.
  void record_changes() { changed_.record(); }
  bool records_changes() const { return changed_.records(); }
  /// The rows that were written since the last call, in their order, each once.
  std::vector<RowNumber> take_changes() { return changed_.take(); }
  /// The row counts as written.
  void note_change(RowNumber row) {
    if (has_tariff_) version_ = next_version();
    changed_.add(row);
  }
  /// The row with that key. If there is none, adds one whose other cells are empty.
  RowNumber get_or_insert(const CellValue& key);

 private:
  struct Index {
    std::size_t column;
    ReferenceIndex rows;
  };

  /// How a column's values are stored.
  struct ColumnLayout {
    bool numeric = false;
    bool plain = true;         // not indexed, and no interceptor rewrites it: a write needs no further step
    std::uint16_t offset = 0;  // among a row's numbers, or its texts
  };
  static std::uint64_t next_version();
  void set_slow(RowNumber row, std::size_t column, const CellValue& value);
  void coerce(RowNumber row, const ColumnLayout& layout, const CellValue& value);
  void rewrite(RowNumber row, std::size_t column);
  ColumnLayout layout_of(std::size_t column) const;
  std::string_view key_of(RowNumber row) const { return cell(row, table_->key).text; }

  const core::Table* table_;
  const StoreInterceptor* interceptor_;  // mostly null
  std::vector<ColumnLayout> layouts_;    // by column
  std::size_t numbers_per_row_ = 0, texts_per_row_ = 0;
  bool has_tariff_ = false;
  std::uint64_t version_ = 0;
  ChangedRows changed_;
  SharedRows<PackedNumber> numbers_{0};
  SharedRows<PackedText> texts_{0};
  TextIndex by_key_;
  std::vector<Index> indices_;
};

}  // namespace meterproof::store
