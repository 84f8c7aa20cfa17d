// SPDX-License-Identifier: Apache-2.0
// What a server may get wrong about its replies' fields.
#include <algorithm>

#include "mutation/mutant_factory.hpp"

namespace meterproof::mutation {

using core::Expr;
using core::Interface;
using core::Spec;
using core::Step;

namespace {

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

void break_reply(const Spec& spec, std::size_t at, std::vector<MutantFactory>& out) {
  const Interface& interface = spec.interfaces[at];
  for (std::size_t i = 0; i < interface.reply.size(); ++i) {
    const std::string id = interface.name + "/" + interface.reply[i].name;
    out.push_back({{id + "/left-out",
                    {"应答缺少 " + interface.reply[i].name, "leaves " + interface.reply[i].name + " out of the reply"},
                    std::string(is_optional(interface, i) ? lenient : "reply")},
                   [at, i](Spec& broken) {
                     Interface& one = broken.interfaces[at];
                     one.reply.erase(one.reply.begin() + static_cast<std::ptrdiff_t>(i));
                     for (Step& step : one.effects)
                       if (step.kind == Step::Kind::rows) step.rows.fields.erase(step.rows.fields.begin() + static_cast<std::ptrdiff_t>(i));
                   }});
    out.push_back({{id + "/renamed",
                    {interface.reply[i].name + " 拼写错误", "misspells " + interface.reply[i].name},
                    std::string(is_optional(interface, i) ? lenient : "reply")},
                   [at, i](Spec& broken) { broken.interfaces[at].reply[i].name += "_"; }});
    const bool chosen_by_server = std::any_of(interface.effects.begin(), interface.effects.end(), [&](const Step& step) {
      return step.kind == Step::Kind::rows && shows_choice(spec, interface, step.rows.fields[i]);
    });
    if (chosen_by_server) continue;
    out.push_back(
        {{id + "/wrong-value", {interface.reply[i].name + " 的值错误", "answers another " + interface.reply[i].name}, "reply"}, [at, i](Spec& broken) {
           for (Step& step : broken.interfaces[at].effects)
             if (step.kind == Step::Kind::rows) step.rows.fields[i] = Expr::literal("77777");
         }});
  }
}

void break_envelope(const Spec& spec, std::vector<MutantFactory>& out) {
  out.push_back({{"reply/" + spec.envelope.message + "/misspelt", {spec.envelope.message + " 拼写错误", "misspells " + spec.envelope.message}, "reply"},
                 [](Spec& broken) { broken.envelope.message += "_"; }});
}

}  // namespace

void append_reply_mutations(const Spec& spec, std::vector<MutantFactory>& out) {
  for (std::size_t at = 0; at < spec.interfaces.size(); ++at) break_reply(spec, at, out);
  break_envelope(spec, out);
}

}  // namespace meterproof::mutation
