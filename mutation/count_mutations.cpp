// SPDX-License-Identifier: Apache-2.0
// What a server may get wrong only after a while: every tenth request, the eleventh one, the hundred and first; and lists that end too soon.
#include <algorithm>
#include <array>
#include <map>

#include "mutation/mutant_factory.hpp"

namespace meterproof::mutation {

using core::Interface;
using core::Request;
using core::Spec;
using core::Step;

namespace {

bool changes_rows(const Step& step) { return step.kind == Step::Kind::insert || step.kind == Step::Kind::update || step.kind == Step::Kind::charge; }

/// Whose request it is: the owner of a row that it refers to; where there is none, the first key that it names, or the row that it refers to.
std::string subject_of(const Request& request, const store::DataStore& data) {
  for (std::size_t i = 0; i < request.values.size(); ++i) {
    const core::Field& field = request.interface->request[i];
    if (!field.refers || request[i].empty()) continue;
    const store::Table& store = data.tables()[*field.refers];
    const auto row = store.find(request[i].text);
    for (std::size_t column = 0; row && column < store.table().columns.size(); ++column)
      if (store.table().columns[column].refers) return store.cell(*row, column).to_string();
  }
  for (std::size_t i = 0; i < request.values.size(); ++i)
    if (request.interface->request[i].names && !request[i].empty()) return std::string(request[i].text);
  for (std::size_t i = 0; i < request.values.size(); ++i)
    if (request.interface->request[i].refers && !request[i].empty()) return std::string(request[i].text);
  return {};
}

/// When the interface does nothing: by the number of the request for that subject, and that of the subject, each from 1.
using Fails = bool (*)(std::size_t number, std::size_t subject);

class Forgetful final : public MutationHooks {
 public:
  Forgetful(Interface broken, Fails fails) : broken_(std::move(broken)), fails_(fails) {}

  std::vector<const Interface*> replacements() const override { return {&broken_}; }

  const Interface& acting_interface(const Request& request, const store::DataStore& data) override {
    if (request.interface->name != broken_.name) return *request.interface;
    const Served& served = served_.try_emplace(subject_of(request, data), Served{served_.size() + 1, 0}).first->second;
    return fails_(served.requests + 1, served.subject) ? broken_ : *request.interface;
  }

  void carried_out(const Request& request, const store::DataStore& data, store::ResultSet&, Time) override {
    const auto served = request.interface->name == broken_.name ? served_.find(subject_of(request, data)) : served_.end();
    if (served != served_.end()) ++served->second.requests;
  }

 private:
  struct Served {
    std::size_t subject = 0, requests = 0;
  };

  Interface broken_;
  Fails fails_;
  std::map<std::string, Served> served_;  // by subject
};

enum class Only { no, of_many_rows, of_rows_that_stay, of_a_charge };

struct Failing {
  const char *id, *zh, *en;
  Fails fails;
  Only only = Only::no;
};
constexpr std::array<Failing, 6> failings = {{
    {"every-tenth", "每第十次", "every tenth time", [](std::size_t number, std::size_t) { return number % 10 == 0; }},
    {"after-ten", "第十次之后", "after ten times", [](std::size_t number, std::size_t) { return number > 10; }},
    {"after-twenty", "第二十次之后", "after twenty times", [](std::size_t number, std::size_t) { return number > 20; }},
    {"after-fifty", "第五十次之后", "after fifty times", [](std::size_t number, std::size_t) { return number > 50; }, Only::of_rows_that_stay},
    {"after-hundred", "第一百次之后", "after a hundred times", [](std::size_t number, std::size_t) { return number > 100; }, Only::of_many_rows},
    {"every-tenth-row", "每第十行", "for every tenth row", [](std::size_t, std::size_t subject) { return subject % 10 == 0; }, Only::of_a_charge},
}};

/// Whether rows are added to those of a row that was there before.
bool adds_to_an_owner(const Spec& spec, const Interface& interface) {
  std::optional<std::size_t> found;
  for (const Step& step : interface.effects) {
    if (step.kind == Step::Kind::find && !found) found = step.find.table;
    if (step.kind == Step::Kind::insert && found && *found != step.insert.table && spec.tables[step.insert.table].refers_to(*found)) return true;
  }
  return false;
}

/// Whether it can be asked for the same subject again: it refers to a row, or changes one that is there, or names two rows of which one stays.
bool may_be_repeated(const Interface& interface) {
  std::size_t names = 0;
  bool refers = false;
  for (const core::Field& field : interface.request) {
    names += field.names ? 1U : 0U;
    refers = refers || (field.refers && !field.fresh);
  }
  const bool changes = std::any_of(interface.variants.begin(), interface.variants.end(), [](const core::Variant& one) { return !one.existing.empty(); });
  return refers || changes || names > 1;
}

void forget_effects(const Spec& spec, std::vector<MutantFactory>& out) {
  for (std::size_t at = 0; at < spec.interfaces.size(); ++at) {
    const Interface& interface = spec.interfaces[at];
    const bool many = adds_to_an_owner(spec, interface);
    const bool makes_rows = std::any_of(interface.effects.begin(), interface.effects.end(), [](const Step& one) { return one.kind == Step::Kind::insert; });
    if (!may_be_repeated(interface)) continue;
    for (std::size_t step = 0; step < interface.effects.size(); ++step) {
      const Step::Kind kind = interface.effects[step].kind;
      // Of an update beside a charge only what nobody asks for differs.
      const bool beside_a_charge = kind == Step::Kind::update && std::any_of(interface.effects.begin(), interface.effects.end(),
                                                                             [](const Step& one) { return one.kind == Step::Kind::charge; });
      // An old row's end shows in refusals alone.
      const bool beside_an_insert = kind == Step::Kind::update && !many && std::any_of(interface.effects.begin(), interface.effects.end(), [](const Step& one) {
                                      return one.kind == Step::Kind::insert;
                                    });
      // A customer's own row is there from the first time on.
      const bool again = kind == Step::Kind::insert && step + 1 < interface.effects.size() && interface.effects[step + 1].kind == Step::Kind::insert;
      if (!changes_rows(interface.effects[step]) || beside_a_charge || beside_an_insert || again) continue;
      for (const Failing& one : failings) {
        if ((one.only == Only::of_many_rows && !many) || (one.only == Only::of_rows_that_stay && !many && makes_rows) ||
            (one.only == Only::of_a_charge && kind != Step::Kind::charge))
          continue;
        const std::string number = std::to_string(step + 1);
        out.push_back({{interface.name + "/effect/" + number + "@" + one.id,
                        {"未执行第 " + number + " 步，" + std::string(one.zh), "does not carry out step " + number + ", " + one.en},
                        "count"},
                       {},
                       [at, step, fails = one.fails](const Spec& whole) {
                         Interface broken = whole.interfaces[at];
                         broken.effects.erase(broken.effects.begin() + static_cast<std::ptrdiff_t>(step));
                         return std::make_unique<Forgetful>(std::move(broken), fails);
                       }});
      }
    }
  }
}

/// A list that ends after so many rows.
class ShortList final : public MutationHooks {
 public:
  ShortList(std::string interface, std::size_t most) : interface_(std::move(interface)), most_(most) {}

 private:
  void carried_out(const Request& request, const store::DataStore&, store::ResultSet& result, Time) override {
    if (request.interface->name == interface_) result.keep_rows(most_);
  }

  std::string interface_;
  std::size_t most_;
};

void cut_lists(const Spec& spec, std::vector<MutantFactory>& out) {
  constexpr std::array<std::size_t, 5> lengths = {10, 20, 50, 100, 128};
  constexpr std::size_t most_of_others = 20;  // so many rows a customer gets with rows of other kinds
  for (const Interface& query : spec.interfaces) {
    const bool changes = std::any_of(query.effects.begin(), query.effects.end(), changes_rows);
    const bool uncertain =
        std::any_of(query.effects.begin(), query.effects.end(), [](const Step& step) { return step.kind == Step::Kind::rows && step.rows.certain_if; });
    const auto find = std::find_if(query.effects.begin(), query.effects.end(), [](const Step& step) { return step.kind == Step::Kind::find; });
    if (query.reply.empty() || changes || uncertain || find == query.effects.end() || find->find.by.size() < 2) continue;
    const bool long_list = find->find.between.has_value();
    for (const std::size_t most : lengths) {
      if (!long_list && most > most_of_others) continue;
      const std::string number = std::to_string(most);
      out.push_back({{query.name + "/rows/at-most-" + number, {"最多返回 " + number + " 行", "lists " + number + " rows at most"}, "count"},
                     {},
                     [name = query.name, most](const Spec&) { return std::make_unique<ShortList>(name, most); }});
    }
  }
}

}  // namespace

void append_count_mutations(const Spec& spec, std::vector<MutantFactory>& out) {
  forget_effects(spec, out);
  cut_lists(spec, out);
}

}  // namespace meterproof::mutation
