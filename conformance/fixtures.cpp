// SPDX-License-Identifier: Apache-2.0
#include "conformance/fixtures.hpp"

#include <algorithm>
#include <set>

#include "conformance/case.hpp"
#include "conformance/spec_queries.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::Step;
using i18n::msg;

namespace {

/// The request that has this body.
core::RequestBuilder request_of(const Interface& interface, const std::string& body) {
  core::RequestBuilder out{&interface, std::vector<std::optional<std::string>>(interface.request.size())};
  const auto sent = json::parse_json(body);
  for (std::size_t i = 0; sent && i < out.raw.size(); ++i) {
    const core::Field& field = interface.request[i];
    if (const json::Json* value = sent->get(field.name)) out.raw[i] = raw_value(field, value->text);
  }
  return out;
}

}  // namespace

FixtureFactory::FixtureFactory(TargetSession& session, CheckOptions options, std::vector<ShownRow> shown)
    : session_(session), options_(std::move(options)), shown_(std::move(shown)), model_(session.spec()) {
  for (const auto& [name, key] : options_.fixtures) {
    const auto table = session_.spec().table(name);
    if (!table) continue;  // it is named for its state
    const core::Table& about = session_.spec().tables[*table];
    std::vector<std::pair<std::size_t, std::string>> row = {{about.key, key}};
    for (std::size_t column = 0; column < about.columns.size(); ++column) {  // a meter is the user's
      const auto other = about.columns[column].refers;
      const auto named =
          other && are_made_together(session_.spec(), *table, *other) ? options_.fixtures.find(session_.spec().tables[*other].name) : options_.fixtures.end();
      if (named != options_.fixtures.end() && column != about.key) row.emplace_back(column, named->second);
    }
    model_.put(*table, row);
    model_.set_rest_unknown(*table, key);
  }
  learn(shown_);
  // A meter of the vendor's may have reported by it: what is reported next is newer.
  if (const auto probe = session_.probe()) note_reading(request_of(*probe->first, probe->second));
}

/// The model takes what the target shows of rows that were there before; what it does not show of them is unknown.
void FixtureFactory::learn(const std::vector<ShownRow>& rows) {
  for (const ShownRow& row : rows) {
    if (!row.is_usable) continue;
    model_.put(row.table, row.cells);
    const std::size_t key = session_.spec().tables[row.table].key;
    for (const auto& [column, text] : row.cells)
      if (column == key) model_.set_rest_unknown(row.table, text);
  }
}

/// Others, and the target itself, change the vendor's rows too: before a case compares, it looks how such a row is.
void FixtureFactory::look_again(std::size_t table, const std::string& key) {
  if (!observing_ || !looked_at_.emplace(table, key).second) return;
  const std::string& name = session_.spec().tables[table].name;
  learn(look_at_named_rows(session_, scope(), {{name, key}}).shown);
}

std::string FixtureFactory::unused_key() { return session_.unused_key(); }

namespace {

class FixtureKeys final : public rules::KeyProvider {
 public:
  FixtureKeys(FixtureFactory& fixtures, FixtureSet& fixture, const FixtureSet* names) : fixtures_(fixtures), fixture_set_(fixture), names_(names) {}

  std::string key(const core::Field& field, bool existing) override {
    // A request that is to be refused needs no row of its own.
    if (field.refers && field.fresh && names_ == nullptr) return fixtures_.another_row(*field.refers, fixture_set_);
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
  if (names == nullptr) need_budget(interface, variant);
  // Which rows the request is meant for counts before any of them is made: a user comes with the meter.
  for (const std::size_t field : variant.fields)
    if (const core::Field& about = interface.request[field]; about.where && !(about.fresh && names == nullptr))
      (void)get_or_create(fixture, *about.refers, false, about.where);
  for (const core::Field& about : interface.request)
    if (about.where && fixture.count(*about.refers) == 0 && needs_any(interface, variant, fixture))
      (void)get_or_create(fixture, *about.refers, false, about.where);
  FixtureKeys keys(*this, fixture, names);
  core::RequestBuilder request = rules::make_valid_request(interface, variant, keys, ++nth_, session_.now());
  keep_in_time(request);
  keep_named_rows(request);
  read_on(request);
  return request;
}

namespace {

/// The request's fields of a reading: when it was taken, and what the counter showed; nothing where the interface has none.
struct ReadingFields {
  std::size_t at = 0, counter = 0;
};

std::optional<ReadingFields> reading_fields(const Interface& interface) {
  using Kind = core::FieldGenerator::Kind;
  std::optional<std::size_t> at, counter;
  for (std::size_t i = 0; i < interface.generators.size(); ++i) {
    if (interface.generators[i].kind == Kind::now) at = i;
    if (interface.generators[i].kind == Kind::counter) counter = i;
  }
  return at && counter ? std::optional(ReadingFields{*at, *counter}) : std::nullopt;
}

std::optional<json::Json> value_in(const core::RequestBuilder& request, std::size_t field) {
  return request.raw[field] ? json::parse_json(*request.raw[field]) : std::nullopt;
}

std::string reading_of(const core::RequestBuilder& request) {
  std::string out = request.interface->name;
  for (std::size_t i = 0; i < request.raw.size(); ++i)
    if (request.interface->request[i].refers) out += "\n" + request.raw[i].value_or("");
  return out;
}

}  // namespace

/// What a meter shows does not fall, and no reading is older than the one before.
void FixtureFactory::read_on(core::RequestBuilder& request) const {
  const Interface& interface = *request.interface;
  const auto fields = reading_fields(interface);
  if (!fields || !request.raw[fields->counter]) return;
  const auto set = [&](std::size_t field, const std::string& text) { request.raw[field] = raw_value(interface.request[field], text); };
  for (const reports::DescribedRowRecord& row : options_.rows) {
    const auto last = row.values.find(interface.request[fields->counter].name);
    const auto reading = row.interface == interface.name && last != row.values.end() ? core::Decimal::parse(last->second) : std::nullopt;
    if (!reading || !is_about(request, row)) continue;
    if (const auto next = core::Decimal::add(*reading, core::Decimal(static_cast<std::int64_t>(nth_), 1))) set(fields->counter, next->to_string());
  }
  const auto last = readings_.find(reading_of(request));
  if (last == readings_.end()) return;
  const auto counter = value_in(request, fields->counter), at = value_in(request, fields->at);
  const auto shown = counter ? core::Decimal::parse(counter->text) : std::nullopt;
  const auto taken = at ? core::DateTime::parse(at->text) : std::nullopt;
  const auto next = core::Decimal::add(last->second.counter, core::Decimal(1, 1));
  if (shown && next && *shown < *next) set(fields->counter, next->to_string());
  if (taken && *taken <= last->second.at) set(fields->at, (last->second.at + std::chrono::seconds(1)).to_string());
}

void FixtureFactory::take_usage_out(core::RequestBuilder& request) const {
  const Interface& interface = *request.interface;
  const auto fields = reading_fields(interface);
  const auto last = fields ? readings_.find(reading_of(request)) : readings_.end();
  if (last == readings_.end()) return;
  request.raw[fields->counter] = raw_value(interface.request[fields->counter], last->second.counter.to_string());
  for (std::size_t i = 0; i < interface.generators.size(); ++i)
    if (interface.generators[i].kind == core::FieldGenerator::Kind::delta_of && request.raw[i]) request.raw[i] = raw_value(interface.request[i], "0");
}

void FixtureFactory::note_reading(const core::RequestBuilder& request) {
  const auto fields = reading_fields(*request.interface);
  if (!fields) return;
  const auto counter = value_in(request, fields->counter), at = value_in(request, fields->at);
  const auto shown = counter ? core::Decimal::parse(counter->text) : std::nullopt;
  const auto taken = at ? core::DateTime::parse(at->text) : std::nullopt;
  // One that is dated ahead says nothing of the meter now; whether a server goes by the date or by the counter is not stated.
  if (!shown || !taken || *taken > session_.now()) return;
  const auto last = readings_.try_emplace(reading_of(request), Reading{*taken, *shown}).first;
  last->second = {std::max(*taken, last->second.at), std::max(*shown, last->second.counter)};
}

/// Whether every key of the request that the row has is the row's.
bool FixtureFactory::is_about(const core::RequestBuilder& request, const reports::DescribedRowRecord& row) {
  bool any = false;
  for (std::size_t i = 0; i < request.raw.size(); ++i) {
    const core::Field& field = request.interface->request[i];
    const auto described = field.refers && request.raw[i] ? row.values.find(field.name) : row.values.end();
    if (described == row.values.end()) continue;
    const auto sent = json::parse_json(*request.raw[i]);
    if (!sent || sent->text != described->second) return false;
    any = true;
  }
  return any;
}

namespace {

/// False where there is none.
bool move_past_times(core::RequestBuilder& request, core::DateTime now) {
  constexpr std::chrono::seconds soon(3);  // what takes effect then is waited for
  bool any = false;
  for (std::size_t i = 0; i < request.raw.size(); ++i) {
    const core::Field& field = request.interface->request[i];
    if (field.format != core::Format::datetime || !request.raw[i]) continue;
    const auto json = json::parse_json(*request.raw[i]);
    const auto time = json ? core::DateTime::parse(json->text) : std::nullopt;
    if (!time || *time > now) continue;
    request.raw[i] = raw_value(field, (now + soon).to_string());
    any = true;
  }
  return any;
}

}  // namespace

void FixtureFactory::keep_in_time(core::RequestBuilder& request) const {
  if (session_.refuses_past_times(*request.interface)) (void)move_past_times(request, session_.now());
}

Sent FixtureFactory::send_in_time(core::RequestBuilder& request) {
  Sent sent = send(request);
  const core::ResultRow* unreadable = session_.spec().unparsable();
  if (unreadable == nullptr || !sent.answered(unreadable->code) || session_.refuses_past_times(*request.interface)) return sent;
  core::RequestBuilder coming = request;
  if (!move_past_times(coming, session_.now())) return sent;
  Sent again = send(coming);
  if (!again.answered(session_.spec().success)) return sent;
  session_.note_refuses_past_times(*request.interface);
  request = std::move(coming);
  return again;
}

void FixtureFactory::need_budget(const Interface& interface, const core::Variant& variant) const {
  if (options_.max_rows == 0) return;
  const std::size_t share = purpose_ == Purpose::control ? 1 : purpose_ == Purpose::for_cases ? 2 : 3;
  const std::size_t limit = std::max<std::size_t>(options_.max_rows / share, 1);
  for (const std::size_t field : variant.fields) {
    const auto table = interface.request[field].names;
    const bool exists = std::find(variant.existing.begin(), variant.existing.end(), field) != variant.existing.end();
    if (table && !exists && session_.ledger().count(*table) >= limit) throw Inconclusive{msg<"case.budget">(session_.spec().tables[*table].name)};
  }
}

/// A row of the vendor's is not to be written over, nor brought into a state out of which nothing brings it.
void FixtureFactory::keep_named_rows(const core::RequestBuilder& request) const {
  const bool ends = ends_rows(session_.spec(), *request.interface);
  for (std::size_t i = 0; i < request.raw.size(); ++i) {
    const core::Field& field = request.interface->request[i];
    const auto table = field.names || !ends ? field.names : field.refers;
    const auto key = table && request.raw[i] ? json::parse_json(*request.raw[i]) : std::nullopt;
    if (key && is_named(*table, key->text)) throw Inconclusive{msg<"case.would-spoil-named-row">(request.interface->name, key->text)};
  }
}

bool FixtureFactory::is_named(std::size_t table, const std::string& key) const {
  const std::string& name = session_.spec().tables[table].name;
  return std::any_of(options_.fixtures.begin(), options_.fixtures.end(),
                     [&](const auto& row) { return row.second == key && row.first.substr(0, row.first.find('.')) == name; });
}

void FixtureFactory::forget_named(const FixtureSet& fixture) {
  for (const auto& [table, key] : fixture)
    if (is_named(table, key)) model_.set_unknown(table, key);
}

void FixtureFactory::forget(const core::RequestBuilder& request) {
  const auto changed = changed_tables(*request.interface);
  for (std::size_t i = 0; i < request.raw.size(); ++i) {
    const core::Field& field = request.interface->request[i];
    const auto table = field.refers ? field.refers : field.names;
    const auto key = table && request.raw[i] ? json::parse_json(*request.raw[i]) : std::nullopt;
    if (key && std::find(changed.begin(), changed.end(), *table) != changed.end()) model_.set_unknown(*table, key->text);
  }
}

/// A table whose rows are made on their own: no other row comes with them, and none must be there before.
bool FixtureFactory::is_catalogue(std::size_t table) const {
  const Interface* maker = maker_of(session_.spec(), options_.scope, table);
  return maker != nullptr && std::all_of(maker->request.begin(), maker->request.end(),
                                         [&](const core::Field& field) { return !field.refers && (!field.names || *field.names == table); });
}

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
  const auto named = options_.fixtures.find(session_.spec().tables[table].name);
  const Interface* maker = maker_of(session_.spec(), options_.scope, table);
  if (maker == nullptr && named == options_.fixtures.end()) throw Inconclusive{why_no_row(table)};
  if (maker != nullptr && !take_free(fixture, table, *maker, where)) {
    try {
      make(fixture, table, *maker, where);
    } catch (const Inconclusive&) {
      if (named == options_.fixtures.end()) throw;
    }
  }
  if (const auto made = fixture.find(table); made != fixture.end()) return made->second;
  look_again(table, named->second);
  return fixture[table] = named->second;
}

std::string FixtureFactory::another_row(std::size_t table, const FixtureSet& fixture) {
  FixtureSet fresh;
  if (!is_catalogue(table)) return get_or_create(fresh, table, true);
  std::set<std::string> taken;
  for (const auto& [of, key] : fixture) {
    const auto column = session_.spec().tables[of].refers_to(table);
    const store::Table& rows = model_.tables()[of];
    const auto row = column ? rows.find(key) : std::nullopt;
    if (row) taken.insert(rows.cell(*row, *column).to_string());
    if (of == table) taken.insert(key);
  }
  constexpr std::size_t enough = 3;  // so that neither the row's own nor the one before must be taken
  std::vector<std::string>& pool = others_[table];
  for (std::size_t i = 0; i < pool.size() && pool.size() >= enough; ++i) {
    std::rotate(pool.begin(), pool.begin() + 1, pool.end());
    if (!taken.contains(pool.back())) return pool.back();
  }
  std::string key = get_or_create(fresh, table, true);
  if (pool.size() < enough) pool.push_back(key);
  return key;
}

i18n::Message FixtureFactory::why_no_row(std::size_t table) const {
  const std::string& name = session_.spec().tables[table].name;
  const Interface* absent = maker_of(session_.spec(), options_.scope.sides(), table);
  return absent == nullptr ? msg<"case.no-interface-makes">(name) : msg<"case.needs-unsupported-row">(name, absent->name);
}

void FixtureFactory::make(FixtureSet& fixture, std::size_t table, const Interface& maker, const std::optional<core::Condition>& where) {
  const std::string& name = session_.spec().tables[table].name;
  const std::size_t variant = variant_for(maker, table, where);
  const std::string way = maker.name + "/" + maker.variants[variant].name;
  if (i18n::Message why = session_.why_not_made(way); !why.empty()) throw Inconclusive{std::move(why)};
  const MakingRows counted(*this, Purpose::for_cases);
  core::RequestBuilder request = make_request(maker, variant, fixture);
  if (!predict_refusal(request).suits) throw Inconclusive{msg<"case.maker-not-meant">(name, maker.name), true};
  Sent sent = send_in_time(request);
  track(request, sent, fixture);
  // Rows that go with no others can be made anew, whatever became of the first one.
  if (sent.is_lost() && !sent.carried_out && is_catalogue(table)) sent = send_and_track(make_request(maker, variant, fixture), fixture);
  const bool succeeded = sent.answered(session_.spec().success) || sent.carried_out;
  const i18n::Message failure = succeeded ? i18n::Message() : msg<"case.maker-failed">(name, baseline_id(session_.spec(), maker, variant), code_of(sent));
  if (!sent.no_reply()) session_.note_made(way, failure);
  if (!succeeded) throw Inconclusive{failure};
  if (options_.max_rows == 0) return;
  Made& made = made_.emplace_back();
  made.maker = &maker;
  made.variant = variant;
  for (const core::Field& field : maker.request)
    if (const auto row = field.names ? fixture.find(*field.names) : fixture.end(); row != fixture.end()) made.rows.insert(*row);
}

bool FixtureFactory::take_free(FixtureSet& fixture, std::size_t table, const Interface& maker, const std::optional<core::Condition>& where) {
  if (options_.max_rows == 0) return false;
  const std::size_t variant = variant_for(maker, table, where);
  const auto found = std::find_if(made_.begin(), made_.end(), [&](const Made& one) { return one.free && one.maker == &maker && one.variant == variant; });
  if (found == made_.end()) return false;
  found->free = false;
  for (const auto& [of, key] : found->rows) fixture[of] = key;
  return true;
}

void FixtureFactory::give_back(const FixtureSet& fixture) {
  for (Made& one : made_) {
    const bool whole = std::all_of(one.rows.begin(), one.rows.end(), [&](const auto& row) {
      const auto found = fixture.find(row.first);
      return found != fixture.end() && found->second == row.second;
    });
    if (whole && !one.rows.empty() && shared_.count(one.rows.begin()->first) == 0) one.free = true;
  }
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
bool FixtureFactory::all_such(const core::Field& field, std::size_t at, const store::DataStore& model) const {
  const store::Table& store = model.tables()[*field.refers];
  const auto such = [&](store::RowNumber row) {
    const std::string value = store.cell(row, field.where->column).to_string();
    if (value.empty()) return true;  // of a row that the vendor has named
    return std::find(field.where->values.begin(), field.where->values.end(), value) != field.where->values.end();
  };
  if (!request_[at].empty()) {
    const auto row = store.find(request_[at].text);
    return !row || such(*row);
  }
  for (std::size_t i = 0; i < request_.values.size(); ++i) {
    const auto owner = request_.interface->request[i].refers;
    const auto column = owner ? store.table().refers_to(*owner) : std::nullopt;
    if (!column || request_[i].empty()) continue;
    const store::MatchingRows rows = store.find_by(*column, request_[i].text);
    if (!std::all_of(rows.begin(), rows.end(), such)) return false;
  }
  return true;
}

FixtureFactory::Prediction FixtureFactory::predict_refusal(const core::RequestBuilder& request) { return predict_refusal(request, model_); }

FixtureFactory::Prediction FixtureFactory::predict_refusal(const core::RequestBuilder& request, const store::DataStore& model) {
  Prediction out;
  const std::string body = request.body();
  if (!read(body, *request.interface)) return out;
  for (const auto* rows : {&request.interface->body, &request.interface->results})
    if (const auto match = rules::first_match(*rows, request_, model); match && out.row == nullptr) {
      out.row = match->row;
      out.rule = match->rule;
    }
  for (const core::OpenQuestion& question : request.interface->open_questions) {
    const core::OpenQuestion*& place = rules::is_disputed_requirement(*request.interface, question) ? out.disputed : out.question;
    if (place == nullptr && rules::applies_to(question, request_, model)) place = &question;
  }
  for (std::size_t i = 0; i < request.interface->request.size(); ++i) {
    const core::Field& field = request.interface->request[i];
    if (field.where) out.suits = out.suits && all_such(field, i, model);
  }
  return out;
}

bool FixtureFactory::is_disputed(const core::RequestBuilder& request, const Sent& sent) {
  if (!sent.reply.code || sent.answered(session_.spec().success)) return false;
  const core::OpenQuestion* question = predict_refusal(request).disputed;
  return question != nullptr && !session_.does_without(*question) && has(question->accepted_codes, sent.reply.code);
}

/// Who carried out one request without the field does not insist on it: another refusal has another reason.
void FixtureFactory::note_taken(const Interface& interface, const std::string& body) {
  const auto& questions = interface.open_questions;
  const auto is_open = [&](const core::OpenQuestion& one) { return rules::is_disputed_requirement(interface, one) && !session_.does_without(one); };
  if (std::none_of(questions.begin(), questions.end(), is_open) || !read(body, interface)) return;
  for (const core::OpenQuestion& question : questions)
    if (is_open(question) && rules::applies_to(question, request_, model_)) session_.note_does_without(question);
}

TimestampPool::Slot FixtureFactory::wrong_signature_timestamp(const std::string& path, bool another) {
  const bool too_old = wrong_signature_slot_ && session_.is_stale(*wrong_signature_slot_);
  if (!wrong_signature_slot_ || another || too_old) wrong_signature_slot_ = session_.next_timestamp(path);
  return *wrong_signature_slot_;
}

store::ResultSet FixtureFactory::predict(const core::RequestBuilder& request) { return predict(request, model_); }

store::ResultSet FixtureFactory::predict(const core::RequestBuilder& request, store::DataStore& model) {
  store::ResultSet result_set;
  const std::string body = request.body();
  if (!read(body, *request.interface)) return result_set;
  model.apply(
      request_, session_.now(), [this](std::string_view id) { return session_.spec().default_interpretation(id); }, result_set);
  result_set.has_others = finds_by_named_row(*request.interface);
  return result_set;
}

/// Whether the request that was read last finds rows by a row of the vendor's that they refer to: it may have had some before the run, and get more.
bool FixtureFactory::finds_by_named_row(const Interface& interface) const {
  for (const Step& step : interface.effects) {
    if (step.kind != Step::Kind::find) continue;
    bool by_key = false, by_named = false;
    for (const core::Assignment& by : step.find.by) {
      if (by.value.op != core::Expr::Op::request || request_[by.value.field].empty()) continue;
      by_key = by_key || by.column == session_.spec().tables[step.find.table].key;
      const auto owner = interface.request[by.value.field].refers;
      by_named = by_named || (owner && is_named(*owner, std::string(request_[by.value.field].text)));
    }
    if (by_named && !by_key) return true;
  }
  return false;
}

Sent FixtureFactory::send_and_track(const core::RequestBuilder& request, FixtureSet& fixture) {
  Sent sent = send(request);
  track(request, sent, fixture);
  return sent;
}

void FixtureFactory::track(const core::RequestBuilder& request, const Sent& sent, FixtureSet& fixture) {
  if (sent.answered(session_.spec().success)) (void)apply_to_model(request, fixture);
  if (sent.carried_out) take_names(request, fixture);
}

store::ResultSet FixtureFactory::apply_to_model(const core::RequestBuilder& request, FixtureSet& fixture) {
  session_.note_accepted(*request.interface);
  note_changes(request);
  note_reading(request);
  take_names(request, fixture);
  return predict(request);
}

/// To be called before the request is applied to the model.
void FixtureFactory::note_changes(const core::RequestBuilder& request) {
  const core::DateTime now = session_.now();
  const auto key_of = [&](std::size_t table) {
    for (std::size_t i = 0; i < request.raw.size(); ++i) {
      const core::Field& field = request.interface->request[i];
      const auto key = (field.refers == table || field.names == table) && request.raw[i] ? json::parse_json(*request.raw[i]) : std::nullopt;
      if (key && model_.exists(table, key->text)) return key->text;
    }
    return std::string();
  };
  const auto note = [&](std::size_t table, const std::vector<core::Assignment>& set) {
    for (const core::Assignment& one : set) changed_at_[{table, one.column}][key_of(table)] = now;
  };
  std::vector<std::size_t> tables;  // by row number
  for (const Step& step : request.interface->effects) {
    if (step.kind == Step::Kind::find) tables.push_back(step.find.table);
    if (step.kind == Step::Kind::update) note(tables[step.update.row], step.update.set);
    if (step.kind != Step::Kind::insert) continue;
    for (std::size_t i = 0; i < request.raw.size(); ++i) {
      const auto key = request.interface->request[i].names == step.insert.table && request.raw[i] ? json::parse_json(*request.raw[i]) : std::nullopt;
      if (key && model_.exists(step.insert.table, key->text)) note(step.insert.table, step.insert.set);
    }
  }
}

std::optional<core::DateTime> FixtureFactory::changed_at(const TableCell& cell, std::size_t row_table, const std::string& row_key) const {
  const auto found = changed_at_.find(cell);
  if (found == changed_at_.end()) return std::nullopt;
  std::string key = row_key;
  if (cell.table != row_table) {
    const auto reference = session_.spec().tables[row_table].refers_to(cell.table);
    const store::Table& rows = model_.tables()[row_table];
    const auto row = rows.find(row_key);
    if (!reference || !row) return std::nullopt;
    key = rows.cell(*row, *reference).to_string();
  }
  std::optional<core::DateTime> out;
  for (const std::string& one : {key, std::string()})
    if (const auto at = found->second.find(one); at != found->second.end()) out = std::max(out.value_or(at->second), at->second);
  return out;
}

std::optional<std::string> FixtureFactory::note_shown(const Interface& query, const std::string& key, std::size_t field, const std::string& moment,
                                                      const std::string& value) {
  auto& [moment_before, before] = shown_with_[{query.name, key, field}];
  std::optional<std::string> out;
  if (moment_before == moment) out = before;
  moment_before = moment;
  before = value;
  return out;
}

std::string FixtureFactory::stored(std::size_t table, const std::string& key, std::size_t column) const {
  const store::Table& rows = model_.tables()[table];
  const auto row = rows.find(key);
  return row ? rows.cell(*row, column).to_string() : std::string();
}

bool FixtureFactory::is_ended(std::size_t table, const std::string& key) const {
  for (const Interface& interface : session_.spec().interfaces)
    for (const core::ResultRow& row : interface.results)
      for (const core::Rule& rule : row.when) {
        const bool about_it = !rule.state.value.empty() && !rule.operands.empty() && interface.request[rule.operands.front().field].refers == table;
        if (about_it && model_.in_state(table, key, rule.state)) return true;
      }
  return false;
}

std::string FixtureFactory::named_in_state(std::size_t table, const core::State& state) const {
  const auto named = options_.fixtures.find(session_.spec().tables[table].name + "." + state.value);
  return named == options_.fixtures.end() ? std::string() : named->second;
}

std::vector<std::string> FixtureFactory::shown_of(std::size_t table, std::size_t owner_table, const std::string& owner) const {
  const core::Table& rows = session_.spec().tables[table];
  const auto reference = rows.refers_to(owner_table);
  std::vector<std::string> out;
  for (const ShownRow& row : shown_) {
    const auto cell = [&](std::size_t column) {
      const auto found = std::find_if(row.cells.begin(), row.cells.end(), [&](const auto& one) { return one.first == column; });
      return found == row.cells.end() ? std::string() : found->second;
    };
    if (row.table != table || !reference || cell(*reference) != owner) continue;
    const std::string key = cell(rows.key);
    if (std::find(out.begin(), out.end(), key) == out.end()) out.push_back(key);
  }
  return out;
}

std::string FixtureFactory::make_in_state(std::size_t table, const core::State& state) {
  const core::Spec& spec = session_.spec();
  if (state.table != table) return {};  // no interface is known to bring all the rows of another table there
  for (const Interface& interface : spec.interfaces) {
    if (!options_.scope.has(interface)) continue;
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
      const MakingRows counted(*this, Purpose::for_cases);
      if (send_and_track(make_request(interface, 0, fixture), fixture).answered(spec.success)) return key;
    }
  }
  return {};
}

std::string CaseFixtures::unrelated_row(std::size_t table) {
  const std::string& key = fixtures_.get_or_create(other_, table);
  const auto mine = own_.find(table);
  return mine != own_.end() && mine->second == key ? std::string() : key;  // the vendor's only row
}

std::string CaseFixtures::in_state(std::size_t table, const core::State& state) {
  named_in_state_ = fixtures_.named_in_state(table, state);
  return named_in_state_.empty() ? fixtures_.make_in_state(table, state) : named_in_state_;
}

}  // namespace meterproof::conformance
