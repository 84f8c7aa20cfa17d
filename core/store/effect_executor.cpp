// SPDX-License-Identifier: Apache-2.0
// Executes the effects of a request: the steps of its interface, in their order.
#include <algorithm>

#include "core/store/expression_evaluator.hpp"

namespace meterproof::store {

using core::DateTime;
using core::Decimal;
using core::Expr;
using core::Step;
using Op = Expr::Op;

/// Executes one request.
class DataStore::EffectExecutor {
 public:
  EffectExecutor(DataStore& data_store, const core::Request& request, DateTime now, const Interpretations& interpretations, ResultSet& result_set,
                 PriceListCache& prices, ScratchBuffers& scratch)
      : store_(data_store), result_(result_set), scratch_(scratch), evaluator_(data_store, request, now, interpretations, result_set.failure, prices, scratch) {
    scratch_.count = 0;
    if (!scratch_.stored_text.empty()) scratch_.stored_text.clear();
  }

  // All or nothing: everything that can fail does so before the first write. Full tables are checked first; a step computes its sums before it
  // stores them; and the specs put steps that can fail before those that write.
  void run(const std::vector<Step>& steps) {
    for (const Step& step : steps)
      if (step.kind == Step::Kind::insert && lacks_room_for(step.insert)) return;
    for (const Step& step : steps) {
      switch (step.kind) {
        case Step::Kind::find: find(step.find); break;
        case Step::Kind::insert: insert(step.insert); break;
        case Step::Kind::update: update(step.update); break;
        case Step::Kind::charge: charge(step.charge); break;
        case Step::Kind::rows: rows(step.rows); break;
      }
      if (!result_.failure.why.en.empty()) return;
    }
  }

  /// The first row that the first `find` found.
  std::optional<RowNumber> first_found() const {
    return scratch_.count == 0 || scratch_.found.front().rows.empty() ? std::nullopt : std::optional(scratch_.found.front().rows.front());
  }

 private:
  Table& table_of(std::size_t row) { return store_.tables_[scratch_.found[row].table]; }

  void find(const core::Find& find) {
    if (scratch_.count == scratch_.found.size()) scratch_.found.emplace_back();
    MatchedRows& found = scratch_.found[scratch_.count++];
    found.table = find.table;
    found.rows.clear();
    found.not_preferred = 0;
    const Table& table = store_.tables_[find.table];
    // Conditions are combined by AND. An absent value is no condition.
    bool narrowed = false;
    std::string key_buffer, cell_buffer;
    for (const core::Assignment& by : find.by) {
      const CellValue wanted = evaluate(by.value);
      if (wanted.none()) continue;
      const std::string_view key = wanted.as_text(key_buffer);
      if (narrowed) {
        std::erase_if(found.rows, [&](RowNumber row) { return table.cell(row, by.column).as_text(cell_buffer) != key; });
      } else if (by.column == table.table().key) {
        if (const auto row = table.find(key)) found.rows.push_back(*row);
      } else {
        const MatchingRows rows = table.find_by(by.column, key);
        found.rows.assign(rows.begin(), rows.end());
      }
      narrowed = true;
    }
    if (find.between) keep_between(find, table, found.rows);
    if (find.prefer) {
      const auto preferred = [&](RowNumber row) { return table.cell(row, find.prefer->first).as_text(cell_buffer) == find.prefer->second; };
      if (std::any_of(found.rows.begin(), found.rows.end(), preferred))
        found.not_preferred = std::erase_if(found.rows, [&](RowNumber row) { return !preferred(row); });
    }
  }

  void keep_between(const core::Find& find, const Table& table, std::vector<RowNumber>& rows) {
    constexpr std::size_t date_length = 10;  // yyyy-MM-dd
    const CellValue from = evaluate(find.from);
    const CellValue to = evaluate(find.to);
    // Days are compared as texts: yyyy-MM-dd orders as time does. Both limits are included.
    std::erase_if(rows, [&](RowNumber row) {
      const std::string_view moment = table.cell(row, *find.between).text;
      const std::string_view day = moment.substr(0, date_length);
      if ((!from.none() && day < from.text) || (!to.none() && day > to.text)) return true;
      return store_.interceptor_ != nullptr && !store_.interceptor_->finds(moment, to.text);
    });
  }

  bool lacks_room_for(const core::Insert& insert) {
    const Table& table = store_.tables_[insert.table];
    if (table.size() < store_.row_limit_) return false;
    // A full table can still change the rows that it has. Only the request's own key is known before the steps; any other counts as new.
    const Expr& key = key_of(insert)->value;
    std::string buffer;
    if (key.op == Op::request && table.find(evaluate(key).as_text(buffer))) return false;
    result_.failure = {{"表 " + table.table().name + " 已满（" + std::to_string(store_.row_limit_) + " 行）",
                        "the table " + table.table().name + " is full (" + std::to_string(store_.row_limit_) + " rows)"},
                       false};
    return true;
  }

  void insert(const core::Insert& insert) {
    Table& table = store_.tables_[insert.table];
    if (insert.computes_first && !compute(insert.set)) return;
    const auto value_of = [&](std::size_t i) { return insert.computes_first ? scratch_.values[i] : evaluate(insert.set[i].value); };
    const auto key = static_cast<std::size_t>(key_of(insert) - insert.set.begin());
    const RowNumber row = table.get_or_insert(value_of(key));
    for (std::size_t i = 0; i < insert.set.size(); ++i)
      if (insert.set[i].column != insert.set[key].column) table.set(row, insert.set[i].column, value_of(i));
  }

  std::vector<core::Assignment>::const_iterator key_of(const core::Insert& insert) const {
    const std::size_t key = store_.tables_[insert.table].table().key;
    return std::find_if(insert.set.begin(), insert.set.end(), [&](const core::Assignment& one) { return one.column == key; });
  }

  void update(const core::Update& update) {
    if (scratch_.found[update.row].rows.empty() || !holds(update.when)) return;
    const RowNumber row = scratch_.found[update.row].rows.front();
    Table& table = table_of(update.row);
    // No expression reads a row, so values can be stored one by one without changing the next; and none can fail.
    const bool doubtful = is_unknown(update.when);
    if (!update.computes_first && !doubtful) {
      for (const core::Assignment& one : update.set) {
        if (const auto& number = evaluator_.number_requested(one.value)) table.set(row, one.column, *number);
        else table.set(row, one.column, evaluate(one.value));
      }
      return;
    }
    if (!compute(update.set)) return;
    for (std::size_t i = 0; i < update.set.size(); ++i) {
      if (doubtful) scratch_.values[i].determinacy = Determinacy::optional;
      table.set(row, update.set[i].column, scratch_.values[i]);
    }
  }

  /// Puts the values into scratch_.values, in their order. False if one of them failed.
  bool compute(const std::vector<core::Assignment>& set) {
    std::vector<CellValue>& values = scratch_.values;
    values.clear();
    for (const core::Assignment& one : set) {
      values.push_back(evaluate(one.value));
      // A text in a table may be overwritten, or moved, before it is stored, so it is copied.
      if (values.back().kind == CellValue::Kind::text && one.value.op != Op::request && one.value.op != Op::now)
        values.back().text = evaluator_.stored_text(values.back().text);
    }
    return result_.failure.why.en.empty();
  }

  void charge(const core::ChargeEffect& charge) {
    if (scratch_.found[charge.row].rows.empty() || !holds(charge.when)) return;
    const RowNumber row = scratch_.found[charge.row].rows.front();
    Table& table = table_of(charge.row);
    const PriceReference prices = evaluator_.prices_of(charge.tariff);
    const CellValue now = evaluate(charge.reading);
    const CellValue moment = evaluate(charge.date);
    const auto date = DateTime::parse(moment.text);
    if (prices.list == nullptr) {  // the specification does not say what is charged without a price
      CellValue balance = table.cell(row, charge.balance);
      balance.determinacy = Determinacy::optional;
      table.set(row, charge.balance, balance);
    }
    if (prices.list == nullptr || now.kind != CellValue::Kind::number || !date) return;

    const std::string_view cycle = evaluator_.cycle_of(*prices.list, *date);
    const bool new_cycle = table.cell(row, charge.cycle).text != cycle;
    const Decimal before = new_cycle ? Decimal() : table.cell(row, charge.volume).number;
    auto used = Decimal::subtract(now.number, table.cell(row, charge.reading_column).number);
    if (used && *used < Decimal()) used = Decimal();  // a reading below the last one charges nothing
    const auto after = used ? Decimal::add(before, *used) : std::nullopt;
    const auto charged = after ? cost_between(prices.list->tiers, before, *after) : std::nullopt;
    const auto balance = charged ? Decimal::subtract(table.cell(row, charge.balance).number, *charged) : std::nullopt;
    if (!balance) {
      result_.failure = {{"结算金额超过 " + std::to_string(Decimal::max_digits) + " 位数字",
                          "the settlement needs more than " + std::to_string(Decimal::max_digits) + " digits"},
                         true};
      return;
    }
    // A computed value is as uncertain as the readings, their dates, the price or the old values that it comes from.
    Determinacy determinacy = std::max({now.determinacy, moment.determinacy, prices.determinacy});
    // A reading that need not be shown is a reading; only of a row that somebody else made none is known.
    const bool unknown = is_unknown(charge.when) || is_unknown(table.cell(row, charge.reading_column)) || is_unknown(table.cell(row, charge.cycle)) ||
                         is_unknown(table.cell(row, charge.volume));
    if (unknown) determinacy = Determinacy::optional;
    const auto assign = [&](std::size_t column, CellValue cell) {
      cell.determinacy = std::max(determinacy, table.cell(row, column).determinacy);
      table.set(row, column, cell);
    };
    assign(charge.cycle, CellValue::of(cycle));
    assign(charge.volume, CellValue::of(*after));
    assign(charge.balance, CellValue::of(*balance));
  }

  void rows(const core::Rows& rows) {
    result_.has_rows = true;
    result_.width = rows.fields.size();
    MatchedRows& found = scratch_.found[rows.row];
    result_.not_preferred = found.not_preferred;
    // Expressions read the first matched row, so each row is moved there in turn.
    for (std::size_t i = 0; i < found.rows.size(); ++i) {
      std::swap(found.rows.front(), found.rows[i]);
      if (rows.certain_if && evaluate(*rows.certain_if).none()) ++result_.uncertain;
      for (const Expr& field : rows.fields) result_.append(evaluate(field));
      std::swap(found.rows.front(), found.rows[i]);
    }
  }

  bool holds(const std::optional<core::Later>& when) {
    if (!when) return true;
    const CellValue second = evaluate(when->second);
    return second.none() || evaluate(when->first).text > second.text;
  }

  /// Whether nobody knows if it holds: the row has a value there, and not one that is known.
  bool is_unknown(const std::optional<core::Later>& when) { return when && is_unknown(evaluate(when->second)); }
  static bool is_unknown(const CellValue& cell) { return cell.none() && cell.determinacy == Determinacy::optional; }

  CellValue evaluate(const Expr& expr) { return evaluator_.evaluate(expr); }

  DataStore& store_;
  ResultSet& result_;
  ScratchBuffers& scratch_;
  ExpressionEvaluator evaluator_;
};

namespace {

thread_local ScratchBuffers scratch_buffers;  // keeps its memory from request to request

}  // namespace

void DataStore::apply(const core::Request& request, DateTime now, const Interpretations& interpretations, ResultSet& result_set, PriceListCache* prices) {
  result_set.clear();
  EffectExecutor(*this, request, now, interpretations, result_set, prices == nullptr ? prices_ : *prices, scratch_buffers).run(request.interface->effects);
}

std::optional<RowNumber> DataStore::apply(const std::vector<Step>& steps, const core::Request& request, DateTime now, const Interpretations& interpretations,
                                          ResultSet& result_set) {
  result_set.clear();
  EffectExecutor executor(*this, request, now, interpretations, result_set, prices_, scratch_buffers);
  executor.run(steps);
  return executor.first_found();
}

}  // namespace meterproof::store
