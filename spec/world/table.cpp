#include "spec/world/table.hpp"

#include <algorithm>

namespace meterproof::world {

using spec::ColumnType;
using spec::Decimal;

TableStore::TableStore(const spec::Table& table, const std::vector<std::size_t>& indexed) : table_(&table), columns_(table.columns.size()) {
  for (const std::size_t column : indexed) indices_.push_back({column, {}});
}

std::optional<RowNumber> TableStore::find(std::string_view key) const {
  if (const auto found = by_key_.find(key); found != by_key_.end()) return found->second;
  if (by_prefix_)
    for (const auto& [name, row] : by_key_)
      if (name.starts_with(key)) return row;
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

void TableStore::set(RowNumber row, std::size_t column, const Cell& value) {
  Cell& target = cells_[row * columns_ + column];
  for (Index& index : indices_) {
    if (index.column != column || target.text == value.text) continue;
    if (const auto old = index.rows.find(target.text); old != index.rows.end()) std::erase(old->second, row);
    if (!value.none()) index.rows[value.to_string()].push_back(row);
  }
  target = value;
  const spec::Damage damage = table_->columns[column].damage;
  const ColumnType type = table_->columns[column].type;
  const bool numeric = !table_->columns[column].refers && (type == ColumnType::integer || type == ColumnType::decimal);
  if (numeric && value.kind == Cell::Kind::text) {
    const auto number = Decimal::parse(value.text);
    target.kind = number ? Cell::Kind::number : Cell::Kind::none;
    target.number = number.value_or(Decimal());
    target.text.clear();
  } else if (!numeric && value.kind == Cell::Kind::number) {
    target.kind = Cell::Kind::text;
    target.text = value.number.to_string();
  }
  if (damage != spec::Damage::none) target = damaged(std::move(target), damage);
}

RowNumber TableStore::obtain(const Cell& key) {
  const std::string name = key.to_string();
  const auto [entry, added] = by_key_.try_emplace(name, static_cast<RowNumber>(size()));
  if (!added) return entry->second;
  cells_.resize(cells_.size() + columns_);
  set(entry->second, table_->key, key);
  return entry->second;
}

}  // namespace meterproof::world
