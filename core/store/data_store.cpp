// SPDX-License-Identifier: Apache-2.0
#include "core/store/data_store.hpp"

#include <algorithm>

namespace meterproof::store {

using core::Interface;
using core::Step;

void ResultSet::clear() {
  has_rows = false;
  width = 0;
  values_.clear();
  texts_.clear();
  uncertain = not_preferred = 0;
  has_others = false;
  failure = {};
}

CellValue ResultSet::cell(std::size_t row, std::size_t field) const {
  const StoredValue& stored = values_[row * width + field];
  return {stored.kind, stored.determinacy, stored.number, std::string_view(texts_).substr(stored.at, stored.size)};
}

void ResultSet::append(const CellValue& value) {
  values_.push_back({value.kind, value.determinacy, static_cast<std::uint32_t>(value.text.size()), texts_.size(), value.number});
  if (!value.text.empty()) texts_ += value.text;
}

std::vector<RowKey> row_keys(const core::Spec& spec, const Interface& interface) {
  std::vector<RowKey> out;
  for (const Step& step : interface.effects) {
    if (step.kind != Step::Kind::find) continue;
    for (const core::Assignment& by : step.find.by)
      if (by.column == spec.tables[step.find.table].key && by.value.op == core::Expr::Op::request) out.push_back({step.find.table, by.value.field});
  }
  return out;
}

std::vector<std::vector<std::size_t>> indexed_columns(const core::Spec& spec) {
  std::vector<std::vector<std::size_t>> indexed(spec.tables.size());
  // The key has an index of its own.
  const auto index = [&](std::size_t table, std::size_t column) {
    auto& columns = indexed[table];
    if (column != spec.tables[table].key && std::find(columns.begin(), columns.end(), column) == columns.end()) columns.push_back(column);
  };
  const auto index_rule = [&](const Interface& interface, const core::Rule& rule) {
    if (rule.state.value.empty()) return;
    const std::size_t table = *interface.request[rule.operands[0].field].refers;
    if (rule.state.table != table) index(rule.state.table, *spec.tables[rule.state.table].refers_to(table));
  };
  for (const Interface& interface : spec.interfaces) {
    for (const Step& step : interface.effects)
      if (step.kind == Step::Kind::find)
        for (const core::Assignment& by : step.find.by) index(step.find.table, by.column);
    for (const core::ResultRow& row : interface.results)
      for (const core::Rule& rule : row.when) index_rule(interface, rule);
    for (const core::OpenQuestion& question : interface.open_questions)
      if (question.when) index_rule(interface, *question.when);
  }
  return indexed;
}

DataStore::DataStore(const core::Spec& spec, std::size_t row_limit, const StoreInterceptor* interceptor) : row_limit_(row_limit), interceptor_(interceptor) {
  const auto indexed = indexed_columns(spec);
  for (std::size_t i = 0; i < spec.tables.size(); ++i) tables_.emplace_back(spec.tables[i], indexed[i], interceptor);
}

bool DataStore::may_work_beside_others(std::size_t table, std::string_view key) const {
  const Table& rows = tables_[table];
  if (interceptor_ != nullptr || rows.records_changes()) return false;
  if (rows.owns_all()) return true;
  const auto row = rows.find_exactly(key);
  return !row || rows.owns(*row);
}

void DataStore::own_row(std::size_t table, std::string_view key) {
  if (const auto row = tables_[table].find_exactly(key)) tables_[table].own(*row);
}

const PriceList& PriceListCache::of(const std::vector<Table>& tables, std::size_t table, RowNumber row) {
  if (lists_.size() <= table) lists_.resize(tables.size());
  Lists& lists = lists_[table];
  const Table& prices = tables[table];
  // Any write to the price table drops all its lists: prices change rarely.
  if (lists.version != prices.version()) {
    lists.by_row.clear();
    lists.version = prices.version();
  }
  if (lists.by_row.size() <= row) lists.by_row.resize(prices.size());
  std::optional<PriceList>& list = lists.by_row[row];
  if (!list) list = read_price_list(*prices.table().tariff, [&](std::size_t column) { return prices.cell(row, column).number; });
  return *list;
}

bool DataStore::exists(std::size_t table, std::string_view key) const { return tables_[table].find(key).has_value(); }

/// Rows belong together if a column of one refers to the other, in either direction.
bool DataStore::belong_together(std::size_t table, std::string_view key, std::size_t other_table, std::string_view other_key) const {
  const auto refers = [&](std::size_t from, std::string_view from_key, std::size_t to, std::string_view to_key) -> std::optional<bool> {
    const auto row = tables_[from].find(from_key);
    const auto& columns = tables_[from].table().columns;
    // Only the first column that refers to the table counts; no spec has two.
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (columns[i].refers == to) return !row || tables_[from].cell(*row, i).text == to_key;
    return std::nullopt;
  };
  // A key that does not exist is another rule's violation.
  if (!exists(table, key) || !exists(other_table, other_key)) return true;
  if (const auto answer = refers(table, key, other_table, other_key)) return *answer;
  return refers(other_table, other_key, table, key).value_or(true);
}

bool DataStore::in_state(std::size_t table, std::string_view key, const core::State& state) const {
  const Table& states = tables_[state.table];
  std::string buffer;
  const auto matches = [&](RowNumber row) { return states.cell(row, state.column).as_text(buffer) == state.value; };
  if (state.table == table) {
    const auto row = states.find(key);
    return row && matches(*row);
  }
  // The state is a column of another table whose rows refer to this key: all of them must be in that state.
  const MatchingRows rows = states.find_by(*states.table().refers_to(table), key);
  return !rows.empty() && std::all_of(rows.begin(), rows.end(), matches);
}

bool DataStore::put(std::size_t table, const std::vector<std::pair<std::size_t, std::string>>& row) {
  Table& target = tables_[table];
  const std::size_t key = target.table().key;
  for (const auto& [column, value] : row) {
    if (column != key) continue;
    // A full table can still change the rows that it has.
    if (target.size() >= row_limit_ && !target.find(value)) return false;
    const RowNumber number = target.get_or_insert(CellValue::of(value));
    for (const auto& [other, text] : row)
      if (other != key) target.set(number, other, CellValue::of(text));
  }
  return true;
}

void DataStore::record_changes() {
  for (Table& table : tables_) table.record_changes();
}

DataStore::Changes DataStore::take_changes() {
  Changes out;
  out.reserve(tables_.size());
  for (Table& table : tables_) out.push_back(table.take_changes());
  return out;
}

void DataStore::put_back(const Changes& changes) {
  for (std::size_t table = 0; table < tables_.size(); ++table)
    for (const RowNumber row : changes[table]) tables_[table].note_change(row);
}

void DataStore::set_rest_unknown(std::size_t table, std::string_view key) {
  Table& target = tables_[table];
  const auto row = target.find(key);
  for (std::size_t column = 0; row && column < target.table().columns.size(); ++column) {
    CellValue cell = target.cell(*row, column);
    if (!cell.none()) continue;
    cell.determinacy = Determinacy::optional;
    target.set(*row, column, cell);
  }
}

void DataStore::set_unknown(std::size_t table, std::string_view key) {
  Table& target = tables_[table];
  const auto row = target.find(key);
  for (std::size_t column = 0; row && column < target.table().columns.size(); ++column) {
    if (column == target.table().key || target.table().columns[column].refers) continue;
    CellValue unknown;
    unknown.determinacy = Determinacy::optional;
    target.set(*row, column, unknown);
  }
}

}  // namespace meterproof::store
