// What a request does when it succeeds: its interface's steps, one after the other.
#include <algorithm>

#include "core/store/expression_evaluator.hpp"

namespace meterproof::store {

using core::DateTime;
using core::Decimal;
using core::Expr;
using core::Step;
using Op = Expr::Op;

/// One request being carried out.
class DataStore::EffectExecutor {
 public:
  EffectExecutor(DataStore& world, const core::Request& request, DateTime now, const Interpretations& interpretations, ResultSet& result_set,
                 ScratchBuffers& scratch)
      : world_(world),
        request_(request),
        outcome_(result_set),
        scratch_(scratch),
        expressions_(world, request, now, interpretations, result_set.failure, scratch) {
    scratch_.count = 0;
    if (!scratch_.stored_text.empty()) scratch_.stored_text.clear();
  }

  // Whatever can fail does so before anything is written: tables are looked at here, sums are made before they are stored,
  // and a spec's steps stand in that order.
  void carry_out() {
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
      if (!outcome_.failure.empty()) return;
    }
  }

 private:
  Table& store_of(std::size_t row) { return world_.tables_[scratch_.found[row].table]; }

  void find(const core::Find& find) {
    if (scratch_.count == scratch_.found.size()) scratch_.found.emplace_back();
    MatchedRows& found = scratch_.found[scratch_.count++];
    found.table = find.table;
    found.rows.clear();
    found.not_preferred = 0;
    const Table& store = world_.tables_[find.table];
    bool narrowed = false;
    std::string spelled, compare;
    for (const core::Assignment& by : find.by) {
      const CellValue wanted = evaluate(by.value);
      if (wanted.none()) continue;
      const std::string_view key = wanted.spelled(spelled);
      if (narrowed) {
        std::erase_if(found.rows, [&](RowNumber row) { return store.cell(row, by.column).spelled(compare) != key; });
      } else if (by.column == store.table().key) {
        if (const auto row = store.find(key)) found.rows.push_back(*row);
      } else if (const auto* rows = store.find_by(by.column, key)) {
        found.rows = *rows;
      }
      narrowed = true;
    }
    if (find.between) keep_between(find, store, found.rows);
    if (find.prefer) {
      const auto preferred = [&](RowNumber row) { return store.cell(row, find.prefer->first).spelled(compare) == find.prefer->second; };
      if (std::any_of(found.rows.begin(), found.rows.end(), preferred))
        found.not_preferred = std::erase_if(found.rows, [&](RowNumber row) { return !preferred(row); });
    }
  }

  void keep_between(const core::Find& find, const Table& store, std::vector<RowNumber>& rows) {
    constexpr std::size_t date_length = 10;  // yyyy-MM-dd
    const CellValue from = evaluate(find.from);
    const CellValue to = evaluate(find.to);
    std::erase_if(rows, [&](RowNumber row) {
      const std::string_view moment = store.cell(row, *find.between).text;
      const std::string_view day = moment.substr(0, date_length);
      if ((!from.none() && day < from.text) || (!to.none() && day > to.text)) return true;
      return world_.interceptor_ != nullptr && !world_.interceptor_->finds(moment, to.text);
    });
  }

  bool is_full(std::size_t table) {
    const Table& store = world_.tables_[table];
    if (store.size() < world_.row_limit_) return false;
    outcome_.failure = "the table " + store.table().name + " is full (" + std::to_string(world_.row_limit_) + " rows)";
    return true;
  }

  void insert(const core::Insert& insert) {
    Table& store = world_.tables_[insert.table];
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
    if (!update.reads_rows) {
      for (const core::Assignment& one : update.set) {
        if (const auto& number = expressions_.number_requested(one.value)) store.set(row, one.column, *number);
        else store.set(row, one.column, evaluate(one.value));
      }
      return;
    }
    std::vector<CellValue>& values = scratch_.values;
    values.clear();
    for (const core::Assignment& one : update.set) {
      values.push_back(evaluate(one.value));
      // What stands in a table now may be overwritten before it is stored elsewhere.
      if (values.back().kind == CellValue::Kind::text && one.value.op != Op::request && one.value.op != Op::now)
        values.back().text = expressions_.stored_text(values.back().text);
    }
    if (!outcome_.failure.empty()) return;
    for (std::size_t i = 0; i < values.size(); ++i) store.set(row, update.set[i].column, values[i]);
  }

  void charge(const core::ChargeEffect& charge) {
    if (scratch_.found[charge.row].rows.empty() || !holds(charge.when)) return;
    const RowNumber row = scratch_.found[charge.row].rows.front();
    Table& store = store_of(charge.row);
    const auto prices = expressions_.prices_of(charge.tariff);
    const CellValue now = evaluate(charge.reading);
    const auto date = DateTime::parse(evaluate(charge.date).text);
    if (!prices) {  // what is charged without a price is for the server to say
      CellValue balance = store.cell(row, charge.balance);
      balance.determinacy = Determinacy::optional;
      store.set(row, charge.balance, balance);
    }
    if (!prices || now.kind != CellValue::Kind::number || !date) return;

    const std::string_view cycle = expressions_.cycle_of(*prices->list, *date);
    const bool new_cycle = store.cell(row, charge.cycle).text != cycle;
    const Decimal before = new_cycle ? Decimal() : store.cell(row, charge.volume).number;
    auto used = Decimal::subtract(now.number, store.cell(row, charge.reading_column).number);
    if (used && *used < Decimal()) used = Decimal();
    const auto after = used ? Decimal::add(before, *used) : std::nullopt;
    const auto charged = after ? cost_between(prices->list->tiers, before, *after) : std::nullopt;
    const auto balance = charged ? Decimal::subtract(store.cell(row, charge.balance).number, *charged) : std::nullopt;
    if (!balance) {
      outcome_.failure = "the settlement needs more than " + std::to_string(Decimal::max_digits) + " digits";
      return;
    }
    const auto assign = [&](std::size_t column, CellValue cell) {
      cell.determinacy = std::max(now.determinacy, store.cell(row, column).determinacy);
      store.set(row, column, cell);
    };
    assign(charge.cycle, CellValue::of(cycle));
    assign(charge.volume, CellValue::of(*after));
    assign(charge.balance, CellValue::of(*balance));
  }

  void rows(const core::Rows& rows) {
    outcome_.has_rows = true;
    outcome_.width = rows.fields.size();
    MatchedRows& found = scratch_.found[rows.row];
    outcome_.not_preferred = found.not_preferred;
    // Paths follow the first row found.
    for (std::size_t i = 0; i < found.rows.size(); ++i) {
      std::swap(found.rows.front(), found.rows[i]);
      if (rows.certain_if && evaluate(*rows.certain_if).none()) ++outcome_.uncertain;
      for (const Expr& field : rows.fields) outcome_.append(evaluate(field));
      std::swap(found.rows.front(), found.rows[i]);
    }
  }

  bool holds(const std::optional<core::Later>& when) {
    if (!when) return true;
    const CellValue second = evaluate(when->second);
    return second.none() || evaluate(when->first).text > second.text;
  }

  CellValue evaluate(const Expr& expr) { return expressions_.evaluate(expr); }

  DataStore& world_;
  const core::Request& request_;
  ResultSet& outcome_;
  ScratchBuffers& scratch_;
  ExpressionEvaluator expressions_;
};

void DataStore::apply(const core::Request& request, DateTime now, const Interpretations& interpretations, ResultSet& result_set) {
  result_set.clear();
  thread_local ScratchBuffers scratch;
  EffectExecutor(*this, request, now, interpretations, result_set, scratch).carry_out();
}

}  // namespace meterproof::store
