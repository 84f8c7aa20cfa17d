// SPDX-License-Identifier: Apache-2.0
// Values of which the specification does not say what they are, and that do not stay what they were: the server has chosen them, and chooses again.
#include <algorithm>
#include <memory>
#include <string>

#include "mutation/mutant_factory.hpp"

namespace meterproof::mutation {

using core::Expr;
using core::Interface;
using core::Request;
using core::Spec;
using core::Step;
using store::CellValue;

namespace {

/// The rows of a reply with other values where the server has chosen them: numbers grow by `more`, and a word of a list becomes the next one.
void choose_again(const Interface& interface, store::ResultSet& result, std::int64_t more, bool with_words) {
  store::ResultSet out;
  out.has_rows = result.has_rows;
  out.width = result.width;
  out.uncertain = result.uncertain;
  out.not_preferred = result.not_preferred;
  out.has_others = result.has_others;
  for (std::size_t row = 0; row < result.rows(); ++row)
    for (std::size_t i = 0; i < result.width; ++i) {
      CellValue cell = result.cell(row, i);
      const auto& values = interface.reply[i].values;
      if (cell.determinacy != store::Determinacy::determined && !cell.none()) {
        const auto word = std::find_if(values.begin(), values.end(), [&](const core::Choice& one) { return one.value == cell.to_string(); });
        if (values.empty() && cell.kind == CellValue::Kind::number) cell.number = core::Decimal::add(cell.number, {more, 0}).value_or(cell.number);
        if (with_words && word != values.end())
          cell = CellValue::of(std::string_view(values[static_cast<std::size_t>(word - values.begin() + 1) % values.size()].value));
      }
      out.append(cell);
    }
  result = std::move(out);
}

/// With every request to one interface that was accepted, or refused, what other interfaces show of any row changes.
class DriftingValues final : public MutationHooks {
 public:
  DriftingValues(std::string name, bool by_refused) : name_(std::move(name)), by_refused_(by_refused) {}

  const Interface& acting_interface(const Request& request, const store::DataStore&) override {
    if (is_pending_ && by_refused_) ++drift_;  // the one before was not carried out
    is_pending_ = request.interface->name == name_;
    return *request.interface;
  }
  void carried_out(const Request& request, const store::DataStore&, store::ResultSet& result, Time) override {
    if (std::exchange(is_pending_, false)) {
      if (!by_refused_) ++drift_;
    } else if (result.has_rows) {
      choose_again(*request.interface, result, drift_, false);
    }
  }

 private:
  std::string name_;
  bool by_refused_;
  bool is_pending_ = false;
  std::int64_t drift_ = 0;
};

/// A query by a single key shows other values than one by several.
class ValuesByForm final : public MutationHooks {
 public:
  explicit ValuesByForm(std::string name) : name_(std::move(name)) {}

  void carried_out(const Request& request, const store::DataStore&, store::ResultSet& result, Time) override {
    if (request.interface->name != name_ || !result.has_rows) return;
    std::size_t keys = 0;
    for (std::size_t i = 0; i < request.values.size(); ++i) keys += request.interface->request[i].refers && !request[i].empty() ? 1U : 0U;
    if (keys < 2) choose_again(*request.interface, result, 1, true);
  }

 private:
  std::string name_;
};

bool changes_rows(const Interface& interface) {
  return std::any_of(interface.effects.begin(), interface.effects.end(),
                     [](const Step& step) { return step.kind != Step::Kind::find && step.kind != Step::Kind::rows; });
}

bool updates_rows(const Interface& interface) {
  return std::any_of(interface.effects.begin(), interface.effects.end(), [](const Step& step) { return step.kind == Step::Kind::update; });
}

/// The place of an assignment whose value the server chooses in that way: of an update (by the request) or an insert (a number).
struct Choice {
  std::size_t step = 0, assignment = 0;
};
std::optional<Choice> chosen(const Interface& interface, Step::Kind kind, Expr::Op how) {
  for (std::size_t step = 0; step < interface.effects.size(); ++step) {
    if (interface.effects[step].kind != kind) continue;
    const auto& set = kind == Step::Kind::update ? interface.effects[step].update.set : interface.effects[step].insert.set;
    for (std::size_t i = 0; i < set.size(); ++i)
      if (set[i].value.op == Expr::Op::server_assigned && !set[i].value.args.empty() && set[i].value.args.front().op == how) return Choice{step, i};
  }
  return std::nullopt;
}

void break_constancy_of(const Spec& spec, std::size_t at, std::vector<MutantFactory>& out) {
  const Interface& interface = spec.interfaces[at];
  const std::string id = "constancy/" + interface.name;
  const auto add = [&](const std::string& what, const std::string& zh, const std::string& en, auto edit, auto hooks) {
    out.push_back({{id + "/" + what, {interface.name + "：" + zh, interface.name + ": " + en}, "constancy"}, edit, hooks});
  };
  const auto none = std::function<void(Spec&)>();
  const auto faithful = std::function<std::unique_ptr<MutationHooks>(const Spec&)>();
  if (changes_rows(interface))
    add("drift", "每次执行后其他数据的自定值改变", "each request changes what was chosen for other rows", none,
        [name = interface.name](const Spec&) { return std::make_unique<DriftingValues>(name, false); });
  // What a report may be refused for leaves none of a row's own in it.
  const bool refuses = updates_rows(interface) && std::any_of(interface.request.begin(), interface.request.end(), [](const core::Field& field) {
                         return field.required == true && (!field.refers || field.fresh);
                       });
  if (refuses)
    add("refused-drift", "每次拒绝后其他数据的自定值改变", "each request that is refused changes what was chosen for rows", none,
        [name = interface.name](const Spec&) { return std::make_unique<DriftingValues>(name, true); });
  const auto keys = std::count_if(interface.request.begin(), interface.request.end(), [](const core::Field& field) { return field.refers.has_value(); });
  if (!changes_rows(interface) && keys > 1)
    add("by-form", "按单个编号查询时显示其他自定值", "shows other chosen values where it is asked by a single key", none,
        [name = interface.name](const Spec&) { return std::make_unique<ValuesByForm>(name); });
  if (const auto order = chosen(interface, Step::Kind::update, Expr::Op::map))
    add(
        "orders-alike", "相反的指令显示相同的状态", "opposite orders show the same state",
        [at, place = *order](Spec& broken) { broken.interfaces[at].effects[place.step].update.set[place.assignment].value.args.front().cases.clear(); },
        faithful);
  if (const auto number = chosen(interface, Step::Kind::insert, Expr::Op::next))
    add(
        "one-number", "业务编号都相同", "gives every row the same number",
        [at, place = *number](Spec& broken) { broken.interfaces[at].effects[place.step].insert.set[place.assignment].value.args.front() = Expr::literal("7"); },
        faithful);
}

}  // namespace

void append_constancy_mutations(const Spec& spec, std::vector<MutantFactory>& out) {
  for (std::size_t at = 0; at < spec.interfaces.size(); ++at) break_constancy_of(spec, at, out);
}

}  // namespace meterproof::mutation
