#include "spec/world/table.hpp"

#include <algorithm>

namespace meterproof::world {

using spec::ColumnType;
using spec::Decimal;

TableStore::TableStore(const spec::Table& table, const std::vector<std::size_t>& indexed) : table_(&table) {
  for (const std::size_t column : indexed) indices_.push_back({column, {}});
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    Form form = form_of(column);
    form.place = static_cast<std::uint16_t>(form.numeric ? numbers_a_row_++ : texts_a_row_++);
    forms_.push_back(form);
  }
}

TableStore::Form TableStore::form_of(std::size_t column) const {
  const spec::Column& about = table_->columns[column];
  const bool indexed = std::any_of(indices_.begin(), indices_.end(), [&](const Index& index) { return index.column == column; });
  const bool numeric = column != table_->key && !about.refers && (about.type == ColumnType::integer || about.type == ColumnType::decimal);
  return {numeric, !indexed && about.damage == spec::Damage::none, 0};
}

std::optional<RowNumber> TableStore::row_of(std::string_view key) const {
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
void TableStore::fetch_ahead(std::string_view key) const {
  const auto row = by_key_.guess(key);
  if (!row) return;
  fetch_lines(&texts_[*row * texts_a_row_], texts_a_row_ * sizeof(KeptText));
  fetch_lines(&numbers_[*row * numbers_a_row_], numbers_a_row_ * sizeof(KeptNumber));
}

std::optional<RowNumber> TableStore::find(std::string_view key) const {
  if (last_row_ && key_of(*last_row_) == key) return last_row_;
  if (const auto found = row_of(key)) return last_row_ = found;
  for (RowNumber row = 0; by_prefix_ && row < rows_; ++row)
    if (key_of(row).starts_with(key)) return row;
  return std::nullopt;
}

namespace {

std::string damaged(std::string text, spec::Damage damage) {
  constexpr std::size_t longest = 20;
  std::string out;
  switch (damage) {
    case spec::Damage::four_byte_text:
      for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        out += byte >= 0xF0U ? '?' : text[i];
        if (byte >= 0xF0U) i += 3;
      }
      return out;
    case spec::Damage::leading_noughts: return text.substr(std::min(text.find_first_not_of('0'), text.size()));
    case spec::Damage::cut_short:
      if (text.size() <= longest) return text;
      text.resize(longest);
      while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80U) != 0) text.pop_back();  // no half character
      return text;
    case spec::Damage::blanks:
      for (const char c : text)
        if (c != ' ' || out.empty() || out.back() != ' ') out += c;
      return out;
    case spec::Damage::none:
    case spec::Damage::rounded:
    case spec::Damage::whole: break;
  }
  return text;
}

Decimal damaged(Decimal number, spec::Damage damage) {
  if (damage == spec::Damage::rounded) return number.rounded(1);
  if (damage != spec::Damage::whole) return number;
  const std::string text = number.to_string();
  return *Decimal::parse(std::string_view(text).substr(0, text.find('.')));
}

}  // namespace

const std::vector<RowNumber>* TableStore::find_by(std::size_t column, std::string_view value) const {
  for (const Index& index : indices_) {
    if (index.column != column) continue;
    const auto found = index.rows.find(value);
    return found == index.rows.end() ? nullptr : &found->second;
  }
  return nullptr;
}

void TableStore::set_with_care(RowNumber row, std::size_t column, const Cell& value) {
  std::string buffer, buffer_before;
  const std::string_view text = value.spelled(buffer);
  const std::string_view before = cell(row, column).spelled(buffer_before);
  for (Index& index : indices_) {
    if (index.column != column || before == text) continue;
    if (const auto old = index.rows.find(before); old != index.rows.end()) std::erase(old->second, row);
    if (!value.none()) index.rows[std::string(text)].push_back(row);
  }
  convert(row, forms_[column], value);
  if (const spec::Damage damage = table_->columns[column].damage; damage != spec::Damage::none) spoil(row, column, damage);
}

void TableStore::spoil(RowNumber row, std::size_t column, spec::Damage damage) {
  Cell value = cell(row, column);
  const std::string text = damaged(std::string(value.text), damage);
  value.text = text;
  if (value.kind == Cell::Kind::number) value.number = damaged(value.number, damage);
  convert(row, forms_[column], value);
}

void TableStore::convert(RowNumber row, const Form& form, const Cell& value) {
  if (form.numeric) {
    KeptNumber& target = numbers_[row * numbers_a_row_ + form.place];
    if (value.kind != Cell::Kind::text) return target.put(value);
    const auto number = Decimal::parse(value.text);
    target.put({number ? Cell::Kind::number : Cell::Kind::none, value.certainty, number.value_or(Decimal()), {}});
  } else {
    KeptText& target = texts_[row * texts_a_row_ + form.place];
    if (value.kind != Cell::Kind::number) return target.put(value);
    const std::string text = value.number.to_string();
    target.put({Cell::Kind::text, value.certainty, {}, text});
  }
}

RowNumber TableStore::obtain(const Cell& key) {
  std::string buffer;
  if (const auto known = row_of(key.spelled(buffer))) return *known;
  const std::string text(key.spelled(buffer));  // it may stand in a row of ours
  const auto row = static_cast<RowNumber>(rows_++);
  by_key_.add(text, row);
  numbers_.resize(rows_ * numbers_a_row_);
  texts_.resize(rows_ * texts_a_row_);
  set(row, table_->key, Cell::of(text));
  return row;
}

}  // namespace meterproof::world
