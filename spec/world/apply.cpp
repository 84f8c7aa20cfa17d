// What a request does when it succeeds: its interface's steps, one after the other.
#include <algorithm>
#include <list>

#include "spec/world/tariff.hpp"
#include "spec/world/world.hpp"

namespace meterproof::world {

using spec::DateTime;
using spec::Decimal;
using spec::Expr;
using spec::Step;
using Op = Expr::Op;

namespace {

struct Found {
  std::size_t table = 0;
  std::vector<RowNumber> rows;
  std::size_t withheld = 0;
};

/// What a request needs while it is carried out, kept for the next one for the room that it has.
struct Scratch {
  std::vector<Found> found;  // the first `count` of them
  std::size_t count = 0;
  std::vector<CellView> values;
  std::list<std::string> kept;
};

}  // namespace

/// One request being carried out: the rows that its steps found, and the small expressions over them.
class World::Run {
 public:
  Run(World& world, const spec::Request& request, DateTime now, const Readings& readings, Outcome& outcome, Scratch& scratch)
      : world_(world), request_(request), now_(now), readings_(readings), outcome_(outcome), scratch_(scratch) {
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
      const CellView wanted = evaluate(by.value);
      if (wanted.none()) continue;
      const std::string_view key = wanted.spelled(spelled);
      if (narrowed) {
        std::erase_if(found.rows, [&](RowNumber row) { return CellView(store.cell(row, by.column)).spelled(compared) != key; });
      } else if (by.column == store.table().key) {
        if (const auto row = store.find(key)) found.rows.push_back(*row);
      } else if (const auto* rows = store.find_by(by.column, key)) {
        found.rows = *rows;
      }
      narrowed = true;
    }
    if (find.between) keep_between(find, store, found.rows);
    if (find.prefer) {
      const auto preferred = [&](RowNumber row) { return CellView(store.cell(row, find.prefer->first)).spelled(compared) == find.prefer->second; };
      if (std::any_of(found.rows.begin(), found.rows.end(), preferred))
        found.withheld = std::erase_if(found.rows, [&](RowNumber row) { return !preferred(row); });
    }
  }

  void keep_between(const spec::Find& find, const TableStore& store, std::vector<RowNumber>& rows) {
    constexpr std::size_t date_length = 10;  // yyyy-MM-dd
    const CellView from = evaluate(find.from);
    const CellView to = evaluate(find.to);
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
    std::vector<CellView>& values = scratch_.values;
    values.clear();
    for (const spec::Assignment& one : update.set) {
      values.push_back(evaluate(one.value));
      // What stands in a table now may be overwritten before it is stored elsewhere.
      if (values.back().kind == Cell::Kind::text && one.value.op != Op::request && one.value.op != Op::now) values.back().text = kept(values.back().text);
    }
    if (!outcome_.failure.empty()) return;
    TableStore& store = store_of(update.row);
    for (std::size_t i = 0; i < values.size(); ++i) store.set(row, update.set[i].column, values[i]);
  }

  void settle(const spec::Settle& settle) {
    if (scratch_.found[settle.row].rows.empty() || !holds(settle.when)) return;
    const RowNumber row = scratch_.found[settle.row].rows.front();
    TableStore& store = store_of(settle.row);
    const auto tariff_row = tariff_of(settle.tariff);
    const CellView now = evaluate(settle.reading);
    const auto date = DateTime::parse(evaluate(settle.date).text);
    if (!tariff_row) {  // what is charged without a price is for the server to say
      const Cell balance = store.cell(row, settle.balance);
      CellView simulated = balance;
      simulated.certainty = Certainty::simulated;
      store.set(row, settle.balance, simulated);
    }
    if (!tariff_row || now.kind != Cell::Kind::number || !date) return;

    const std::string cycle = cycle_of(*tariff_row, *date).date_string();
    const bool new_cycle = store.cell(row, settle.cycle).text != cycle;
    const Decimal before = new_cycle ? Decimal() : store.cell(row, settle.volume).number;
    auto used = Decimal::subtract(now.number, store.cell(row, settle.reading_column).number);
    if (used && *used < Decimal()) used = Decimal();
    const auto after = used ? Decimal::add(before, *used) : std::nullopt;
    const Tiers tiers = tariff_row->tiers();
    const auto cost_before = cost(tiers, before);
    const auto cost_after = after ? cost(tiers, *after) : std::nullopt;
    const auto charged = cost_before && cost_after ? Decimal::subtract(*cost_after, *cost_before) : std::nullopt;
    const auto balance = charged ? Decimal::subtract(store.cell(row, settle.balance).number, *charged) : std::nullopt;
    if (!balance) {
      outcome_.failure = "the settlement needs more than " + std::to_string(Decimal::max_digits) + " digits";
      return;
    }
    const auto assign = [&](std::size_t column, CellView cell) {
      cell.certainty = std::max(now.certainty, store.cell(row, column).certainty);
      store.set(row, column, cell);
    };
    assign(settle.cycle, CellView::of(cycle));
    assign(settle.volume, CellView::of(*after));
    assign(settle.balance, CellView::of(*balance));
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
    const CellView second = evaluate(when->second);
    return second.none() || evaluate(when->first).text > second.text;
  }

  /// A text that lives as long as this run.
  std::string_view kept(std::string_view text) { return scratch_.kept.emplace_back(text); }

  std::string_view moment() {
    if (world_.shown_at_ != now_) {
      world_.shown_at_ = now_;
      world_.shown_moment_ = now_.to_string();
    }
    return world_.shown_moment_;
  }

  CellView evaluate(const Expr& expr) {
    constexpr std::size_t date_length = 10;  // yyyy-MM-dd
    switch (expr.op) {
      case Op::literal: return CellView::of(expr.text);
      case Op::request: return requested(expr.field);
      case Op::path: return followed(expr);
      case Op::now: return CellView::of(moment());
      case Op::today: return CellView::of(moment().substr(0, date_length));
      case Op::next: return CellView::of(Decimal(world_.next_++, 0));
      case Op::reading: return CellView::of(kept(readings_(expr.text)));
      case Op::add:
      case Op::subtract: return sum(expr);
      case Op::first_of: return first_of(expr);
      case Op::map: return mapped(expr);
      case Op::above: return above(expr);
      case Op::tier_price: return tier_price(expr);
      case Op::assigned: return as_certain(expr.args[0], Certainty::assigned);
      case Op::simulated: return as_certain(expr.args[0], Certainty::simulated);
    }
    return {};
  }

  CellView requested(std::size_t field) const {
    const spec::Value& value = request_[field];
    if (value.empty()) return {};
    const spec::Field& about = request_.interface->request[field];
    if (about.type != spec::Type::text)
      if (const auto number = value.decimal()) return CellView::of(*number);
    return CellView::of(value.text);
  }

  CellView followed(const Expr& path) const {
    const Found& found = scratch_.found[path.row];
    if (found.rows.empty()) return {};
    std::size_t table = found.table;
    std::optional<RowNumber> row = found.rows.front();
    Certainty certainty = Certainty::known;
    for (std::size_t i = 0; i < path.columns.size(); ++i) {
      const Cell& cell = world_.tables_[table].cell(*row, path.columns[i]);
      certainty = std::max(certainty, cell.certainty);
      if (i + 1 == path.columns.size()) {
        CellView out = cell;
        out.certainty = certainty;
        return out;
      }
      table = *world_.tables_[table].table().columns[path.columns[i]].refers;
      row = world_.tables_[table].find(cell.text);
      if (!row) return {};
    }
    return {};
  }

  CellView sum(const Expr& expr) {
    CellView total = as_number(evaluate(expr.args[0]));
    for (std::size_t i = 1; i < expr.args.size(); ++i) {
      const CellView part = as_number(evaluate(expr.args[i]));
      const auto exact = expr.op == Op::add ? Decimal::add(total.number, part.number) : Decimal::subtract(total.number, part.number);
      if (!exact) {
        outcome_.failure = "a sum needs more than " + std::to_string(Decimal::max_digits) + " digits";
        return {};
      }
      total.number = *exact;
      total.certainty = std::max(total.certainty, part.certainty);
    }
    return total;
  }

  static CellView as_number(CellView cell) {
    if (cell.kind != Cell::Kind::number) cell.number = Decimal::parse(cell.text).value_or(Decimal());
    cell.kind = Cell::Kind::number;
    cell.text = {};
    return cell;
  }

  CellView first_of(const Expr& expr) {
    for (const Expr& arg : expr.args)
      if (const CellView cell = evaluate(arg); !cell.none()) return cell;
    return {};
  }

  CellView mapped(const Expr& expr) {
    const CellView from = evaluate(expr.args[0]);
    if (from.none()) return {};
    std::string buffer;
    const std::string_view word = from.spelled(buffer);
    CellView out = expr.otherwise ? CellView::of(*expr.otherwise) : from;
    for (const auto& [key, value] : expr.cases)
      if (key == word) out = CellView::of(value);
    out.certainty = from.certainty;
    return out;
  }

  CellView above(const Expr& expr) {
    const CellView value = as_number(evaluate(expr.args[0]));
    CellView out = evaluate(expr.args[value.number > as_number(evaluate(expr.args[1])).number ? 2 : 3]);
    out.certainty = std::max(out.certainty, value.certainty);
    return out;
  }

  CellView as_certain(const Expr& expr, Certainty certainty) {
    CellView out = evaluate(expr);
    out.certainty = std::max(out.certainty, certainty);
    return out;
  }

  struct TariffRow {
    const TableStore* store;
    RowNumber row;
    Certainty certainty;

    const Cell& operator[](std::size_t column) const { return store->cell(row, column); }
    const spec::Tariff& tariff() const { return *store->table().tariff; }
    Tiers tiers() const { return {&store->cell(row, 0), &tariff()}; }
  };

  std::optional<TariffRow> tariff_of(const Expr& path) const {
    const CellView key = followed(path);
    std::size_t table = scratch_.found[path.row].table;
    for (const std::size_t column : path.columns) table = *world_.tables_[table].table().columns[column].refers;
    const auto row = world_.tables_[table].find(key.text);
    if (!row) return std::nullopt;
    return TariffRow{&world_.tables_[table], *row, key.certainty};
  }

  static DateTime cycle_of(const TariffRow& row, DateTime date) {
    const spec::Tariff& tariff = row.tariff();
    const auto mark = static_cast<int>(row[tariff.period].number.as_integer().value_or(tariff.monthly));
    const Period period = mark == tariff.yearly ? Period::yearly : mark == tariff.quarterly ? Period::quarterly : Period::monthly;
    const auto month = static_cast<int>(row[tariff.month].number.as_integer().value_or(1));
    const auto day = static_cast<int>(row[tariff.day].number.as_integer().value_or(1));
    return period_start(date, period, month, day);
  }

  CellView tier_price(const Expr& expr) {
    const auto row = tariff_of(expr.args[0]);
    if (!row) return {};
    const CellView volume = as_number(evaluate(expr.args[1]));
    CellView out = CellView::of(unit_price(row->tiers(), volume.number));
    out.certainty = std::max(row->certainty, volume.certainty);
    return out;
  }

  World& world_;
  const spec::Request& request_;
  DateTime now_;
  const Readings& readings_;
  Outcome& outcome_;
  Scratch& scratch_;
};

void World::apply(const spec::Request& request, DateTime now, const Readings& readings, Outcome& outcome) {
  outcome.clear();
  thread_local Scratch scratch;
  Run(*this, request, now, readings, outcome, scratch).carry_out();
}

}  // namespace meterproof::world
