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
                 ScratchBuffers& scratch)
      : store_(data_store),
        request_(request),
        result_(result_set),
        scratch_(scratch),
        evaluator_(data_store, request, now, interpretations, result_set.failure, scratch) {
    scratch_.count = 0;
    if (!scratch_.stored_text.empty()) scratch_.stored_text.clear();
  }

  // All or nothing: everything that can fail does so before the first write. Full tables are checked first; a step computes its sums before it
  // stores them; and the specs put steps that can fail before those that write.
  void run() {
    for (const Step& step : request_.interface->effects)
      if (step.kind == Step::Kind::insert && is_full(step.insert.table)) return;
    for (const Step& step : request_.interface->effects) {
      switch (step.kind) {
        case Step::Kind::find: find(step.find); break;
        case Step::Kind::insert: insert(step.insert); break;
        case Step::Kind::update: update(step.update); break;
        case Step::Kind::charge: charge(step.charge); break;
        case Step::Kind::rows: rows(step.rows); break;
      }
      if (!result_.failure.en.empty()) return;
    }
  }

 private:
  Table& store_of(std::size_t row) { return store_.tables_[scratch_.found[row].table]; }

  void find(const core::Find& find) {
    if (scratch_.count == scratch_.found.size()) scratch_.found.emplace_back();
    MatchedRows& found = scratch_.found[scratch_.count++];
    found.table = find.table;
    found.rows.clear();
    found.not_preferred = 0;
    const Table& store = store_.tables_[find.table];
    // Conditions are combined by AND. An absent value is no condition.
    bool narrowed = false;
    std::string key_buffer, cell_buffer;
    for (const core::Assignment& by : find.by) {
      const CellValue wanted = evaluate(by.value);
      if (wanted.none()) continue;
      const std::string_view key = wanted.as_text(key_buffer);
      if (narrowed) {
        std::erase_if(found.rows, [&](RowNumber row) { return store.cell(row, by.column).as_text(cell_buffer) != key; });
      } else if (by.column == store.table().key) {
        if (const auto row = store.find(key)) found.rows.push_back(*row);
      } else if (const auto* rows = store.find_by(by.column, key)) {
        found.rows = *rows;
      }
      narrowed = true;
    }
    if (find.between) keep_between(find, store, found.rows);
    if (find.prefer) {
      const auto preferred = [&](RowNumber row) { return store.cell(row, find.prefer->first).as_text(cell_buffer) == find.prefer->second; };
      if (std::any_of(found.rows.begin(), found.rows.end(), preferred))
        found.not_preferred = std::erase_if(found.rows, [&](RowNumber row) { return !preferred(row); });
    }
  }

  void keep_between(const core::Find& find, const Table& store, std::vector<RowNumber>& rows) {
    constexpr std::size_t date_length = 10;  // yyyy-MM-dd
    const CellValue from = evaluate(find.from);
    const CellValue to = evaluate(find.to);
    // Days are compared as texts: yyyy-MM-dd orders as time does. Both limits are included.
    std::erase_if(rows, [&](RowNumber row) {
      const std::string_view moment = store.cell(row, *find.between).text;
      const std::string_view day = moment.substr(0, date_length);
      if ((!from.none() && day < from.text) || (!to.none() && day > to.text)) return true;
      return store_.interceptor_ != nullptr && !store_.interceptor_->finds(moment, to.text);
    });
  }

  bool is_full(std::size_t table) {
    const Table& store = store_.tables_[table];
    if (store.size() < store_.row_limit_) return false;
    result_.failure = {"表 " + store.table().name + " 已满（" + std::to_string(store_.row_limit_) + " 行）",
                       "the table " + store.table().name + " is full (" + std::to_string(store_.row_limit_) + " rows)"};
    return true;
  }

  void insert(const core::Insert& insert) {
    Table& store = store_.tables_[insert.table];
    const std::size_t key = store.table().key;
    const auto named = std::find_if(insert.set.begin(), insert.set.end(), [&](const core::Assignment& one) { return one.column == key; });
    const RowNumber row = store.get_or_insert(evaluate(named->value));
    for (const core::Assignment& one : insert.set)
      if (one.column != key) store.set(row, one.column, evaluate(one.value));
  }

  void update(const core::Update& update) {
    if (scratch_.found[update.row].rows.empty() || !holds(update.when)) return;
    const RowNumber row = scratch_.found[update.row].rows.front();
    Table& store = store_of(update.row);
    // No expression reads a row, so values can be stored one by one without changing the next.
    if (!update.reads_rows) {
      for (const core::Assignment& one : update.set) {
        if (const auto& number = evaluator_.number_requested(one.value)) store.set(row, one.column, *number);
        else store.set(row, one.column, evaluate(one.value));
      }
      return;
    }
    std::vector<CellValue>& values = scratch_.values;
    values.clear();
    for (const core::Assignment& one : update.set) {
      values.push_back(evaluate(one.value));
      // A text in a table may be overwritten by this loop before it is stored, so it is copied.
      if (values.back().kind == CellValue::Kind::text && one.value.op != Op::request && one.value.op != Op::now)
        values.back().text = evaluator_.stored_text(values.back().text);
    }
    if (!result_.failure.en.empty()) return;
    for (std::size_t i = 0; i < values.size(); ++i) store.set(row, update.set[i].column, values[i]);
  }

  void charge(const core::ChargeEffect& charge) {
    if (scratch_.found[charge.row].rows.empty() || !holds(charge.when)) return;
    const RowNumber row = scratch_.found[charge.row].rows.front();
    Table& store = store_of(charge.row);
    const auto prices = evaluator_.prices_of(charge.tariff);
    const CellValue now = evaluate(charge.reading);
    const auto date = DateTime::parse(evaluate(charge.date).text);
    if (!prices) {  // the specification does not say what is charged without a price
      CellValue balance = store.cell(row, charge.balance);
      balance.determinacy = Determinacy::optional;
      store.set(row, charge.balance, balance);
    }
    if (!prices || now.kind != CellValue::Kind::number || !date) return;

    const std::string_view cycle = evaluator_.cycle_of(*prices->list, *date);
    const bool new_cycle = store.cell(row, charge.cycle).text != cycle;
    const Decimal before = new_cycle ? Decimal() : store.cell(row, charge.volume).number;
    auto used = Decimal::subtract(now.number, store.cell(row, charge.reading_column).number);
    if (used && *used < Decimal()) used = Decimal();  // a reading below the last one charges nothing
    const auto after = used ? Decimal::add(before, *used) : std::nullopt;
    const auto charged = after ? cost_between(prices->list->tiers, before, *after) : std::nullopt;
    const auto balance = charged ? Decimal::subtract(store.cell(row, charge.balance).number, *charged) : std::nullopt;
    if (!balance) {
      result_.failure = {"结算金额超过 " + std::to_string(Decimal::max_digits) + " 位数字",
                         "the settlement needs more than " + std::to_string(Decimal::max_digits) + " digits"};
      return;
    }
    // A computed value is as uncertain as the reading or the old value that it comes from.
    const auto assign = [&](std::size_t column, CellValue cell) {
      cell.determinacy = std::max(now.determinacy, store.cell(row, column).determinacy);
      store.set(row, column, cell);
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

  CellValue evaluate(const Expr& expr) { return evaluator_.evaluate(expr); }

  DataStore& store_;
  const core::Request& request_;
  ResultSet& result_;
  ScratchBuffers& scratch_;
  ExpressionEvaluator evaluator_;
};

void DataStore::apply(const core::Request& request, DateTime now, const Interpretations& interpretations, ResultSet& result_set) {
  result_set.clear();
  thread_local ScratchBuffers scratch;  // keeps its memory from request to request
  EffectExecutor(*this, request, now, interpretations, result_set, scratch).run();
}

}  // namespace meterproof::store
