// effects: — steps and the small expressions in them.
#include <algorithm>

#include "spec/model/decimal.hpp"
#include "spec/yaml/parts.hpp"

namespace meterproof::yaml {

using spec::Assignment;
using spec::Expr;
using spec::Interface;
using spec::Spec;
using spec::Step;
using Op = Expr::Op;

namespace {

class EffectsReader {
 public:
  EffectsReader(const Spec& spec, const Interface& interface) : spec_(spec), interface_(interface) {}

  std::vector<Step> read(const Cursor& at) {
    std::vector<Step> steps;
    for (const Cursor& item : at.items()) {
      item.allow({"find", "insert", "update", "settle", "rows"});
      if (!item.is_map() || item.members().size() != 1) {
        item.fail("a step is one of find, insert, update, settle, rows");
        continue;
      }
      const auto member = item.members()[0];
      const std::string kind = member.first.text();
      Step step;
      if (kind == "find") read_find(member.second, step);
      else if (kind == "insert") read_insert(member.second, step);
      else if (kind == "update") read_update(member.second, step);
      else if (kind == "settle") read_settle(member.second, step);
      else if (kind == "rows") read_rows(member.second, step);
      steps.push_back(std::move(step));
    }
    return steps;
  }

 private:
  struct Row {
    std::string name;
    std::size_t table;
  };

  std::optional<std::size_t> row_named(const std::string& name) const {
    for (std::size_t i = 0; i < rows_.size(); ++i)
      if (rows_[i].name == name) return i;
    return std::nullopt;
  }

  /// The step's `row:`, found by an earlier step. The first where it is none, so that reading can go on.
  std::size_t need_row(const Cursor& at, std::string_view key) const {
    const auto name = at.need(key);
    if (!name) return 0;
    if (const auto row = row_named(name->text())) return *row;
    std::vector<std::string> known;
    for (const Row& row : rows_) known.push_back(row.name);
    name->fail("no earlier step found a row \"" + name->text() + "\"", spec::suggestion(name->text(), known));
    return 0;
  }

  const spec::Table* table_of(std::size_t row) const { return row < rows_.size() ? &spec_.tables[rows_[row].table] : nullptr; }

  std::vector<Assignment> assignments(const std::optional<Cursor>& at, const spec::Table& table) {
    std::vector<Assignment> out;
    if (!at) return out;
    for (const auto& [name, value] : at->members())
      if (const auto column = find_column(table, name)) out.push_back({*column, expr(value)});
    return out;
  }

  void read_find(const Cursor& at, Step& step) {
    at.allow({"row", "in", "by", "between", "prefer"});
    step.kind = Step::Kind::find;
    const auto name = at.need("row");
    const auto in = at.need("in");
    const auto table = in ? find_table(spec_, *in) : std::nullopt;
    if (!name || !table) return;
    const spec::Table& of = spec_.tables[*table];
    step.find.table = *table;
    step.find.by = assignments(at.need("by"), of);
    if (const auto between = at.get("between")) {
      between->allow({"column", "from", "to"});
      if (const auto column = between->need("column")) step.find.between = find_column(of, *column);
      if (const auto from = between->need("from")) step.find.from = expr(*from);
      if (const auto to = between->need("to")) step.find.to = expr(*to);
    }
    if (const auto prefer = at.get("prefer")) {
      const auto members = prefer->members();
      if (members.size() != 1) prefer->fail("{ COLUMN: value } is expected here");
      else if (const auto column = find_column(of, members[0].first)) step.find.prefer = {*column, members[0].second.text()};
    }
    step.find.row = rows_.size();
    rows_.push_back({name->text(), *table});
  }

  void read_insert(const Cursor& at, Step& step) {
    at.allow({"in", "set"});
    step.kind = Step::Kind::insert;
    const auto in = at.need("in");
    const auto table = in ? find_table(spec_, *in) : std::nullopt;
    if (!table) return;
    step.insert.table = *table;
    step.insert.set = assignments(at.need("set"), spec_.tables[*table]);
    const std::size_t key = spec_.tables[*table].key;
    const bool has_key = std::any_of(step.insert.set.begin(), step.insert.set.end(), [&](const Assignment& one) { return one.column == key; });
    if (!has_key) at.fail("the new row's key is not set", "set " + spec_.tables[*table].columns[key].name);
  }

  void read_update(const Cursor& at, Step& step) {
    at.allow({"row", "set", "when"});
    step.kind = Step::Kind::update;
    step.update.row = need_row(at, "row");
    if (const spec::Table* table = table_of(step.update.row)) step.update.set = assignments(at.need("set"), *table);
    step.update.when = later(at.get("when"));
    step.update.reads_rows = std::any_of(step.update.set.begin(), step.update.set.end(), [](const Assignment& one) { return reads_rows(one.value); });
  }

  void read_settle(const Cursor& at, Step& step) {
    at.allow({"when", "row", "tariff", "reading", "date", "volume", "cycle", "balance"});
    step.kind = Step::Kind::settle;
    spec::Settle& settle = step.settle;
    settle.when = later(at.get("when"));
    settle.row = need_row(at, "row");
    const spec::Table* table = table_of(settle.row);
    if (table == nullptr) return;
    const auto column = [&](std::string_view key) {
      const auto name = at.need(key);
      return name ? find_column(*table, *name).value_or(0) : 0;
    };
    if (const auto tariff = at.need("tariff")) settle.tariff = tariff_of(*tariff);
    if (const auto reading = at.need("reading")) {
      reading->allow({"column", "now"});
      if (const auto name = reading->need("column")) settle.reading_column = find_column(*table, *name).value_or(0);
      if (const auto now = reading->need("now")) settle.reading = expr(*now);
    }
    if (const auto date = at.need("date")) settle.date = expr(*date);
    settle.volume = column("volume");
    settle.cycle = column("cycle");
    settle.balance = column("balance");
  }

  void read_rows(const Cursor& at, Step& step) {
    at.allow({"of", "fields", "certain_if"});
    step.kind = Step::Kind::rows;
    step.rows.row = need_row(at, "of");
    if (const auto certain = at.get("certain_if")) step.rows.certain_if = expr(*certain);
    step.rows.fields.resize(interface_.reply.size());
    std::vector<bool> filled(interface_.reply.size(), false);
    const auto fields = at.need("fields");
    if (!fields) return;
    for (const auto& [name, value] : fields->members()) {
      const auto field = find_field(interface_.reply, name, "the reply of " + interface_.name);
      if (!field) continue;
      step.rows.fields[*field] = expr(value);
      filled[*field] = true;
    }
    for (std::size_t i = 0; i < filled.size(); ++i)
      if (!filled[i]) fields->fail("nothing fills the reply's field " + interface_.reply[i].name, "add `" + interface_.reply[i].name + ": …`");
  }

  std::optional<spec::Later> later(const std::optional<Cursor>& at) {
    if (!at) return std::nullopt;
    at->allow({"later"});
    const auto both = at->need("later");
    const auto items = both ? both->items() : std::vector<Cursor>();
    if (items.size() != 2) {
      at->fail("{ later: [FIRST, SECOND] } is expected here");
      return std::nullopt;
    }
    return spec::Later{expr(items[0]), expr(items[1])};
  }

  Expr expr(const Cursor& at) { return at.is_map() ? operation(at) : scalar(at); }

  Expr scalar(const Cursor& at) {
    Expr out = Expr::literal(at.text());
    if (out.text == "now") out.op = Op::now;
    if (out.text == "today") out.op = Op::today;
    if (out.text == "next") out.op = Op::next;
    const std::size_t dot = out.text.find('.');
    if (dot == std::string::npos || spec::Decimal::parse(out.text)) return out;
    const std::string head = out.text.substr(0, dot);
    if (head == "request") {
      out.op = Op::request;
      out.field = field_named(at, out.text.substr(dot + 1));
      out.numeric = out.field < interface_.request.size() && interface_.request[out.field].type != spec::Type::text;
      return out;
    }
    const auto row = row_named(head);
    if (!row) {
      std::vector<std::string> known = {"request"};
      for (const Row& one : rows_) known.push_back(one.name);
      at.fail("\"" + head + "\" is neither the request nor a row found before", spec::suggestion(head, known));
      return out;
    }
    out.op = Op::path;
    out.row = *row;
    follow(at, out.text.substr(dot + 1), out);
    return out;
  }

  std::size_t field_named(const Cursor& at, const std::string& name) const {
    if (const auto field = interface_.field(name)) return *field;
    at.fail("\"" + name + "\" is no field of " + interface_.name, spec::suggestion(name, names_of(interface_.request)));
    return 0;
  }

  /// Column.Column…: each but the last refers to a row of another table.
  void follow(const Cursor& at, const std::string& path, Expr& out) const {
    std::size_t table = rows_[out.row].table;
    for (std::size_t begin = 0; begin <= path.size();) {
      const std::size_t end = std::min(path.find('.', begin), path.size());
      const std::string name = path.substr(begin, end - begin);
      const auto column = spec_.tables[table].column(name);
      if (!column) {
        at.fail("\"" + name + "\" is no column of " + spec_.tables[table].name, spec::suggestion(name, names_of(spec_.tables[table].columns)));
        return;
      }
      out.columns.push_back(*column);
      begin = end + 1;
      if (end == path.size()) return;
      const auto refers = spec_.tables[table].columns[*column].refers;
      if (!refers) {
        at.fail(name + " refers to no table, nothing can follow it");
        return;
      }
      table = *refers;
    }
  }

  Expr tariff_of(const Cursor& at) {
    Expr out = expr(at);
    const auto table = out.op == Op::path && !out.columns.empty() ? target_of(out) : std::nullopt;
    if (!table || !spec_.tables[*table].tariff) at.fail("a column that refers to a table with a tariff is expected here");
    return out;
  }

  std::optional<std::size_t> target_of(const Expr& path) const {
    std::optional<std::size_t> table = rows_[path.row].table;
    for (const std::size_t column : path.columns)
      if (table) table = spec_.tables[*table].columns[column].refers;
    return table;
  }

  Expr operation(const Cursor& at) {
    const auto members = at.members();
    Expr out;
    const std::string word = members.empty() ? std::string() : members[0].first.text();
    const auto all = [&](const Cursor& list, std::size_t least) {
      for (const Cursor& item : list.items()) out.args.push_back(expr(item));
      if (out.args.size() < least) list.fail("\"" + word + "\" takes " + std::to_string(least) + " values or more");
    };
    if (word == "assigned" || word == "simulated") {
      at.allow({word});
      out.op = word == "assigned" ? Op::assigned : Op::simulated;
      out.args = {expr(members[0].second)};
    } else if (word == "reading") {
      at.allow({"reading"});
      out.op = Op::reading;
      out.text = members[0].second.text();
    } else if (word == "add" || word == "subtract") {
      at.allow({word});
      out.op = word == "add" ? Op::add : Op::subtract;
      all(members[0].second, 2);
    } else if (word == "first_of") {
      at.allow({word});
      out.op = Op::first_of;
      all(members[0].second, 1);
    } else if (word == "map") {
      at.allow({"map", "to", "else"});
      out.op = Op::map;
      out.args = {expr(members[0].second)};
      if (const auto to = at.need("to"))
        for (const auto& [from, into] : to->members()) out.cases.emplace_back(from.text(), into.text());
      if (const auto otherwise = at.get("else")) out.otherwise = otherwise->text();
    } else if (word == "above") {
      at.allow({"above", "bound", "then", "else"});
      out.op = Op::above;
      for (const char* key : {"above", "bound", "then", "else"})
        if (const auto part = at.need(key)) out.args.push_back(expr(*part));
    } else if (word == "tier_price") {
      at.allow({"tier_price", "at"});
      out.op = Op::tier_price;
      out.args = {tariff_of(members[0].second)};
      if (const auto volume = at.need("at")) out.args.push_back(expr(*volume));
    } else {
      const std::vector<std::string> known = {"assigned", "simulated", "reading", "add", "subtract", "first_of", "map", "above", "tier_price"};
      at.fail("unknown operation \"" + word + "\"", spec::suggestion(word, known));
    }
    return out;
  }

  const Spec& spec_;
  const Interface& interface_;
  std::vector<Row> rows_;
};

}  // namespace

std::vector<Step> read_effects(const Cursor& at, const Spec& spec, const Interface& interface) { return EffectsReader(spec, interface).read(at); }

}  // namespace meterproof::yaml
