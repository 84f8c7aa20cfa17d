// SPDX-License-Identifier: Apache-2.0
// What a server may leave undone of what a request brings about.
#include <algorithm>

#include "mutation/mutant_factory.hpp"

namespace meterproof::mutation {

using core::Expr;
using core::Interface;
using core::Spec;
using core::Step;
using core::Table;

namespace {

/// A missing numeric value means 0, so omitting a 0 cannot be detected.
bool is_zero(const Expr& expr) { return expr.op == Expr::Op::literal && expr.text == "0"; }

void break_effects(const Spec& spec, std::size_t at, std::vector<MutantFactory>& out) {
  const ObservableColumns visible(spec);
  const Interface& interface = spec.interfaces[at];
  for (std::size_t i = 0; i < interface.effects.size(); ++i) {
    const Step& step = interface.effects[i];
    const std::string number = std::to_string(i + 1);
    const auto drop = [&](const std::string& what, std::function<void(Spec&)> apply, std::optional<std::size_t> key = std::nullopt) {
      out.push_back({{interface.name + "/effect/" + number + "-" + what,
                      {"未执行第 " + number + " 步：" + what, "does not carry out step " + number + ": " + what},
                      "effect"},
                     std::move(apply),
                     {},
                     EffectPlace{at, i, key}});
    };
    const auto erase = [at, i](Spec& broken) { broken.interfaces[at].effects.erase(broken.interfaces[at].effects.begin() + static_cast<std::ptrdiff_t>(i)); };
    switch (step.kind) {
      case Step::Kind::find: {
        const Table& table = spec.tables[step.find.table];
        // If the server chooses all values that follow, a wrong row cannot be detected.
        const bool shows = std::any_of(interface.effects.begin(), interface.effects.end(), [](const Step& other) {
          return other.kind == Step::Kind::rows || other.kind == Step::Kind::insert || other.kind == Step::Kind::charge ||
                 (other.kind == Step::Kind::update && std::any_of(other.update.set.begin(), other.update.set.end(),
                                                                  [](const core::Assignment& one) { return one.value.op != Expr::Op::server_assigned; }));
        });
        // Skipped if the query may return no row, or if both keys select the same row.
        const bool uncertain = std::any_of(interface.effects.begin(), interface.effects.end(),
                                           [](const Step& other) { return other.kind == Step::Kind::rows && other.rows.certain_if.has_value(); });
        for (std::size_t by = 0; shows && by < step.find.by.size() && step.find.by.size() > 1; ++by) {
          if (uncertain) continue;
          drop(
              "find-without-" + table.columns[step.find.by[by].column].name,
              [at, i, by](Spec& broken) {
                auto& columns = broken.interfaces[at].effects[i].find.by;
                columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(by));
              },
              by);
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

}  // namespace

void append_effect_mutations(const Spec& spec, std::vector<MutantFactory>& out) {
  for (std::size_t at = 0; at < spec.interfaces.size(); ++at) break_effects(spec, at, out);
}

}  // namespace meterproof::mutation
