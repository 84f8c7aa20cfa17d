// SPDX-License-Identifier: Apache-2.0
#include "conformance/fixtures.hpp"

#include <algorithm>

#include "conformance/case.hpp"
#include "conformance/spec_queries.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::Step;
using i18n::msg;

FixtureFactory::FixtureFactory(TargetSession& session, Scope scope, std::map<std::string, std::string> known)
    : session_(session), scope_(scope), known_(std::move(known)), model_(session.spec()) {
  for (const auto& [name, key] : known_)
    if (const auto table = session_.spec().table(name)) model_.put(*table, {{session_.spec().tables[*table].key, key}});
}

std::string FixtureFactory::unused_key() { return session_.unused_key(); }

namespace {

class FixtureKeys final : public rules::KeyProvider {
 public:
  FixtureKeys(FixtureFactory& fixtures, FixtureSet& fixture, const FixtureSet* names) : fixtures_(fixtures), fixture_set_(fixture), names_(names) {}

  std::string key(const core::Field& field, bool existing) override {
    if (field.refers && field.fresh && names_ == nullptr) {  // a request that is to be refused needs no row of its own
      FixtureSet other;
      return fixtures_.get_or_create(other, *field.refers, true);
    }
    if (existing) return fixtures_.get_or_create(fixture_set_, field.refers ? *field.refers : *field.names, false, field.where);
    if (names_ != nullptr)
      if (const auto known = names_->find(*field.names); known != names_->end()) return known->second;
    return fixtures_.unused_key();
  }
  std::uint64_t number(unsigned) override { return std::stoull(fixtures_.unused_key()); }

 private:
  FixtureFactory& fixtures_;
  FixtureSet& fixture_set_;
  const FixtureSet* names_;
};

/// Whether the request refers to a row that the set has not got yet.
bool needs_any(const Interface& interface, const core::Variant& variant, const FixtureSet& fixture) {
  return std::any_of(variant.fields.begin(), variant.fields.end(), [&](std::size_t field) {
    const auto table = interface.request[field].refers;
    return table && fixture.count(*table) == 0;
  });
}

}  // namespace

core::RequestBuilder FixtureFactory::make_request(const Interface& interface, const core::Variant& variant, FixtureSet& fixture, const FixtureSet* names) {
  // Which rows the request is meant for counts before any of them is made: a user comes with the meter.
  for (const std::size_t field : variant.fields)
    if (const core::Field& about = interface.request[field]; about.where && !(about.fresh && names == nullptr))
      (void)get_or_create(fixture, *about.refers, false, about.where);
  for (const core::Field& about : interface.request)
    if (about.where && fixture.count(*about.refers) == 0 && needs_any(interface, variant, fixture))
      (void)get_or_create(fixture, *about.refers, false, about.where);
  FixtureKeys keys(*this, fixture, names);
  return rules::make_valid_request(interface, variant, keys, ++nth_, session_.now());
}

/// A table whose rows are made on their own: no other row comes with them, and none must be there before.
bool FixtureFactory::is_catalogue(std::size_t table) const {
  const Interface* maker = maker_of(session_.spec(), scope_, table);
  return maker != nullptr && std::all_of(maker->request.begin(), maker->request.end(),
                                         [&](const core::Field& field) { return !field.refers && (!field.names || *field.names == table); });
}

/// The variant of the maker whose rows are such; its first where none is known to be.
std::size_t FixtureFactory::variant_for(const Interface& maker, std::size_t table, const std::optional<core::Condition>& where) const {
  if (!where) return 0;
  // The field that fills the column, by what the maker's effects say.
  std::optional<std::size_t> field;
  for (const Step& step : maker.effects)
    if (step.kind == Step::Kind::insert && step.insert.table == table)
      for (const core::Assignment& one : step.insert.set)
        if (one.column == where->column && one.value.op == core::Expr::Op::request) field = one.value.field;
  if (!field) return 0;
  std::size_t best = 0, most = 0;
  for (std::size_t i = 0; i < maker.variants.size(); ++i) {
    const core::Variant& variant = maker.variants[i];
    std::string value = rules::make_valid_value(maker.request[*field], 0, {});
    for (const auto& [set, text] : variant.set)
      if (set == *field) value = text;
    const bool such = std::find(where->values.begin(), where->values.end(), value) != where->values.end();
    if (!such || variant.fields.size() <= most) continue;
    best = i;
    most = variant.fields.size();
  }
  return best;
}

const std::string& FixtureFactory::get_or_create(FixtureSet& fixture, std::size_t table, bool own, const std::optional<core::Condition>& where) {
  if (const auto known = fixture.find(table); known != fixture.end()) return known->second;
  if (!own && is_catalogue(table)) return fixture[table] = get_or_create(shared_, table, true);
  const std::string& name = session_.spec().tables[table].name;
  const Interface* maker = maker_of(session_.spec(), scope_, table);
  if (maker == nullptr) {
    const auto told = known_.find(name);
    if (told == known_.end()) throw Inconclusive{msg<"case.no-interface-makes">(name)};
    return fixture[table] = told->second;
  }
  const core::RequestBuilder request = make_request(*maker, variant_for(*maker, table, where), fixture);
  if (!predict_refusal(request).suits) throw Inconclusive{msg<"case.maker-not-meant">(name, maker->name), true};
  const Sent sent = send_and_track(request, fixture);
  if (!sent.answered(session_.spec().success)) throw Inconclusive{msg<"case.maker-failed">(name, maker->name, code_of(sent))};
  return fixture.at(table);
}

void FixtureFactory::take_names(const core::RequestBuilder& request, FixtureSet& fixture) const {
  for (std::size_t i = 0; i < request.raw.size(); ++i) {
    const core::Field& field = request.interface->request[i];
    if (!field.names || !request.raw[i]) continue;
    const auto json = json::parse_json(*request.raw[i]);
    if (json) fixture[*field.names] = json->text;
  }
}

bool FixtureFactory::read(const std::string& body, const Interface& interface) {
  if (!reader_.parse(body)) return false;
  json::map_to_fields(reader_.members(), interface, request_);
  return true;
}

/// Whether the rows that the request is about, by the field or through their owner, are those that the field is meant for.
bool FixtureFactory::all_such(const core::Field& field, std::size_t at) const {
  const store::Table& store = model_.tables()[*field.refers];
  const auto such = [&](store::RowNumber row) {
    const std::string value = store.cell(row, field.where->column).to_string();
    return std::find(field.where->values.begin(), field.where->values.end(), value) != field.where->values.end();
  };
  if (!request_[at].empty()) {
    const auto row = store.find(request_[at].text);
    return !row || such(*row);
  }
  for (std::size_t i = 0; i < request_.values.size(); ++i) {
    const auto owner = request_.interface->request[i].refers;
    const auto column = owner ? store.table().refers_to(*owner) : std::nullopt;
    const auto* rows = column && !request_[i].empty() ? store.find_by(*column, request_[i].text) : nullptr;
    if (rows != nullptr && !std::all_of(rows->begin(), rows->end(), such)) return false;
  }
  return true;
}

FixtureFactory::Prediction FixtureFactory::predict_refusal(const core::RequestBuilder& request) {
  Prediction out;
  const std::string body = request.body();
  if (!read(body, *request.interface)) return out;
  for (const auto* rows : {&request.interface->body, &request.interface->results})
    if (const auto match = rules::first_match(*rows, request_, model_); match && out.row == nullptr) {
      out.row = match->row;
      out.rule = match->rule;
    }
  for (const core::OpenQuestion& question : request.interface->open_questions)
    if (out.question == nullptr && rules::applies_to(question, request_, model_)) out.question = &question;
  for (std::size_t i = 0; i < request.interface->request.size(); ++i) {
    const core::Field& field = request.interface->request[i];
    if (field.where) out.suits = out.suits && all_such(field, i);
  }
  return out;
}

TimestampPool::Slot FixtureFactory::wrong_signature_timestamp(const std::string& path, bool another) {
  const bool too_old = wrong_signature_slot_ && session_.is_stale(*wrong_signature_slot_);
  if (!wrong_signature_slot_ || another || too_old) wrong_signature_slot_ = session_.next_timestamp(path);
  return *wrong_signature_slot_;
}

store::ResultSet FixtureFactory::predict(const core::RequestBuilder& request) {
  store::ResultSet result_set;
  const std::string body = request.body();
  if (!read(body, *request.interface)) return result_set;
  model_.apply(
      request_, session_.now(), [this](std::string_view id) { return session_.spec().default_interpretation(id); }, result_set);
  return result_set;
}

Sent FixtureFactory::send(const core::RequestBuilder& request) {
  Sent sent = session_.send(*request.interface, request.body());
  sent_requests_.push_back(sent.request);
  return sent;
}

Sent FixtureFactory::send_and_track(const core::RequestBuilder& request, FixtureSet& fixture) {
  Sent sent = send(request);
  if (sent.answered(session_.spec().success)) (void)apply_to_model(request, fixture);
  return sent;
}

store::ResultSet FixtureFactory::apply_to_model(const core::RequestBuilder& request, FixtureSet& fixture) {
  session_.note_accepted(*request.interface);
  take_names(request, fixture);
  return predict(request);
}

std::string FixtureFactory::key_in_state(std::size_t table, const core::State& state) {
  const core::Spec& spec = session_.spec();
  const auto told = known_.find(spec.tables[table].name + "." + state.value);
  if (told != known_.end()) return told->second;
  if (state.table != table) return {};  // no interface is known to bring all the rows of another table there
  for (const Interface& interface : spec.interfaces) {
    if (!scope_.has(interface)) continue;
    std::vector<const core::Find*> finds;
    for (const Step& step : interface.effects) {
      if (step.kind == Step::Kind::find) finds.push_back(&step.find);
      if (step.kind != Step::Kind::update || finds[step.update.row]->table != table) continue;
      const bool brings_about = std::any_of(step.update.set.begin(), step.update.set.end(), [&](const core::Assignment& one) {
        return one.column == state.column && one.value.op == core::Expr::Op::literal && one.value.text == state.value;
      });
      if (!brings_about) continue;
      FixtureSet fixture;
      std::string key = get_or_create(fixture, table);
      if (send_and_track(make_request(interface, 0, fixture), fixture).answered(spec.success)) return key;
    }
  }
  return {};
}

std::string CaseFixtures::unrelated_row(std::size_t table) { return fixtures_.get_or_create(other_, table); }

}  // namespace meterproof::conformance
