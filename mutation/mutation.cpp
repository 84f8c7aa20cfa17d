#include "mutation/mutation.hpp"

#include <algorithm>

#include "core/rules/rule_kind.hpp"
#include "mutation/mutation_edit.hpp"

namespace meterproof::mutation {

using core::Code;
using core::Expr;
using core::ResultRow;
using core::Spec;
using core::Step;
using core::Table;

ObservableColumns::ObservableColumns(const Spec& spec) : spec_(spec), columns_(spec.tables.size()) {
  for (const Interface& interface : spec.interfaces) {
    std::vector<std::size_t> rows;
    for (const Step& step : interface.effects) {
      if (step.kind == Step::Kind::find) rows.push_back(step.find.table);
      if (step.kind == Step::Kind::rows)
        for (const Expr& field : step.rows.fields) visit(field, rows);
    }
  }
}

bool ObservableColumns::has(std::size_t table, std::size_t column) const {
  return std::find(columns_[table].begin(), columns_[table].end(), column) != columns_[table].end();
}

void ObservableColumns::visit(const Expr& expr, const std::vector<std::size_t>& rows) {
  if (expr.op == Expr::Op::path) {
    std::size_t table = rows[expr.row];
    for (const std::size_t column : expr.columns) {
      columns_[table].push_back(column);
      table = spec_.tables[table].columns[column].refers.value_or(table);
    }
  }
  if (expr.op == Expr::Op::tier_price) {
    visit(expr.args[0], rows);
    for (std::size_t table = 0; table < spec_.tables.size(); ++table)
      if (const auto& tariff = spec_.tables[table].tariff)
        for (const auto* part : {&tariff->boundaries, &tariff->prices}) columns_[table].insert(columns_[table].end(), part->begin(), part->end());
    return;
  }
  for (const Expr& arg : expr.args) visit(arg, rows);
}

/// Where nothing is made of a field, and no common code is listed, a wrong form may pass.
std::string_view kind_of_form(const Interface& interface, std::size_t field) {
  return interface.common_results == core::CommonResults::open && is_stored_only(interface, field) ? lenient : std::string_view("code");
}

namespace {

/// Whether a rule of the interface, or an open question, looks at what the field's value says.
bool answered_elsewhere(const Interface& interface, std::size_t field) {
  const auto looks = [&](const Rule& rule) {
    const std::string_view kind = rule_kinds()[rule.kind]->name();
    return (kind == "unlisted" || kind == "unknown") &&
           std::any_of(rule.operands.begin(), rule.operands.end(), [&](const RuleOperand& use) { return use.field == field; });
  };
  for (const ResultRow& row : interface.results)
    if (std::any_of(row.when.begin(), row.when.end(), looks)) return true;
  return std::any_of(interface.open_questions.begin(), interface.open_questions.end(),
                     [&](const core::OpenQuestion& question) { return question.when && looks(*question.when); });
}

/// Nothing stands for nought: who leaves it out is not seen.
bool is_zero(const Expr& expr) { return expr.op == Expr::Op::literal && expr.text == "0"; }

std::string label(Code code) { return std::to_string(code.value); }

void break_signature(const Spec& spec, std::vector<MutationEdit>& out) {
  for (std::size_t row = 0; row < spec.common.size(); ++row) {
    for (std::size_t i = 0; i < spec.common[row].signature.size(); ++i) {
      const std::string fault(to_string(spec.common[row].signature[i].fault));
      out.push_back({{"signature/" + fault + "/ignored", "does not look for " + fault, "signature"},
                     [row, i](Spec& broken) { broken.common[row].signature.erase(broken.common[row].signature.begin() + static_cast<std::ptrdiff_t>(i)); }});
    }
    if (spec.common[row].signature.empty()) continue;
    const Code wrong{spec.common[row].code.value - 50};
    out.push_back(
        {{"signature/" + label(spec.common[row].code) + "/as" + label(wrong), "answers " + label(wrong) + " for " + label(spec.common[row].code), "signature"},
         [row, wrong](Spec& broken) { broken.common[row].code = wrong; }});
  }
}

void break_codes(const Spec& spec, std::size_t at, std::vector<MutationEdit>& out) {
  const Interface& interface = spec.interfaces[at];
  for (std::size_t row = 0; row < interface.results.size(); ++row) {
    const ResultRow& result = interface.results[row];
    const std::string id = interface.name + "/" + label(result.code);
    const Code wrong{result.code.value - 40};
    out.push_back({{id + "/as" + label(wrong), "answers " + label(wrong) + " for " + label(result.code), "code"}, [at, row, wrong](Spec& broken) {
                     if (broken.interfaces[at].results[row].code == broken.success) broken.success = wrong;
                     broken.interfaces[at].results[row].code = wrong;
                   }});
    for (std::size_t i = 0; i < result.when.size(); ++i)
      for (std::size_t use = 0; use < result.when[i].operands.size(); ++use) {
        const bool pair = rule_kinds()[result.when[i].kind]->parameters() == OperandShape::pair;
        if (pair && use > 0) break;
        // Without one of them the rule asks for the others: nobody minds where every valid request has them.
        const bool any_will_do = rule_kinds()[result.when[i].kind]->name() == "all_empty";
        const auto lacks_the_others = [&](const core::Variant& variant) {
          return std::none_of(variant.fields.begin(), variant.fields.end(), [&](std::size_t field) {
            return field != result.when[i].operands[use].field &&
                   std::any_of(result.when[i].operands.begin(), result.when[i].operands.end(), [&](const RuleOperand& other) { return other.field == field; });
          });
        };
        if (any_will_do && std::none_of(interface.variants.begin(), interface.variants.end(), lacks_the_others)) continue;
        const bool whole = pair || result.when[i].operands.size() == 1;
        const std::string about = interface.request[result.when[i].operands[use].field].name;
        const bool as_good = rule_kinds()[result.when[i].kind]->is_always_also_matched(result.when[i]);
        out.push_back({{id + "/" + std::to_string(i + 1) + "-" + about + "/ignored", "does not answer " + label(result.code) + " for " + about,
                        as_good ? std::string(lenient) : "code"},
                       [at, row, i, use, whole](Spec& broken) {
                         auto& rules = broken.interfaces[at].results[row].when;
                         if (whole) rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(i));
                         else rules[i].operands.erase(rules[i].operands.begin() + static_cast<std::ptrdiff_t>(use));
                       }});
      }
  }
  for (std::size_t row = 0; row < interface.body.size(); ++row)
    for (std::size_t i = 0; i < interface.body[row].when.size(); ++i) {
      const std::size_t field = interface.body[row].when[i].operands[0].field;
      if (answered_elsewhere(interface, field)) continue;
      const std::string about = interface.request[field].name;
      out.push_back({{interface.name + "/" + label(interface.body[row].code) + "/" + about + "-form/ignored", "takes a malformed " + about,
                      std::string(kind_of_form(interface, field))},
                     [at, row, i](Spec& broken) {
                       auto& rules = broken.interfaces[at].body[row].when;
                       rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(i));
                     }});
    }
}

void break_effects(const Spec& spec, std::size_t at, std::vector<MutationEdit>& out) {
  const ObservableColumns visible(spec);
  const Interface& interface = spec.interfaces[at];
  for (std::size_t i = 0; i < interface.effects.size(); ++i) {
    const Step& step = interface.effects[i];
    const auto drop = [&](const std::string& what, std::function<void(Spec&)> apply) {
      out.push_back(
          {{interface.name + "/effect/" + std::to_string(i + 1) + "-" + what, "does not carry out step " + std::to_string(i + 1) + ": " + what, "effect"},
           std::move(apply)});
    };
    const auto erase = [at, i](Spec& broken) { broken.interfaces[at].effects.erase(broken.interfaces[at].effects.begin() + static_cast<std::ptrdiff_t>(i)); };
    switch (step.kind) {
      case Step::Kind::find: {
        const Table& table = spec.tables[step.find.table];
        // Where all that follows is of the server's choosing, nobody sees that the wrong row was found.
        const bool shows = std::any_of(interface.effects.begin(), interface.effects.end(), [](const Step& other) {
          return other.kind == Step::Kind::rows || other.kind == Step::Kind::insert || other.kind == Step::Kind::charge ||
                 (other.kind == Step::Kind::update && std::any_of(other.update.set.begin(), other.update.set.end(),
                                                                  [](const core::Assignment& one) { return one.value.op != Expr::Op::server_assigned; }));
        });
        // Where no row need be shown, none found is no sight; and who is asked for by both keys may be shown all that the one has.
        const bool uncertain = std::any_of(interface.effects.begin(), interface.effects.end(),
                                           [](const Step& other) { return other.kind == Step::Kind::rows && other.rows.certain_if.has_value(); });
        for (std::size_t by = 0; shows && by < step.find.by.size() && step.find.by.size() > 1; ++by) {
          if (uncertain) continue;
          drop("find-without-" + table.columns[step.find.by[by].column].name, [at, i, by](Spec& broken) {
            auto& columns = broken.interfaces[at].effects[i].find.by;
            columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(by));
          });
        }
        if (step.find.between) drop("find-any-day", [at, i](Spec& broken) { broken.interfaces[at].effects[i].find.between.reset(); });
        break;
      }
      case Step::Kind::insert: {
        const Table& table = spec.tables[step.insert.table];
        drop("insert-" + table.name, erase);
        for (std::size_t column = 0; column < step.insert.set.size(); ++column)
          if (step.insert.set[column].column != table.key && visible.has(step.insert.table, step.insert.set[column].column) &&
              step.insert.set[column].value.op != Expr::Op::optional && !is_zero(step.insert.set[column].value))
            drop("insert-" + table.name + "-without-" + table.columns[step.insert.set[column].column].name, [at, i, column](Spec& broken) {
              auto& set = broken.interfaces[at].effects[i].insert.set;
              set.erase(set.begin() + static_cast<std::ptrdiff_t>(column));
            });
        break;
      }
      case Step::Kind::update: drop("update", erase); break;
      case Step::Kind::charge: drop("charge", erase); break;
      case Step::Kind::rows: break;
    }
  }
}

/// Whether a reply's field is the server's own choice, or a column that only ever gets such values.
bool shows_choice(const Spec& spec, const Interface& interface, const Expr& expr) {
  if (expr.op == Expr::Op::server_assigned || expr.op == Expr::Op::optional) return true;
  if (expr.op != Expr::Op::path || expr.columns.size() != 1) return false;
  std::vector<std::size_t> rows;
  for (const Step& step : interface.effects)
    if (step.kind == Step::Kind::find) rows.push_back(step.find.table);
  bool any = false, all = true;
  for (const Interface& writer : spec.interfaces)
    for (const Step& step : writer.effects)
      if (step.kind == Step::Kind::insert && step.insert.table == rows[expr.row])
        for (const core::Assignment& one : step.insert.set)
          if (one.column == expr.columns.front()) {
            any = true;
            all = all && one.value.op == Expr::Op::server_assigned;
          }
  return any && all;
}

/// Whether a server may as well have nothing to show there.
bool is_optional(const Expr& expr) {
  return expr.op == Expr::Op::optional || (expr.op == Expr::Op::above && std::any_of(expr.args.begin(), expr.args.end(), is_optional));
}

bool is_optional(const Interface& interface, std::size_t field) {
  return std::any_of(interface.effects.begin(), interface.effects.end(),
                     [&](const Step& step) { return step.kind == Step::Kind::rows && is_optional(step.rows.fields[field]); });
}

void break_reply(const Spec& spec, std::size_t at, std::vector<MutationEdit>& out) {
  const Interface& interface = spec.interfaces[at];
  for (std::size_t i = 0; i < interface.reply.size(); ++i) {
    const std::string id = interface.name + "/" + interface.reply[i].name;
    out.push_back({{id + "/left-out", "leaves " + interface.reply[i].name + " out of the reply", std::string(is_optional(interface, i) ? lenient : "reply")},
                   [at, i](Spec& broken) {
                     Interface& one = broken.interfaces[at];
                     one.reply.erase(one.reply.begin() + static_cast<std::ptrdiff_t>(i));
                     for (Step& step : one.effects)
                       if (step.kind == Step::Kind::rows) step.rows.fields.erase(step.rows.fields.begin() + static_cast<std::ptrdiff_t>(i));
                   }});
    out.push_back({{id + "/renamed", "misspells " + interface.reply[i].name, std::string(is_optional(interface, i) ? lenient : "reply")},
                   [at, i](Spec& broken) { broken.interfaces[at].reply[i].name += "_"; }});
    const bool chosen_by_server = std::any_of(interface.effects.begin(), interface.effects.end(), [&](const Step& step) {
      return step.kind == Step::Kind::rows && shows_choice(spec, interface, step.rows.fields[i]);
    });
    if (chosen_by_server) continue;
    out.push_back({{id + "/wrong-value", "answers another " + interface.reply[i].name, "reply"}, [at, i](Spec& broken) {
                     for (Step& step : broken.interfaces[at].effects)
                       if (step.kind == Step::Kind::rows) step.rows.fields[i] = Expr::literal("77777");
                   }});
  }
}

std::vector<MutationEdit> edits(const Spec& spec) {
  std::vector<MutationEdit> out;
  break_signature(spec, out);
  for (std::size_t at = 0; at < spec.interfaces.size(); ++at) {
    break_codes(spec, at, out);
    break_effects(spec, at, out);
    break_reply(spec, at, out);
  }
  append_hard_mutations(spec, out);
  return out;
}

}  // namespace

std::vector<Mutation> mutations(const Spec& spec) {
  std::vector<Mutation> out;
  for (MutationEdit& edit : edits(spec)) out.push_back(std::move(edit.mutation));
  return out;
}

std::string apply_mutation(Spec& spec, const std::string& id) {
  std::vector<std::string> known;
  for (const MutationEdit& edit : edits(spec)) {
    if (edit.mutation.id == id) {
      edit.apply(spec);
      return {};
    }
    known.push_back(edit.mutation.id);
  }
  const std::string near = core::nearest(id, known);
  return near.empty() ? "no such deviation; `spec list --mutants` names them" : "no such deviation; did you mean \"" + near + "\"?";
}

}  // namespace meterproof::mutation
