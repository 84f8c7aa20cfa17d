// SPDX-License-Identifier: Apache-2.0
// Effects that go wrong only sometimes: from the second call on, every third time, for a second row.
#include <algorithm>
#include <array>
#include <set>

#include "mutation/mutant_factory.hpp"

namespace meterproof::mutation {

using core::Expr;
using core::Interface;
using core::Spec;
using core::Step;

namespace {

/// When the interface goes wrong.
enum class Trigger {
  second_call,     // from the second success for the same row on
  every_third,     // every third call
  second_of_owner  // for a row whose owner has another that is older
};

/// The customer that a request is about: the owner of the first row that it refers to, or that row itself.
std::string subject_of(const core::Request& request, const store::DataStore& data) {
  for (std::size_t i = 0; i < request.values.size(); ++i) {
    const auto table = request.interface->request[i].refers;
    if (!table || request[i].empty()) continue;
    const store::Table& store = data.tables()[*table];
    const auto row = store.find(request[i].text);
    for (std::size_t column = 0; row && column < store.table().columns.size(); ++column)
      if (store.table().columns[column].refers) return store.cell(*row, column).to_string();
    return std::string(request[i].text);
  }
  return {};
}

/// Whether a row that the request refers to has an elder beside it, of the same owner.
bool is_second_of_owner(const core::Request& request, const store::DataStore& data) {
  for (std::size_t i = 0; i < request.values.size(); ++i) {
    const auto table = request.interface->request[i].refers;
    if (!table || request[i].empty()) continue;
    const store::Table& store = data.tables()[*table];
    const auto row = store.find(request[i].text);
    for (std::size_t column = 0; row && column < store.table().columns.size(); ++column) {
      if (!store.table().columns[column].refers) continue;
      const store::MatchingRows siblings = store.find_by(column, store.cell(*row, column).text);
      if (!siblings.empty() && siblings.front() != *row) return true;
    }
  }
  return false;
}

/// An interface that is replaced by a broken one now and then.
class OccasionalInterface final : public MutationHooks {
 public:
  OccasionalInterface(Interface broken, Trigger trigger) : broken_(std::move(broken)), trigger_(trigger) {}

  std::vector<const Interface*> replacements() const override { return {&broken_}; }

  const Interface& acting_interface(const core::Request& request, const store::DataStore& data) override {
    if (request.interface->name != broken_.name) return *request.interface;
    return occurs(request, data) ? broken_ : *request.interface;
  }

  void carried_out(const core::Request& request, const store::DataStore& data, store::ResultSet&, Time) override {
    if (request.interface->name == broken_.name) served_.insert(subject_of(request, data));
  }

 private:
  bool occurs(const core::Request& request, const store::DataStore& data) {
    switch (trigger_) {
      case Trigger::second_call: return served_.count(subject_of(request, data)) > 0;
      case Trigger::every_third: return ++calls_ % 3 == 0;
      case Trigger::second_of_owner: return is_second_of_owner(request, data);
    }
    return false;
  }

  Interface broken_;
  Trigger trigger_;
  std::set<std::string> served_;  // keys
  unsigned calls_ = 0;
};

/// Whether the mutation is that a row is not looked for by its owner.
bool ignores_owner(const Spec& spec, const EffectPlace& place) {
  const Interface& interface = spec.interfaces[place.interface];
  if (!place.key) return false;
  const core::Find& find = interface.effects[place.step].find;
  const core::Column& column = spec.tables[find.table].columns[find.by[*place.key].column];
  if (!column.refers || column.refers == std::optional(find.table)) return false;
  const core::Table& owner = spec.tables[*column.refers];
  return owner.columns[owner.key].name == column.name &&
         std::any_of(interface.request.begin(), interface.request.end(), [&](const core::Field& field) { return field.refers == column.refers; });
}

}  // namespace

void append_intermittent(const Spec& spec, std::vector<MutantFactory>& out) {
  const std::vector<MutantFactory> plain = out;
  struct When {
    Trigger trigger;
    std::string_view id, zh, en;
  };
  constexpr std::array<When, 3> all = {{{Trigger::second_call, "second-call", "对同一行从第二次调用起", "from the second call for the same row on"},
                                        {Trigger::every_third, "every-third", "每第三次调用", "every third call"},
                                        {Trigger::second_of_owner, "second-of-owner", "用户的第二块表", "for the second of a user's meters"}}};
  for (std::size_t at = 0; at < spec.interfaces.size(); ++at) {
    const Interface& interface = spec.interfaces[at];
    const auto has_owner = [&](const core::Field& field) {
      if (!field.refers) return false;
      const auto& columns = spec.tables[*field.refers].columns;
      return std::any_of(columns.begin(), columns.end(), [](const core::Column& column) { return column.refers.has_value(); });
    };
    const bool refers = std::any_of(interface.request.begin(), interface.request.end(), has_owner);
    // What the server chooses itself can't be told from what it did not do.
    const bool chooses = std::all_of(interface.effects.begin(), interface.effects.end(), [](const Step& step) {
      return step.kind == Step::Kind::find ||
             (step.kind == Step::Kind::update && std::all_of(step.update.set.begin(), step.update.set.end(),
                                                             [](const core::Assignment& one) { return one.value.op == Expr::Op::server_assigned; }));
    });
    for (const MutantFactory& edit : plain) {
      if (!edit.effect || edit.effect->interface != at) continue;
      const bool finds = interface.effects[edit.effect->step].kind == Step::Kind::find;
      for (const When& when : all) {
        if (chooses || (finds && when.trigger == Trigger::every_third) || (when.trigger != Trigger::every_third && !refers)) continue;
        // Where the row is named, that it is its owner's says nothing more.
        if (when.trigger == Trigger::second_of_owner && ignores_owner(spec, *edit.effect)) continue;
        const core::LocalizedText title{edit.mutation.title.zh + "，" + std::string(when.zh), edit.mutation.title.en + ", " + std::string(when.en)};
        out.push_back(
            {{edit.mutation.id + "@" + std::string(when.id), title, "intermittent"}, {}, [at, apply = edit.edit, trigger = when.trigger](const Spec& whole) {
               Spec broken = whole;
               apply(broken);
               return std::make_unique<OccasionalInterface>(std::move(broken.interfaces[at]), trigger);
             }});
      }
    }
  }
}

}  // namespace meterproof::mutation
