// SPDX-License-Identifier: Apache-2.0
// effects: — steps and the small expressions in them.
#include <algorithm>

#include "core/decimal/decimal.hpp"
#include "core/loader/section_readers.hpp"

namespace meterproof::loader {

using core::Assignment;
using core::Expr;
using core::Interface;
using core::Spec;
using core::Step;
using Op = Expr::Op;

namespace {

class EffectsReader {
 public:
  EffectsReader(const Spec& spec, const Interface& interface) : spec_(spec), interface_(interface) {}

  std::vector<Step> read(const YamlNode& at) {
    const std::vector<std::string> kinds = {"find", "insert", "update", "charge", "rows"};
    std::vector<Step> steps;
    for (const YamlNode& item : at.items()) {
      item.allow_keys(kinds);
      if (!item.is_map() || item.members().size() != 1) {
        item.fail(msg<"spec.step-kind">(core::join(kinds)));
        continue;
      }
      const auto member = item.members()[0];
      const std::string kind = member.first.text();
      Step step;
      if (kind == "find") read_find(member.second, step);
      else if (kind == "insert") read_insert(member.second, step);
      else if (kind == "update") read_update(member.second, step);
      else if (kind == "charge") read_charge(member.second, step);
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
  std::size_t need_row(const YamlNode& at, std::string_view key) const {
    const auto name = at.require(key);
    if (!name) return 0;
    if (const auto row = row_named(name->text())) return *row;
    std::vector<std::string> known;
    for (const Row& row : rows_) known.push_back(row.name);
    name->fail(msg<"spec.no-row">(name->text()), core::suggestion(name->text(), known));
    return 0;
  }

  const core::Table* table_of(std::size_t row) const { return row < rows_.size() ? &spec_.tables[rows_[row].table] : nullptr; }

  std::vector<Assignment> assignments(const std::optional<YamlNode>& at, const core::Table& table) {
    std::vector<Assignment> out;
    if (!at) return out;
    for (const auto& [name, value] : at->members())
      if (const auto column = find_column(table, name)) out.push_back({*column, expr(value)});
    return out;
  }

  void read_find(const YamlNode& at, Step& step) {
    at.allow_keys({"row", "in", "by", "between", "prefer"});
    step.kind = Step::Kind::find;
    const auto name = at.require("row");
    const auto in = at.require("in");
    const auto table = in ? find_table(spec_, *in) : std::nullopt;
    if (!name || !table) return;
    const core::Table& of = spec_.tables[*table];
    step.find.table = *table;
    step.find.by = assignments(at.require("by"), of);
    if (const auto between = at.get("between")) {
      between->allow_keys({"column", "from", "to"});
      if (const auto column = between->require("column")) step.find.between = find_column(of, *column);
      if (const auto from = between->require("from")) step.find.from = expr(*from);
      if (const auto to = between->require("to")) step.find.to = expr(*to);
    }
    if (const auto prefer = at.get("prefer")) {
      const auto members = prefer->members();
      if (members.size() != 1) prefer->fail(msg<"file.expected">("{ COLUMN: value }"));
      else if (const auto column = find_column(of, members[0].first)) step.find.prefer = {*column, members[0].second.text()};
    }
    step.find.row = rows_.size();
    rows_.push_back({name->text(), *table});
  }

  void read_insert(const YamlNode& at, Step& step) {
    at.allow_keys({"in", "set"});
    step.kind = Step::Kind::insert;
    const auto in = at.require("in");
    const auto table = in ? find_table(spec_, *in) : std::nullopt;
    if (!table) return;
    step.insert.table = *table;
    step.insert.set = assignments(at.require("set"), spec_.tables[*table]);
    step.insert.computes_first = std::any_of(step.insert.set.begin(), step.insert.set.end(), [](const Assignment& one) { return can_fail(one.value); });
    const std::size_t key = spec_.tables[*table].key;
    const bool has_key = std::any_of(step.insert.set.begin(), step.insert.set.end(), [&](const Assignment& one) { return one.column == key; });
    if (!has_key) at.fail(msg<"spec.key-not-set">(), msg<"spec.set-column">(spec_.tables[*table].columns[key].name));
  }

  void read_update(const YamlNode& at, Step& step) {
    at.allow_keys({"row", "set", "when"});
    step.kind = Step::Kind::update;
    step.update.row = need_row(at, "row");
    if (const core::Table* table = table_of(step.update.row)) step.update.set = assignments(at.require("set"), *table);
    step.update.when = later(at.get("when"));
    step.update.computes_first =
        std::any_of(step.update.set.begin(), step.update.set.end(), [](const Assignment& one) { return reads_rows(one.value) || can_fail(one.value); });
  }

  void read_charge(const YamlNode& at, Step& step) {
    at.allow_keys({"when", "row", "tariff", "reading", "date", "volume", "cycle", "balance"});
    step.kind = Step::Kind::charge;
    core::ChargeEffect& charge = step.charge;
    charge.when = later(at.get("when"));
    charge.row = need_row(at, "row");
    const core::Table* table = table_of(charge.row);
    if (table == nullptr) return;
    const auto column = [&](std::string_view key) {
      const auto name = at.require(key);
      return name ? find_column(*table, *name).value_or(0) : 0;
    };
    if (const auto tariff = at.require("tariff")) charge.tariff = tariff_of(*tariff);
    if (const auto reading = at.require("reading")) {
      reading->allow_keys({"column", "now"});
      if (const auto name = reading->require("column")) charge.reading_column = find_column(*table, *name).value_or(0);
      if (const auto now = reading->require("now")) charge.reading = expr(*now);
    }
    if (const auto date = at.require("date")) charge.date = expr(*date);
    charge.volume = column("volume");
    charge.cycle = column("cycle");
    charge.balance = column("balance");
  }

  void read_rows(const YamlNode& at, Step& step) {
    at.allow_keys({"of", "fields", "certain_if"});
    step.kind = Step::Kind::rows;
    step.rows.row = need_row(at, "of");
    if (const auto certain = at.get("certain_if")) step.rows.certain_if = expr(*certain);
    step.rows.fields.resize(interface_.reply.size());
    std::vector<bool> filled(interface_.reply.size(), false);
    const auto fields = at.require("fields");
    if (!fields) return;
    for (const auto& [name, value] : fields->members()) {
      const auto field = find_field(interface_.reply, name, msg<"spec.reply-of">(interface_.name));
      if (!field) continue;
      step.rows.fields[*field] = expr(value);
      filled[*field] = true;
    }
    for (std::size_t i = 0; i < filled.size(); ++i)
      if (!filled[i]) fields->fail(msg<"spec.reply-field-unfilled">(interface_.reply[i].name), msg<"file.add">(interface_.reply[i].name + ": …"));
  }

  std::optional<core::Later> later(const std::optional<YamlNode>& at) {
    if (!at) return std::nullopt;
    at->allow_keys({"later"});
    const auto both = at->require("later");
    const auto items = both ? both->items() : std::vector<YamlNode>();
    if (items.size() != 2) {
      at->fail(msg<"file.expected">("{ later: [FIRST, SECOND] }"));
      return std::nullopt;
    }
    return core::Later{expr(items[0]), expr(items[1])};
  }

  Expr expr(const YamlNode& at) { return at.is_map() ? operation(at) : scalar(at); }

  Expr scalar(const YamlNode& at) {
    Expr out = Expr::literal(at.text());
    if (out.text == "now") out.op = Op::now;
    if (out.text == "today") out.op = Op::today;
    if (out.text == "next") out.op = Op::next;
    const std::size_t dot = out.text.find('.');
    if (dot == std::string::npos || core::Decimal::parse(out.text)) return out;
    const std::string head = out.text.substr(0, dot);
    if (head == "request") {
      out.op = Op::request;
      out.field = field_named(at, out.text.substr(dot + 1));
      out.numeric = out.field < interface_.request.size() && interface_.request[out.field].type != core::Type::text;
      return out;
    }
    const auto row = row_named(head);
    if (!row) {
      std::vector<std::string> known = {"request"};
      for (const Row& one : rows_) known.push_back(one.name);
      at.fail(msg<"spec.row-unknown">(head), core::suggestion(head, known));
      return out;
    }
    out.op = Op::path;
    out.row = *row;
    follow(at, out.text.substr(dot + 1), out);
    return out;
  }

  std::size_t field_named(const YamlNode& at, const std::string& name) const {
    if (const auto field = interface_.field(name)) return *field;
    at.fail(msg<"spec.no-field">(name, interface_.name), core::suggestion(name, names_of(interface_.request)));
    return 0;
  }

  /// Column.Column…: each but the last refers to a row of another table.
  void follow(const YamlNode& at, const std::string& path, Expr& out) const {
    std::size_t table = rows_[out.row].table;
    for (std::size_t begin = 0; begin <= path.size();) {
      const std::size_t end = std::min(path.find('.', begin), path.size());
      const std::string name = path.substr(begin, end - begin);
      const auto column = spec_.tables[table].column(name);
      if (!column) {
        at.fail(msg<"spec.no-column">(name, spec_.tables[table].name), core::suggestion(name, names_of(spec_.tables[table].columns)));
        return;
      }
      out.columns.push_back(*column);
      begin = end + 1;
      if (end == path.size()) return;
      const auto refers = spec_.tables[table].columns[*column].refers;
      if (!refers) {
        at.fail(msg<"spec.column-does-not-refer">(name));
        return;
      }
      table = *refers;
    }
  }

  Expr tariff_of(const YamlNode& at) {
    Expr out = expr(at);
    const auto table = out.op == Op::path && !out.columns.empty() ? target_of(out) : std::nullopt;
    if (!table || !spec_.tables[*table].tariff) at.fail(msg<"spec.tariff-expected">());
    return out;
  }

  std::optional<std::size_t> target_of(const Expr& path) const {
    std::optional<std::size_t> table = rows_[path.row].table;
    for (const std::size_t column : path.columns)
      if (table) table = spec_.tables[*table].columns[column].refers;
    return table;
  }

  Expr operation(const YamlNode& at) {
    const auto members = at.members();
    Expr out;
    const std::string word = members.empty() ? std::string() : members[0].first.text();
    const auto all = [&](const YamlNode& list, std::size_t least) {
      for (const YamlNode& item : list.items()) out.args.push_back(expr(item));
      if (out.args.size() < least) list.fail(msg<"spec.too-few-values">(word, least));
    };
    if (word == "server_assigned" || word == "optional") {
      at.allow_keys({word});
      out.op = word == "server_assigned" ? Op::server_assigned : Op::optional;
      out.args = {expr(members[0].second)};
    } else if (word == "interpretation") {
      at.allow_keys({"interpretation"});
      out.op = Op::interpretation;
      out.text = members[0].second.text();
    } else if (word == "add" || word == "subtract") {
      at.allow_keys({word});
      out.op = word == "add" ? Op::add : Op::subtract;
      all(members[0].second, 2);
    } else if (word == "first_of") {
      at.allow_keys({word});
      out.op = Op::first_of;
      all(members[0].second, 1);
    } else if (word == "map") {
      at.allow_keys({"map", "to", "else"});
      out.op = Op::map;
      out.args = {expr(members[0].second)};
      if (const auto to = at.require("to"))
        for (const auto& [from, into] : to->members()) out.cases.emplace_back(from.text(), into.text());
      if (const auto otherwise = at.get("else")) out.otherwise = otherwise->text();
    } else if (word == "above") {
      at.allow_keys({"above", "bound", "then", "else"});
      out.op = Op::above;
      for (const char* key : {"above", "bound", "then", "else"})
        if (const auto part = at.require(key)) out.args.push_back(expr(*part));
    } else if (word == "tier_price") {
      at.allow_keys({"tier_price", "at", "told"});
      out.op = Op::tier_price;
      out.args = {tariff_of(members[0].second)};
      if (const auto volume = at.require("at")) out.args.push_back(expr(*volume));
      if (const auto told = at.get("told")) out.args.push_back(expr(*told));
    } else {
      const std::vector<std::string> known = {"server_assigned", "optional", "interpretation", "add", "subtract", "first_of", "map", "above", "tier_price"};
      at.fail(msg<"spec.unknown-operation">(word), core::suggestion(word, known));
    }
    return out;
  }

  const Spec& spec_;
  const Interface& interface_;
  std::vector<Row> rows_;
};

}  // namespace

std::vector<Step> read_effects(const YamlNode& at, const Spec& spec, const Interface& interface) { return EffectsReader(spec, interface).read(at); }

core::Delay read_delay(const YamlNode& at, const Spec& spec, const Interface& interface) {
  at.allow_keys({"until", "existing", "meanwhile", "then", "expired"});
  core::Delay out;
  const i18n::Message whose = i18n::verbatim(interface.name);
  if (const auto until = at.require("until"); until && until->text() != "contact") out.until = find_field(interface.request, *until, whose);
  if (const auto existing = at.get("existing")) {
    out.existing = find_field(interface.request, *existing, whose);
    const core::Field* const field = out.existing ? &interface.request[*out.existing] : nullptr;
    if (field != nullptr && !field->refers && !field->names) existing->fail(msg<"spec.no-key-of-field">(field->name));
  }
  if (const auto meanwhile = at.get("meanwhile")) out.meanwhile = read_effects(*meanwhile, spec, interface);
  const auto then = at.get("then");
  out.then = then ? read_effects(*then, spec, interface) : interface.effects;
  if (const auto expired = at.get("expired")) out.expired = read_effects(*expired, spec, interface);
  if (!out.until && (out.meanwhile.empty() || out.meanwhile.front().kind != Step::Kind::find))
    at.fail(msg<"spec.delay-find">(), msg<"file.write">("meanwhile: [{ find: … }]"));
  return out;
}

}  // namespace meterproof::loader
