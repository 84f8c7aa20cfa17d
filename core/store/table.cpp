// SPDX-License-Identifier: Apache-2.0
#include "core/store/table.hpp"

#include <algorithm>
#include <atomic>

namespace meterproof::store {

using core::ColumnType;
using core::Decimal;

namespace {

void prefetch_lines(const void* from, std::size_t bytes) {
  constexpr std::size_t line = 64;
  const auto* const end = static_cast<const char*>(from) + bytes;
  for (const char* at = static_cast<const char*>(from); at < end; at += line) __builtin_prefetch(at, 1);
  if (bytes > 0) __builtin_prefetch(end - 1, 1);  // rows do not begin where lines do
}

}  // namespace

Table::Table(const core::Table& table, const std::vector<std::size_t>& indexed, const StoreInterceptor* interceptor)
    : table_(&table), interceptor_(interceptor), has_tariff_(table.tariff.has_value()) {
  for (const std::size_t column : indexed) indices_.push_back({column, {}});
  // A column's offset counts columns of its own kind: numbers and texts of a row are stored apart.
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    ColumnLayout layout = layout_of(column);
    layout.offset = static_cast<std::uint16_t>(layout.numeric ? numbers_per_row_++ : texts_per_row_++);
    layouts_.push_back(layout);
  }
  numbers_ = SharedRows<PackedNumber>(numbers_per_row_);
  texts_ = SharedRows<PackedText>(texts_per_row_);
}

Table::ColumnLayout Table::layout_of(std::size_t column) const {
  const core::Column& about = table_->columns[column];
  const bool indexed = std::any_of(indices_.begin(), indices_.end(), [&](const Index& index) { return index.column == column; });
  // Keys and references are compared as texts, so they are stored as texts even if their type is a number.
  const bool numeric = column != table_->key && !about.refers && (about.type == ColumnType::integer || about.type == ColumnType::decimal);
  const bool rewritten = interceptor_ != nullptr && interceptor_->rewrites(*table_, column);
  return {numeric, !indexed && !rewritten, 0};
}

std::uint64_t Table::next_version() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

std::optional<RowNumber> Table::find_exactly(std::string_view key) const {
  return by_key_.find(key, [&](RowNumber row) { return key_of(row); });
}

/// Prefetches all of the row: most requests need most of its values, and among many rows it is not in the cache.
void Table::prefetch_row(std::string_view key) const {
  const auto row = by_key_.peek(key);
  if (!row) return;
  prefetch_lines(texts_.row(*row), texts_per_row_ * sizeof(PackedText));
  prefetch_lines(numbers_.row(*row), numbers_per_row_ * sizeof(PackedNumber));
}

std::optional<RowNumber> Table::find(std::string_view key) const {
  const auto found = find_exactly(key);
  if (interceptor_ == nullptr) return found;
  return found ? std::optional(interceptor_->find_instead(*this, *found)) : interceptor_->find_otherwise(*this, key);
}

MatchingRows Table::find_by(std::size_t column, std::string_view value) const {
  for (const Index& index : indices_)
    if (index.column == column) return index.rows.find(value);
  return {};
}

/// What is indexed is what is stored: the value may be converted or rewritten on its way.
void Table::set_slow(RowNumber row, std::size_t column, const CellValue& value) {
  const auto index = std::find_if(indices_.begin(), indices_.end(), [&](const Index& one) { return one.column == column; });
  const bool was_indexed = index != indices_.end() && !cell(row, column).none();
  const std::string before = was_indexed ? cell(row, column).to_string() : std::string();
  coerce(row, layouts_[column], value);
  if (interceptor_ != nullptr && interceptor_->rewrites(*table_, column)) rewrite(row, column);
  if (index == indices_.end()) return;
  const CellValue now = cell(row, column);
  std::string buffer;
  const std::string_view text = now.as_text(buffer);
  if (was_indexed && !now.none() && before == text) return;
  if (was_indexed) index->rows.remove(before, row);
  if (!now.none()) index->rows.add(text, row);
}

void Table::rewrite(RowNumber row, std::size_t column) {
  CellValue value = cell(row, column);
  std::string buffer;
  interceptor_->rewrite(value, buffer);
  coerce(row, layouts_[column], value);
}

void Table::coerce(RowNumber row, const ColumnLayout& layout, const CellValue& value) {
  if (layout.numeric) {
    PackedNumber& target = numbers_.writable_row(row)[layout.offset];
    if (value.kind != CellValue::Kind::text) return target.store(value);
    const auto number = Decimal::parse(value.text);
    target.store({number ? CellValue::Kind::number : CellValue::Kind::none, value.determinacy, number.value_or(Decimal()), {}});
  } else {
    PackedText& target = texts_.writable_row(row)[layout.offset];
    if (value.kind != CellValue::Kind::number) return target.store(value);
    const std::string text = value.number.to_string();
    target.store({CellValue::Kind::text, value.determinacy, {}, text});
  }
}

RowNumber Table::get_or_insert(const CellValue& key) {
  std::string buffer;
  if (const auto row = find_exactly(key.as_text(buffer))) return *row;
  const std::string text(key.as_text(buffer));
  const auto row = static_cast<RowNumber>(size());
  by_key_.add(text, row);
  numbers_.add_row();
  texts_.add_row();
  set(row, table_->key, CellValue::of(text));
  return row;
}

}  // namespace meterproof::store
