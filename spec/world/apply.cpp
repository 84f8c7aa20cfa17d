// What a request does when it succeeds: its interface's steps, one after the other.
#include <algorithm>

#include "spec/world/expressions.hpp"

namespace meterproof::world {

using spec::DateTime;
using spec::Decimal;
using spec::Expr;
using spec::Step;
using Op = Expr::Op;

/// One request being carried out.
class World::Run {
 public:
  Run(World& world, const spec::Request& request, DateTime now, const Readings& readings, Outcome& outcome, Scratch& scratch)
      : world_(world), request_(request), outcome_(outcome), scratch_(scratch), expressions_(world, request, now, readings, outcome.failure, scratch) {
    scratch_.count = 0;
    if (!scratch_.kept.empty()) scratch_.kept.clear();
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
        case Step::Kind::settle: settle(step.settle); break;
        case Step::Kind::rows: rows(step.rows); break;
      }
      if (!outcome_.failure.empty()) return;
    }
  }

 private:
  TableStore& store_of(std::size_t row) { return world_.tables_[scratch_.found[row].table]; }

  void find(const spec::Find& find) {
    if (scratch_.count == scratch_.found.size()) scratch_.found.emplace_back();
    Found& found = scratch_.found[scratch_.count++];
    found.table = find.table;
    found.rows.clear();
    found.withheld = 0;
    const TableStore& store = world_.tables_[find.table];
    bool narrowed = false;
    std::string spelled, compared;
    for (const spec::Assignment& by : find.by) {
      const Cell wanted = evaluate(by.value);
      if (wanted.none()) continue;
      const std::string_view key = wanted.spelled(spelled);
      if (narrowed) {
        std::erase_if(found.rows, [&](RowNumber row) { return store.cell(row, by.column).spelled(compared) != key; });
      } else if (by.column == store.table().key) {
        if (const auto row = store.find(key)) found.rows.push_back(*row);
      } else if (const auto* rows = store.find_by(by.column, key)) {
        found.rows = *rows;
      }
      narrowed = true;
    }
    if (find.between) keep_between(find, store, found.rows);
    if (find.prefer) {
      const auto preferred = [&](RowNumber row) { return store.cell(row, find.prefer->first).spelled(compared) == find.prefer->second; };
      if (std::any_of(found.rows.begin(), found.rows.end(), preferred))
        found.withheld = std::erase_if(found.rows, [&](RowNumber row) { return !preferred(row); });
    }
  }

  void keep_between(const spec::Find& find, const TableStore& store, std::vector<RowNumber>& rows) {
    constexpr std::size_t date_length = 10;  // yyyy-MM-dd
    const Cell from = evaluate(find.from);
    const Cell to = evaluate(find.to);
    std::erase_if(rows, [&](RowNumber row) {
      const std::string_view moment = store.cell(row, *find.between).text;
      const std::string_view day = moment.substr(0, date_length);
      const bool after_midnight = world_.flaw_ == spec::Flaw::end_of_day_excluded && day == to.text && !moment.ends_with("00:00:00");
      return (!from.none() && day < from.text) || (!to.none() && day > to.text) || after_midnight;
    });
  }

  bool is_full(std::size_t table) {
    const TableStore& store = world_.tables_[table];
    if (store.size() < world_.row_limit_) return false;
    outcome_.failure = "the table " + store.table().name + " is full (" + std::to_string(world_.row_limit_) + " rows)";
    return true;
  }

  void insert(const spec::Insert& insert) {
    TableStore& store = world_.tables_[insert.table];
    const std::size_t key = store.table().key;
    const auto named = std::find_if(insert.set.begin(), insert.set.end(), [&](const spec::Assignment& one) { return one.column == key; });
    const RowNumber row = store.obtain(evaluate(named->value));
    for (const spec::Assignment& one : insert.set)
      if (one.column != key) store.set(row, one.column, evaluate(one.value));
  }

  void update(const spec::Update& update) {
    if (scratch_.found[update.row].rows.empty() || !holds(update.when)) return;
    const RowNumber row = scratch_.found[update.row].rows.front();
    TableStore& store = store_of(update.row);
    if (!update.reads_rows) {
      for (const spec::Assignment& one : update.set) {
        if (const auto& number = expressions_.number_requested(one.value)) store.set(row, one.column, *number);
        else store.set(row, one.column, evaluate(one.value));
      }
      return;
    }
    std::vector<Cell>& values = scratch_.values;
    values.clear();
    for (const spec::Assignment& one : update.set) {
      values.push_back(evaluate(one.value));
      // What stands in a table now may be overwritten before it is stored elsewhere.
      if (values.back().kind == Cell::Kind::text && one.value.op != Op::request && one.value.op != Op::now)
        values.back().text = expressions_.kept(values.back().text);
    }
    if (!outcome_.failure.empty()) return;
    for (std::size_t i = 0; i < values.size(); ++i) store.set(row, update.set[i].column, values[i]);
  }

  void settle(const spec::Settle& settle) {
    if (scratch_.found[settle.row].rows.empty() || !holds(settle.when)) return;
    const RowNumber row = scratch_.found[settle.row].rows.front();
    TableStore& store = store_of(settle.row);
    const auto prices = expressions_.prices_of(settle.tariff);
    const Cell now = evaluate(settle.reading);
    const auto date = DateTime::parse(evaluate(settle.date).text);
    if (!prices) {  // what is charged without a price is for the server to say
      Cell balance = store.cell(row, settle.balance);
      balance.certainty = Certainty::simulated;
      store.set(row, settle.balance, balance);
    }
    if (!prices || now.kind != Cell::Kind::number || !date) return;

    const std::string_view cycle = expressions_.cycle_of(*prices->list, *date);
    const bool new_cycle = store.cell(row, settle.cycle).text != cycle;
    const Decimal before = new_cycle ? Decimal() : store.cell(row, settle.volume).number;
    auto used = Decimal::subtract(now.number, store.cell(row, settle.reading_column).number);
    if (used && *used < Decimal()) used = Decimal();
    const auto after = used ? Decimal::add(before, *used) : std::nullopt;
    const auto charged = after ? cost_between(prices->list->tiers, before, *after) : std::nullopt;
    const auto balance = charged ? Decimal::subtract(store.cell(row, settle.balance).number, *charged) : std::nullopt;
    if (!balance) {
      outcome_.failure = "the settlement needs more than " + std::to_string(Decimal::max_digits) + " digits";
      return;
    }
    const auto assign = [&](std::size_t column, Cell cell) {
      cell.certainty = std::max(now.certainty, store.cell(row, column).certainty);
      store.set(row, column, cell);
    };
    assign(settle.cycle, Cell::of(cycle));
    assign(settle.volume, Cell::of(*after));
    assign(settle.balance, Cell::of(*balance));
  }

  void rows(const spec::Rows& rows) {
    outcome_.has_rows = true;
    outcome_.width = rows.fields.size();
    Found& found = scratch_.found[rows.row];
    outcome_.withheld = found.withheld;
    // Paths follow the first row found.
    for (std::size_t i = 0; i < found.rows.size(); ++i) {
      std::swap(found.rows.front(), found.rows[i]);
      if (rows.certain_if && evaluate(*rows.certain_if).none()) ++outcome_.uncertain;
      for (const Expr& field : rows.fields) outcome_.append(evaluate(field));
      std::swap(found.rows.front(), found.rows[i]);
    }
  }

  bool holds(const std::optional<spec::Later>& when) {
    if (!when) return true;
    const Cell second = evaluate(when->second);
    return second.none() || evaluate(when->first).text > second.text;
  }

  Cell evaluate(const Expr& expr) { return expressions_.evaluate(expr); }

  World& world_;
  const spec::Request& request_;
  Outcome& outcome_;
  Scratch& scratch_;
  Expressions expressions_;
};

void World::apply(const spec::Request& request, DateTime now, const Readings& readings, Outcome& outcome) {
  outcome.clear();
  thread_local Scratch scratch;
  Run(*this, request, now, readings, outcome, scratch).carry_out();
}

}  // namespace meterproof::world
