// SPDX-License-Identifier: Apache-2.0
#include "conformance/named_rows.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "conformance/case.hpp"
#include "conformance/spec_queries.hpp"
#include "core/i18n/message.hpp"
#include "core/rules/row_states.hpp"
#include "core/rules/rule_kind.hpp"
#include "core/rules/valid_request.hpp"

namespace meterproof::conformance {

using core::Expr;
using core::Interface;
using core::Spec;
using core::Step;
using i18n::msg;

namespace {

/// A query by the key of one row.
struct QueryByKey {
  const Interface* interface = nullptr;
  const core::Variant* variant = nullptr;
  std::size_t field = 0;  // that carries the key
};

std::vector<QueryByKey> queries_by_key(const Spec& spec, const Scope& scope, std::size_t table) {
  std::vector<QueryByKey> out;
  for (const Interface& interface : spec.interfaces) {
    if (!scope.has(interface) || interface.reply.empty() || !changed_tables(interface).empty()) continue;
    for (const core::Variant& variant : interface.variants) {
      std::vector<std::size_t> keys;
      for (const std::size_t field : variant.fields)
        if (interface.request[field].refers || interface.request[field].names) keys.push_back(field);
      if (keys.size() == 1 && interface.request[keys.front()].refers == table) out.push_back({&interface, &variant, keys.front()});
    }
  }
  return out;
}

std::string body_of(const QueryByKey& query, const std::string& key, core::DateTime now) {
  const Interface& interface = *query.interface;
  core::RequestBuilder request{&interface, std::vector<std::optional<std::string>>(interface.request.size())};
  for (const std::size_t field : query.variant->fields)
    request.raw[field] = raw_value(interface.request[field], field == query.field ? key : rules::make_valid_value(interface.request[field], 1, now));
  for (const auto& [field, value] : query.variant->set) request.raw[field] = raw_value(interface.request[field], value);
  return request.body();
}

/// The codes by which the interface says that it does not know the key in that field.
std::vector<core::Code> unknown_codes(const Interface& interface, std::size_t field) {
  std::vector<core::Code> out;
  for (const core::ResultRow& row : interface.results)
    for (const core::Rule& rule : row.when)
      if (rules::kind_of(rule).answers_unknown_row() && rule.operands.front().field == field) out.push_back(row.code);
  return out;
}

/// Columns whose value may change by itself, or is the server's own choice. Those that a request adds to or takes from are not among them: what comes
/// next depends on what is there.
std::set<std::pair<std::size_t, std::size_t>> unsteady_columns(const Spec& spec) {
  std::set<std::pair<std::size_t, std::size_t>> out, calculated;
  for (const Interface& interface : spec.interfaces) {
    std::vector<std::size_t> tables;  // by row number
    for (const Step& step : interface.effects) {
      if (step.kind == Step::Kind::find) tables.push_back(step.find.table);
      if (step.kind == Step::Kind::insert)
        for (const core::Assignment& one : step.insert.set)
          if (one.value.op == Expr::Op::server_assigned || one.value.op == Expr::Op::optional) out.emplace(step.insert.table, one.column);
      if (step.kind == Step::Kind::update)
        for (const core::Assignment& one : step.update.set) {
          const bool is_calculated = one.value.op == Expr::Op::add || one.value.op == Expr::Op::subtract;
          (is_calculated ? calculated : out).emplace(tables[step.update.row], one.column);
        }
      if (step.kind == Step::Kind::charge)
        for (const std::size_t column : {step.charge.reading_column, step.charge.volume, step.charge.cycle}) out.emplace(tables[step.charge.row], column);
    }
  }
  for (const auto& column : calculated) out.erase(column);
  return out;
}

class Looker {
 public:
  Looker(TargetSession& session, const Scope& scope, const std::map<std::string, std::string>& named, const std::vector<reports::DescribedRowRecord>& described)
      : session_(session), spec_(session.spec()), scope_(scope), named_(named), described_(described), unsteady_(unsteady_columns(spec_)) {}

  NamedRows look() {
    for (const auto& [name, key] : named_) {
      i18n::Message why, remedy;
      if (const auto row = rules::read_row_name(spec_, name, why, remedy)) look_at(name, *row, key);
    }
    for (const auto& [name, key] : named_)
      if (const auto table = spec_.table(name)) compare_references(name, *table, key);
    return std::move(out_);
  }

 private:
  void look_at(const std::string& name, const rules::RowName& row, const std::string& key) {
    bool told = false, known = false;
    bool unread = false;  // a reply that should have told
    std::size_t most_rows = 0;
    i18n::Message unknown;
    for (const QueryByKey& query : queries_by_key(spec_, scope_, row.table)) {
      const std::string body = body_of(query, key, session_.now());
      const Sent sent = session_.send(*query.interface, body);
      if (sent.no_reply() || !sent.reply.code) {
        unread = true;
        continue;
      }
      const auto rows = sent.reply.rows(spec_.envelope);
      const std::vector<core::Code> codes = unknown_codes(*query.interface, query.field);
      const bool succeeded = sent.answered(spec_.success);
      if (succeeded) {
        out_.accepted.emplace_back(query.interface, body);
        told = told || !rows.empty() || codes.empty();
        known = known || !rows.empty() || !codes.empty();
        if (query.variant->fields.size() == 1) most_rows = std::max(most_rows, rows.size());
        usable_ = row.state.empty();
        for (const json::Json* shown : rows) learn(*query.interface, *shown);
        if (rows.empty() && codes.empty()) unknown = msg<"check.no-rows-of">(query.interface->name);
      } else if (has(codes, sent.reply.code)) {
        told = true;
        unknown = msg<"check.answers-code">(query.interface->name, code_of(sent));
      }
    }
    if (unread) told = known;  // which queries show a row of such a state is not stated
    else if (!known && !unknown.empty()) tell_wrong(name, row, key, msg<"check.named-row-unknown">(name, key, unknown));
    else if (known && row.state == rules::several_rows && most_rows == 1) tell_wrong(name, row, key, msg<"check.named-row-single">(name, key));
    if (known || told) return;
    out_.notes.push_back(msg<"check.named-row-unverified">(name, key));
    out_.unverified.emplace_back(name, key);
  }

  void tell_wrong(const std::string& name, const rules::RowName& row, const std::string& key, i18n::Message what) {
    const bool may_be_hidden = !row.state.empty() && row.state != rules::several_rows;
    if (!may_be_hidden && !is_described(row.table, key)) {
      out_.mistakes.push_back(std::move(what));
      return;
    }
    out_.notes.push_back(msg<"check.goes-on-without-row">(std::move(what)));
    out_.doubted.push_back(name);
  }

  bool is_described(std::size_t table, const std::string& key) const {
    return std::any_of(described_.begin(), described_.end(), [&](const reports::DescribedRowRecord& one) {
      const Interface* interface = spec_.interface(one.interface);
      return interface != nullptr && std::any_of(interface->request.begin(), interface->request.end(), [&](const core::Field& field) {
               const auto value = one.values.find(field.name);
               return (field.refers == table || field.names == table) && value != one.values.end() && value->second == key;
             });
    });
  }

  /// What a row of the reply says of the model's rows.
  void learn(const Interface& interface, const json::Json& shown) {
    std::vector<std::size_t> tables;
    for (const Step& step : interface.effects) {
      if (step.kind == Step::Kind::find) tables.push_back(step.find.table);
      if (step.kind == Step::Kind::rows) learn_row(interface, tables[step.rows.row], step.rows, shown);
    }
  }

  void learn_row(const Interface& interface, std::size_t table, const core::Rows& rows, const json::Json& shown) {
    std::map<std::vector<std::size_t>, std::string> values;  // by path from the row
    for (std::size_t i = 0; i < rows.fields.size() && i < interface.reply.size(); ++i) {
      const json::Json* value = shown.get(interface.reply[i].name);
      const bool is_scalar = value != nullptr && (value->kind == json::Json::Kind::text || value->kind == json::Json::Kind::number);
      if (rows.fields[i].op == Expr::Op::path && is_scalar && !value->text.empty()) values[rows.fields[i].columns] = value->text;
    }
    put(table, {}, values);
    for (std::size_t column = 0; column < spec_.tables[table].columns.size(); ++column)
      if (const auto other = spec_.tables[table].columns[column].refers) put(*other, {column}, values);
  }

  /// The row at which that path ends: the row that is shown, or one that it refers to.
  void put(std::size_t table, const std::vector<std::size_t>& path, const std::map<std::vector<std::size_t>, std::string>& values) {
    ShownRow row{table, usable_, {}};
    bool has_key = false;
    for (std::size_t column = 0; column < spec_.tables[table].columns.size(); ++column) {
      const bool is_key = column == spec_.tables[table].key;
      std::vector<std::size_t> place = path;
      if (!is_key || path.empty()) place.push_back(column);  // a reference is the key of what it refers to
      const auto found = values.find(place);
      if (found == values.end() || (!is_key && unsteady_.count({table, column}) > 0)) continue;
      has_key = has_key || is_key;
      row.cells.emplace_back(column, found->second);
    }
    if (has_key && row.cells.size() > 1) out_.shown.push_back(std::move(row));
  }

  /// Named rows that one request would have made are used together: the meter must be the user's.
  void compare_references(const std::string& name, std::size_t table, const std::string& key) {
    for (const ShownRow& row : out_.shown) {
      if (row.table != table || !has_cell(row, spec_.tables[table].key, key)) continue;
      for (const auto& [column, value] : row.cells) {
        const auto other = spec_.tables[table].columns[column].refers;
        const auto wanted = other && are_made_together(spec_, table, *other) ? named_.find(spec_.tables[*other].name) : named_.end();
        if (wanted == named_.end() || wanted->second == value) continue;
        tell_wrong(name, {table, {}}, key, msg<"check.named-rows-apart">(name, key, wanted->first, wanted->second, value));
        return;
      }
    }
  }

  static bool has_cell(const ShownRow& row, std::size_t column, const std::string& value) {
    return std::find(row.cells.begin(), row.cells.end(), std::pair(column, value)) != row.cells.end();
  }

  TargetSession& session_;
  const Spec& spec_;
  const Scope& scope_;
  const std::map<std::string, std::string>& named_;
  const std::vector<reports::DescribedRowRecord>& described_;
  std::set<std::pair<std::size_t, std::size_t>> unsteady_;
  bool usable_ = true;
  NamedRows out_;
};

}  // namespace

NamedRows look_at_named_rows(TargetSession& session, const Scope& scope, const std::map<std::string, std::string>& named,
                             const std::vector<reports::DescribedRowRecord>& described) {
  return Looker(session, scope, named, described).look();
}

std::vector<std::size_t> missing_rows(const Spec& spec, const Scope& scope, const std::map<std::string, std::string>& named, const Interface& interface) {
  std::vector<std::size_t> out;
  for (const std::size_t field : interface.variants.front().fields) {
    const auto table = interface.request[field].refers;
    if (!table || maker_of(spec, scope, *table) != nullptr || named.count(spec.tables[*table].name) > 0) continue;
    if (std::find(out.begin(), out.end(), *table) == out.end()) out.push_back(*table);
  }
  return out;
}

bool ends_rows(const Spec& spec, const Interface& interface) {
  std::vector<std::size_t> tables;  // by row number
  for (const Step& step : interface.effects) {
    if (step.kind == Step::Kind::find) tables.push_back(step.find.table);
    if (step.kind != Step::Kind::update) continue;
    for (const core::Assignment& one : step.update.set) {
      const core::State state{tables[step.update.row], one.column, one.value.text};
      if (one.value.op != Expr::Op::literal) continue;
      for (const Interface& other : spec.interfaces)
        for (const core::ResultRow& row : other.results)
          for (const core::Rule& rule : row.when)
            if (rules::kind_of(rule).operand_shape() == rules::OperandShape::states && rule.state == state) return true;
    }
  }
  return false;
}

}  // namespace meterproof::conformance
