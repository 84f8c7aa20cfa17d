#include "core/store/table.hpp"

#include <algorithm>

namespace meterproof::store {

using core::ColumnType;
using core::Decimal;

Table::Table(const core::Table& table, const std::vector<std::size_t>& indexed, const StoreInterceptor* interceptor)
    : table_(&table), interceptor_(interceptor) {
  for (const std::size_t column : indexed) indices_.push_back({column, {}});
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    ColumnLayout layout = layout_of(column);
    layout.place = static_cast<std::uint16_t>(layout.numeric ? numbers_a_row_++ : texts_a_row_++);
    layouts_.push_back(layout);
  }
}

Table::ColumnLayout Table::layout_of(std::size_t column) const {
  const core::Column& about = table_->columns[column];
  const bool indexed = std::any_of(indices_.begin(), indices_.end(), [&](const Index& index) { return index.column == column; });
  const bool numeric = column != table_->key && !about.refers && (about.type == ColumnType::integer || about.type == ColumnType::decimal);
  const bool rewritten = interceptor_ != nullptr && interceptor_->rewrites(*table_, column);
  return {numeric, !indexed && !rewritten, 0};
}

std::optional<RowNumber> Table::row_of(std::string_view key) const {
  return by_key_.find(key, [&](RowNumber row) { return key_of(row); });
}

namespace {

void fetch_lines(const void* from, std::size_t bytes) {
  constexpr std::size_t line = 64;
  const auto* const begin = static_cast<const char*>(from);
  for (const char* at = begin; at < begin + bytes; at += line) __builtin_prefetch(at, 1);
}

}  // namespace

/// Among many rows none is in the cache, and most requests need most of its values.
void Table::prefetch_row(std::string_view key) const {
  const auto row = by_key_.peek(key);
  if (!row) return;
  fetch_lines(&texts_[*row * texts_a_row_], texts_a_row_ * sizeof(PackedText));
  fetch_lines(&numbers_[*row * numbers_a_row_], numbers_a_row_ * sizeof(PackedNumber));
}

std::optional<RowNumber> Table::find(std::string_view key) const {
  if (last_row_ && key_of(*last_row_) == key) return last_row_;
  if (const auto found = row_of(key)) return last_row_ = found;
  return interceptor_ == nullptr ? std::nullopt : interceptor_->find_otherwise(*this, key);
}

const std::vector<RowNumber>* Table::find_by(std::size_t column, std::string_view value) const {
  for (const Index& index : indices_) {
    if (index.column != column) continue;
    const auto found = index.rows.find(value);
    return found == index.rows.end() ? nullptr : &found->second;
  }
  return nullptr;
}

void Table::set_slow(RowNumber row, std::size_t column, const CellValue& value) {
  std::string buffer, buffer_before;
  const std::string_view text = value.spelled(buffer);
  const std::string_view before = cell(row, column).spelled(buffer_before);
  for (Index& index : indices_) {
    if (index.column != column || before == text) continue;
    if (const auto old = index.rows.find(before); old != index.rows.end()) std::erase(old->second, row);
    if (!value.none()) index.rows[std::string(text)].push_back(row);
  }
  coerce(row, layouts_[column], value);
  if (interceptor_ != nullptr && interceptor_->rewrites(*table_, column)) rewrite(row, column);
}

void Table::rewrite(RowNumber row, std::size_t column) {
  CellValue value = cell(row, column);
  std::string buffer;
  interceptor_->rewrite(value, buffer);
  coerce(row, layouts_[column], value);
}

void Table::coerce(RowNumber row, const ColumnLayout& layout, const CellValue& value) {
  if (layout.numeric) {
    PackedNumber& target = numbers_[row * numbers_a_row_ + layout.place];
    if (value.kind != CellValue::Kind::text) return target.put(value);
    const auto number = Decimal::parse(value.text);
    target.put({number ? CellValue::Kind::number : CellValue::Kind::none, value.determinacy, number.value_or(Decimal()), {}});
  } else {
    PackedText& target = texts_[row * texts_a_row_ + layout.place];
    if (value.kind != CellValue::Kind::number) return target.put(value);
    const std::string text = value.number.to_string();
    target.put({CellValue::Kind::text, value.determinacy, {}, text});
  }
}

RowNumber Table::get_or_insert(const CellValue& key) {
  std::string buffer;
  if (const auto determined = row_of(key.spelled(buffer))) return *determined;
  const std::string text(key.spelled(buffer));  // it may stand in a row of ours
  const auto row = static_cast<RowNumber>(rows_++);
  by_key_.add(text, row);
  numbers_.resize(rows_ * numbers_a_row_);
  texts_.resize(rows_ * texts_a_row_);
  set(row, table_->key, CellValue::of(text));
  return row;
}

}  // namespace meterproof::store
