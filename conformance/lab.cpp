#include "conformance/lab.hpp"

#include <algorithm>

namespace meterproof::conformance {

using spec::Interface;
using spec::Step;

Lab::Lab(Session& session, Scope scope, std::map<std::string, std::string> known)
    : session_(session), scope_(scope), known_(std::move(known)), model_(session.spec()) {
  for (const auto& [name, key] : known_)
    if (const auto table = session_.spec().table(name)) model_.put(*table, {{session_.spec().tables[*table].key, key}});
}

std::string Lab::fresh_key() { return session_.fresh_key(); }

namespace {

class SubjectKeys final : public rules::Keys {
 public:
  SubjectKeys(Lab& lab, Subject& subject, const Subject* names) : lab_(lab), subject_(subject), names_(names) {}

  std::string key(const spec::Field& field, bool existing) override {
    if (field.refers && field.fresh && names_ == nullptr) {  // a request that is to be refused needs no row of its own
      Subject another;
      return lab_.ensure(another, *field.refers, true);
    }
    if (existing) return lab_.ensure(subject_, field.refers ? *field.refers : *field.names, false, field.where);
    if (names_ != nullptr)
      if (const auto known = names_->find(*field.names); known != names_->end()) return known->second;
    return lab_.fresh_key();
  }
  std::uint64_t number(unsigned) override { return std::stoull(lab_.fresh_key()); }

 private:
  Lab& lab_;
  Subject& subject_;
  const Subject* names_;
};

}  // namespace

namespace {

/// Whether the request refers to a row that the subject has not got yet.
bool needs_any(const Interface& interface, const spec::Variant& variant, const Subject& subject) {
  return std::any_of(variant.fields.begin(), variant.fields.end(), [&](std::size_t field) {
    const auto table = interface.request[field].refers;
    return table && subject.count(*table) == 0;
  });
}

}  // namespace

spec::Draft Lab::draft(const Interface& interface, const spec::Variant& variant, Subject& subject, const Subject* names) {
  // Which rows the request is meant for counts before any of them is made: a user comes with the meter.
  for (const std::size_t field : variant.fields)
    if (const spec::Field& about = interface.request[field]; about.where && !(about.fresh && names == nullptr))
      (void)ensure(subject, *about.refers, false, about.where);
  for (const spec::Field& about : interface.request)
    if (about.where && subject.count(*about.refers) == 0 && needs_any(interface, variant, subject)) (void)ensure(subject, *about.refers, false, about.where);
  SubjectKeys keys(*this, subject, names);
  return rules::valid_draft(interface, variant, keys, ++nth_, session_.now());
}

/// A table whose rows are made on their own: no other row comes with them, and none must be there before.
bool Lab::is_catalogue(std::size_t table) const {
  const Interface* maker = maker_of(session_.spec(), scope_, table);
  return maker != nullptr && std::all_of(maker->request.begin(), maker->request.end(),
                                         [&](const spec::Field& field) { return !field.refers && (!field.names || *field.names == table); });
}

/// The variant of the maker whose rows are such; its first where none is known to be.
std::size_t Lab::variant_for(const Interface& maker, std::size_t table, const std::optional<spec::Condition>& where) const {
  if (!where) return 0;
  // The field that fills the column, by what the maker's effects say.
  std::optional<std::size_t> field;
  for (const Step& step : maker.effects)
    if (step.kind == Step::Kind::insert && step.insert.table == table)
      for (const spec::Assignment& one : step.insert.set)
        if (one.column == where->column && one.value.op == spec::Expr::Op::request) field = one.value.field;
  if (!field) return 0;
  std::size_t best = 0, most = 0;
  for (std::size_t i = 0; i < maker.variants.size(); ++i) {
    const spec::Variant& variant = maker.variants[i];
    std::string value = rules::valid_text(maker.request[*field], 0, {});
    for (const auto& [set, text] : variant.set)
      if (set == *field) value = text;
    const bool such = std::find(where->values.begin(), where->values.end(), value) != where->values.end();
    if (!such || variant.fields.size() <= most) continue;
    best = i;
    most = variant.fields.size();
  }
  return best;
}

const std::string& Lab::ensure(Subject& subject, std::size_t table, bool own, const std::optional<spec::Condition>& where) {
  if (const auto known = subject.find(table); known != subject.end()) return known->second;
  if (!own && is_catalogue(table)) return subject[table] = ensure(shared_, table, true);
  const std::string& name = session_.spec().tables[table].name;
  const Interface* maker = maker_of(session_.spec(), scope_, table);
  if (maker == nullptr) {
    // Perhaps a row of it that refers to the table itself can be made: a payment needs a meter.
    for (const Interface& interface : session_.spec().interfaces)
      for (const spec::Field& field : interface.request)
        if (scope_.has(interface) && field.names == table) maker = &interface;
  }
  if (maker == nullptr) {
    const auto told = known_.find(name);
    if (told == known_.end()) throw Unavailable{"no interface in scope makes a " + name + ": name one that exists with --known " + name + "=KEY"};
    return subject[table] = told->second;
  }
  const spec::Draft request = draft(*maker, variant_for(*maker, table, where), subject);
  if (!expectation(request).suits) throw Unavailable{"the case needs a " + name + ", and " + maker->name + " is not meant for the rows that it has", true};
  const Sent sent = play(request, subject);
  if (!sent.answered(session_.spec().success))
    throw Unavailable{"the case needs a " + name + ", and " + maker->name + " did not make one: " +
                      (sent.reply.code ? session_.spec().envelope.code + " " + std::to_string(sent.reply.code->value) : sent.reply.fault)};
  return subject.at(table);
}

void Lab::take_names(const spec::Draft& draft, Subject& subject) const {
  for (std::size_t i = 0; i < draft.raw.size(); ++i) {
    const spec::Field& field = draft.interface->request[i];
    if (!field.names || !draft.raw[i]) continue;
    const auto json = wire::parse_json(*draft.raw[i]);
    if (json) subject[*field.names] = json->text;
  }
}

bool Lab::read(const std::string& body, const Interface& interface) {
  if (!reader_.read(body)) return false;
  wire::bind(reader_.members(), interface, request_);
  return true;
}

/// Whether the rows that the request is about, by the field or through their owner, are those that the field is meant for.
bool Lab::all_such(const spec::Field& field, std::size_t at) const {
  const world::TableStore& store = model_.tables()[*field.refers];
  const auto such = [&](world::RowNumber row) {
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

Lab::Expectation Lab::expectation(const spec::Draft& draft) {
  Expectation out;
  const std::string body = draft.body();
  if (!read(body, *draft.interface)) return out;
  for (const auto* rows : {&draft.interface->body, &draft.interface->results})
    if (const auto fault = rules::first_fault(*rows, request_, model_); fault && out.row == nullptr) {
      out.row = fault->row;
      out.rule = fault->rule;
    }
  for (const spec::Unclear& question : draft.interface->unclear)
    if (out.question == nullptr && rules::arises(question, request_, model_)) out.question = &question;
  for (std::size_t i = 0; i < draft.interface->request.size(); ++i) {
    const spec::Field& field = draft.interface->request[i];
    if (field.where) out.suits = out.suits && all_such(field, i);
  }
  return out;
}

Timestamps::Slot Lab::forgery_timestamp(const std::string& path, bool another) {
  const bool too_old = for_forgeries_ && session_.is_stale(*for_forgeries_);
  if (!for_forgeries_ || another || too_old) for_forgeries_ = session_.next_timestamp(path);
  return *for_forgeries_;
}

world::Outcome Lab::implied(const spec::Draft& draft) {
  world::Outcome outcome;
  const std::string body = draft.body();
  if (!read(body, *draft.interface)) return outcome;
  model_.apply(
      request_, session_.now(), [this](std::string_view id) { return session_.spec().default_reading(id); }, outcome);
  return outcome;
}

Sent Lab::send(const spec::Draft& draft) {
  Sent sent = session_.send(*draft.interface, draft.body());
  trace_.push_back(sent.request);
  return sent;
}

Sent Lab::play(const spec::Draft& draft, Subject& subject) {
  Sent sent = send(draft);
  if (sent.answered(session_.spec().success)) (void)follow(draft, subject);
  return sent;
}

world::Outcome Lab::follow(const spec::Draft& draft, Subject& subject) {
  take_names(draft, subject);
  return implied(draft);
}

std::string Lab::key_in_state(std::size_t table, const spec::State& state) {
  const spec::Spec& spec = session_.spec();
  const auto told = known_.find(spec.tables[table].name + "." + state.value);
  if (told != known_.end()) return told->second;
  if (state.table != table) return {};  // no interface is known to bring all the rows of another table there
  for (const Interface& interface : spec.interfaces) {
    if (!scope_.has(interface)) continue;
    std::vector<const spec::Find*> finds;
    for (const Step& step : interface.effects) {
      if (step.kind == Step::Kind::find) finds.push_back(&step.find);
      if (step.kind != Step::Kind::update || finds[step.update.row]->table != table) continue;
      const bool brings_about = std::any_of(step.update.set.begin(), step.update.set.end(), [&](const spec::Assignment& one) {
        return one.column == state.column && one.value.op == spec::Expr::Op::literal && one.value.text == state.value;
      });
      if (!brings_about) continue;
      Subject subject;
      std::string key = ensure(subject, table);
      if (play(draft(interface, 0, subject), subject).answered(spec.success)) return key;
    }
  }
  return {};
}

std::string LabScene::another(std::size_t table) { return lab_.ensure(other_, table); }

}  // namespace meterproof::conformance
