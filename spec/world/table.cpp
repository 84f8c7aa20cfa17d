#include "spec/world/table.hpp"

#include <algorithm>

namespace meterproof::world {

using spec::ColumnType;
using spec::Decimal;

TableStore::TableStore(const spec::Table& table, const std::vector<std::size_t>& indexed) : table_(&table), columns_(table.columns.size()) {
  for (const std::size_t column : indexed) indices_.push_back({column, {}});
}

std::optional<RowNumber> TableStore::find(std::string_view key) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  return found->second;
}

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
