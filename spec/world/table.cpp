#include "spec/world/table.hpp"

#include <algorithm>

namespace meterproof::world {

using spec::ColumnType;
using spec::Decimal;

TableStore::TableStore(const spec::Table& table, const std::vector<std::size_t>& indexed) : table_(&table), columns_(table.columns.size()) {
  for (const std::size_t column : indexed) indices_.push_back({column, {}});
}

std::optional<RowNumber> TableStore::find(std::string_view key) const {
  if (last_row_ && last_key_ == key) return last_row_;
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    last_key_.assign(key);
    last_row_ = found->second;
    return last_row_;
  }
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

void TableStore::set(RowNumber row, std::size_t column, const CellView& value) {
  Cell& target = cells_[row * columns_ + column];
  for (Index& index : indices_) {
    if (index.column != column || target.text == value.text) continue;
    if (const auto old = index.rows.find(target.text); old != index.rows.end()) std::erase(old->second, row);
    std::string buffer;
    if (!value.none()) index.rows[std::string(value.spelled(buffer))].push_back(row);
  }
  const spec::Damage damage = table_->columns[column].damage;
  const ColumnType type = table_->columns[column].type;
  const bool numeric = !table_->columns[column].refers && (type == ColumnType::integer || type == ColumnType::decimal);
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
  if (damage != spec::Damage::none) target = damaged(std::move(target), damage);
}

RowNumber TableStore::obtain(const CellView& key) {
  std::string buffer;
  const auto [entry, added] = by_key_.try_emplace(std::string(key.spelled(buffer)), static_cast<RowNumber>(size()));
  if (!added) return entry->second;
  cells_.resize(cells_.size() + columns_);
  set(entry->second, table_->key, CellView::of(entry->first));
  return entry->second;
}

}  // namespace meterproof::world
