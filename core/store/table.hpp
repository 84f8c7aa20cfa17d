// One table of the world: rows by number, found by key or by an indexed column.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/model/interface.hpp"
#include "core/store/cell_value.hpp"
#include "core/store/packed_value.hpp"
#include "core/store/store_interceptor.hpp"
#include "core/store/text_index.hpp"

namespace meterproof::store {

class Table {
 public:
  /// `indexed`: the columns by which rows are looked up, besides the key.
  Table(const core::Table& table, const std::vector<std::size_t>& indexed, const StoreInterceptor* interceptor = nullptr);

  const core::Table& table() const { return *table_; }
  std::size_t size() const { return rows_; }
  /// Another one whenever something was written.
  std::uint64_t version() const { return version_; }
  std::optional<RowNumber> find(std::string_view key) const;
  /// Asks for the memory that `find` will need, as far as that is known without waiting for any: the first time where the row stands in
  /// the index, the second time the row.
  void prefetch_index(std::string_view key) const { by_key_.prefetch(key); }
  void prefetch_row(std::string_view key) const;
  /// Rows whose indexed column equals `value`, oldest first.
  const std::vector<RowNumber>* find_by(std::size_t column, std::string_view value) const;

  /// Its text is good until the table is written to.
  CellValue cell(RowNumber row, std::size_t column) const {
    const ColumnLayout layout = layouts_[column];
    return layout.numeric ? numbers_[row * numbers_a_row_ + layout.place].cell() : texts_[row * texts_a_row_ + layout.place].cell();
  }
  /// Takes the column's type: a text that holds a number becomes one where the column is numeric.
  void set(RowNumber row, std::size_t column, const CellValue& value) {
    ++version_;
    const ColumnLayout layout = layouts_[column];
    const bool fits = layout.kept_as_it_is && value.kind != (layout.numeric ? CellValue::Kind::text : CellValue::Kind::number);
    if (!fits) return set_slow(row, column, value);
    if (layout.numeric) numbers_[row * numbers_a_row_ + layout.place].put(value);
    else texts_[row * texts_a_row_ + layout.place].put(value);
  }
  /// The same of a number.
  void set(RowNumber row, std::size_t column, core::Decimal number) {
    const ColumnLayout layout = layouts_[column];
    if (!layout.kept_as_it_is || !layout.numeric) return set(row, column, CellValue::of(number));
    ++version_;
    numbers_[row * numbers_a_row_ + layout.place].put(number);
  }
  /// The row of that key, added with nothing but its key where there is none.
  RowNumber get_or_insert(const CellValue& key);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <class T>
  using Map = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

  struct Index {
    std::size_t column;
    Map<std::vector<RowNumber>> rows;
  };

  /// Where a column's values stand, and how.
  struct ColumnLayout {
    bool numeric = false;
    bool kept_as_it_is = true;  // it is not indexed, and nobody rewrites it
    std::uint16_t place = 0;    // among a row's numbers, or its texts
  };
  void set_slow(RowNumber row, std::size_t column, const CellValue& value);
  void coerce(RowNumber row, const ColumnLayout& layout, const CellValue& value);
  void rewrite(RowNumber row, std::size_t column);
  ColumnLayout layout_of(std::size_t column) const;
  std::string_view key_of(RowNumber row) const { return cell(row, table_->key).text; }
  std::optional<RowNumber> row_of(std::string_view key) const;

  const core::Table* table_;
  const StoreInterceptor* interceptor_;  // mostly null
  std::vector<ColumnLayout> layouts_;    // by column
  std::size_t numbers_a_row_ = 0, texts_a_row_ = 0;
  std::uint64_t version_ = 0;
  std::vector<PackedNumber> numbers_;
  std::vector<PackedText> texts_;
  store::TextIndex by_key_;
  std::size_t rows_ = 0;
  // One request asks for the same row several times.
  mutable std::optional<RowNumber> last_row_;
  std::vector<Index> indices_;
};

}  // namespace meterproof::store
