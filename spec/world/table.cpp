#include "spec/world/table.hpp"

#include <algorithm>

namespace meterproof::world {

using spec::ColumnType;
using spec::Decimal;

TableStore::TableStore(const spec::Table& table, const std::vector<std::size_t>& indexed) : table_(&table), columns_(table.columns.size()) {
  for (const std::size_t column : indexed) indices_.push_back({column, {}});
  for (std::size_t column = 0; column < columns_; ++column) forms_.push_back(form_of(column));
}

TableStore::Form TableStore::form_of(std::size_t column) const {
  const spec::Column& about = table_->columns[column];
  const bool indexed = std::any_of(indices_.begin(), indices_.end(), [&](const Index& index) { return index.column == column; });
  return {!about.refers && (about.type == ColumnType::integer || about.type == ColumnType::decimal), !indexed && about.damage == spec::Damage::none};
}

std::optional<RowNumber> TableStore::row_of(std::string_view key) const {
  return by_key_.find(key, [&](RowNumber row) -> std::string_view { return keys_[row]; });
}

/// Asks for a row's memory before it is needed: among many rows, none is in the cache, and most requests need most of its cells.
void TableStore::fetch_ahead(RowNumber row) const {
  constexpr std::size_t line = 64;
  const auto* const begin = reinterpret_cast<const char*>(&cells_[row * columns_]);  // NOLINT(*-reinterpret-cast)
  for (const char* at = begin; at < begin + columns_ * sizeof(Cell); at += line) __builtin_prefetch(at, 1);
}

std::optional<RowNumber> TableStore::find(std::string_view key) const {
  if (last_row_ && keys_[*last_row_] == key) return last_row_;
  if (const auto found = row_of(key)) {
    fetch_ahead(*found);
    return last_row_ = found;
  }
  if (by_prefix_) {
    const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const std::string& name) { return name.starts_with(key); });
    if (found != keys_.end()) return static_cast<RowNumber>(found - keys_.begin());
  }
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

Cell damaged(Cell cell, spec::Damage damage) {
  if (cell.kind == Cell::Kind::text) cell.text = damaged(std::move(cell.text), damage);
  if (cell.kind == Cell::Kind::number && damage == spec::Damage::rounded) cell.number = cell.number.rounded(1);
  if (cell.kind == Cell::Kind::number && damage == spec::Damage::whole) {
    const std::string text = cell.number.to_string();
    cell.number = *Decimal::parse(text.substr(0, text.find('.')));
  }
  return cell;
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

void TableStore::set(RowNumber row, std::size_t column, const CellView& value) {
  if (!forms_[column].kept_as_it_is) return set_with_care(row, column, value);
  convert(cells_[row * columns_ + column], value, forms_[column].numeric);
}

void TableStore::set_with_care(RowNumber row, std::size_t column, const CellView& value) {
  Cell& target = cells_[row * columns_ + column];
  for (Index& index : indices_) {
    if (index.column != column || target.text == value.text) continue;
    if (const auto old = index.rows.find(target.text); old != index.rows.end()) std::erase(old->second, row);
    std::string buffer;
    if (!value.none()) index.rows[std::string(value.spelled(buffer))].push_back(row);
  }
  convert(target, value, forms_[column].numeric);
  const spec::Damage damage = table_->columns[column].damage;
  if (damage != spec::Damage::none) target = damaged(std::move(target), damage);
}

void TableStore::convert(Cell& target, const CellView& value, bool numeric) {
  if (numeric && value.kind == Cell::Kind::text) {
    const auto number = Decimal::parse(value.text);
    target.kind = number ? Cell::Kind::number : Cell::Kind::none;
    target.certainty = value.certainty;
    target.number = number.value_or(Decimal());
    target.text.clear();
  } else if (!numeric && value.kind == Cell::Kind::number) {
    target.kind = Cell::Kind::text;
    target.certainty = value.certainty;
    target.number = value.number;
    target.text.clear();
    value.number.append_to(target.text);
  } else {
    target.assign(value);
  }
}

RowNumber TableStore::obtain(const CellView& key) {
  std::string buffer;
  const std::string_view text = key.spelled(buffer);
  if (const auto known = row_of(text)) return *known;
  const auto row = static_cast<RowNumber>(keys_.size());
  by_key_.add(text, row);
  keys_.emplace_back(text);
  cells_.resize(cells_.size() + columns_);
  set(row, table_->key, CellView::of(keys_[row]));
  return row;
}

}  // namespace meterproof::world
