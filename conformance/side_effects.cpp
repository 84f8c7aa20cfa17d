// SPDX-License-Identifier: Apache-2.0
#include "conformance/side_effects.hpp"

#include <algorithm>

#include "conformance/case_context.hpp"
#include "conformance/cases/negative_case.hpp"
#include "conformance/cases/shown_values.hpp"
#include "conformance/exchange_record.hpp"
#include "conformance/row_look.hpp"
#include "conformance/spec_queries.hpp"
#include "core/text/json_text.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::RequestBuilder;
using core::Step;
using i18n::Message;
using i18n::msg;
using reports::Verdict;

void SideEffects::ask(const Interface& query, const RequestBuilder& request, QueryDiff& out) {
  const std::chrono::milliseconds timeout = waits_ ? context_.options().effect_timeout : std::chrono::milliseconds(0);
  RowLook look = RowLooker(context_.fixtures(), timeout, context_.interface()).look(request);
  if (look.sent.no_reply()) throw Inconclusive{msg<"case.no-reply-from">(query.name, look.sent.reply.problem)};
  if (look.disputed) {  // the query has other forms, which show it
    if (out.witness.request.path.empty()) out.witness = std::move(look.sent);
    return;
  }
  if (out.witness.request.path.empty() || (out.differences.empty() && !look.found.empty())) out.witness = std::move(look.sent);
  if (look.hidden) out.hidden = true;
  if (out.why_hidden.empty()) out.why_hidden = std::move(look.why_hidden);
  for (FieldDifference& one : look.found) out.differences.push_back(std::move(one.what));
}

QueryDiff SideEffects::query_and_diff(const Interface& query, FixtureSet& fixture, std::size_t form, bool other_days) {
  QueryDiff out;
  FixtureFactory& fixtures = context_.fixtures();
  for (std::size_t variant = form % query.variants.size();; variant = 0) {
    try {
      const RequestBuilder request = fixtures.make_request(query, variant, fixture);
      ask(query, request, out);
      break;
    } catch (const Inconclusive& missing) {
      if (variant == 0 || !missing.not_meant) throw;  // else: a form of the query that needs a row which this customer cannot have
    }
  }
  // A list of a range of days shows nothing of a day outside it.
  for (const Step& step : query.effects) {
    if (step.kind != Step::Kind::find || !step.find.between || !other_days) continue;
    RequestBuilder request = fixtures.make_request(query, 0, fixture);
    const core::Field& last = query.request[step.find.to.field];
    const auto day = core::DateTime::parse_date(core::expand_relative_date(last.example, context_.session().now()));
    if (!day || step.find.from.op != core::Expr::Op::request) continue;
    const std::string after = core::quoted((*day + std::chrono::hours(24)).date_string());
    request.raw[step.find.from.field] = after;
    request.raw[step.find.to.field] = after;
    ask(query, request, out);
  }
  return out;
}

namespace {

/// The form of a query by nothing but the key of a row of that table; nothing where it has none.
std::optional<std::size_t> form_by_key(const Interface& query, std::size_t table) {
  for (std::size_t variant = 0; variant < query.variants.size(); ++variant) {
    std::vector<std::size_t> keys;
    for (const std::size_t field : query.variants[variant].fields)
      if (query.request[field].refers) keys.push_back(*query.request[field].refers);
    if (keys == std::vector{table}) return variant;
  }
  return std::nullopt;
}

bool is_blank(const std::string& text) { return text.find_first_not_of(' ') == std::string::npos; }

}  // namespace

/// Whether the query refuses a key of that table that nothing was ever asked about: then a success knows the row, even where it lists none.
bool SideEffects::refuses_unused_key(const Interface& query, std::size_t form, std::size_t table) {
  FixtureFactory& fixtures = context_.fixtures();
  FixtureSet unused = {{table, fixtures.unused_key()}};
  const Sent sent = fixtures.send(fixtures.make_request(query, form, unused));
  return sent.reply.code && !sent.answered(context_.success());
}

/// Rows of these keys, none of which may exist.
std::vector<Message> SideEffects::rows_of(const FixtureSet& keys) {
  std::vector<Message> out;
  FixtureFactory& fixtures = context_.fixtures();
  for (const auto& [table, key] : keys) {
    for (const Interface& query : context_.spec().interfaces) {
      if (!fixtures.scope().has(query) || query.reply.empty()) continue;
      const auto form = form_by_key(query, table);
      if (!form) continue;
      FixtureSet only = {{table, key}};
      const Sent sent = fixtures.send(fixtures.make_request(query, *form, only));
      if (sent.answered(context_.success()) && (!sent.reply.rows(context_.spec().envelope).empty() || refuses_unused_key(query, *form, table)))
        out.push_back(msg<"case.finds-row-of-refused-request">(query.name, key));
      break;  // one query tells
    }
  }
  return out;
}

namespace {

constexpr std::size_t most_others = 4;  // that are looked at

}  // namespace

/// Rows beside the cases' own that a refused request named: another user's meter, a row of another state.
std::vector<Message> SideEffects::changes_of_others(const Rows& rows) {
  std::vector<Message> out;
  FixtureFactory& fixtures = context_.fixtures();
  std::size_t looked_at = 0;
  for (const auto& [table, key] : rows.others) {
    if (const auto own = rows.fixture.find(table); own != rows.fixture.end() && own->second == key) continue;
    if (fixtures.is_ended(table, key) || looked_at++ >= most_others) continue;  // which queries show such a row is not stated
    const Interface* query = query_by_key(table, rows.may_have_changed);
    if (query == nullptr) continue;
    FixtureSet only = {{table, key}};
    QueryDiff seen;
    ask(*query, fixtures.make_request(*query, *form_by_key(*query, table), only), seen);
    for (Message& difference : seen.differences) out.push_back(msg<"case.through-query">(query->name, std::move(difference)));
  }
  return out;
}

/// A query by the key of a row of that table: that which shows what the interface changes, or else the first; null where there is none.
const Interface* SideEffects::query_by_key(std::size_t table, bool may_have_changed) const {
  const Interface& interface = context_.interface();
  const Scope& scope = context_.fixtures().scope();
  const Interface* showing = showing_query(context_.spec(), scope, interface).query;
  if (showing != nullptr && form_by_key(*showing, table)) return showing;
  for (const Interface& query : context_.spec().interfaces) {
    if (!scope.has(query) || query.reply.empty() || !changed_tables(query).empty()) continue;
    if (form_by_key(query, table) && !(may_have_changed && interface.effect_is_unspecified(query))) return &query;
  }
  return nullptr;
}

/// What a row showed before and does not show now, of values that the model does not know. Those that it knows are compared with the model, by who knows what
/// may come late.
std::vector<Message> SideEffects::changes_since(Rows& rows, const Sent& now) {
  const auto was = rows.before.reply.rows(context_.spec().envelope), is = now.reply.rows(context_.spec().envelope);
  if (was.size() != 1 || is.size() != 1 || !rows.before.answered(context_.success()) || !now.answered(context_.success())) return {};
  const store::ResultSet implied = context_.fixtures().predict(context_.fixtures().make_request(*rows.shown_by, 0, rows.fixture));
  std::vector<FieldDifference> found = OwnChanges(context_.spec(), *rows.shown_by).changes(*was.front(), *is.front());
  std::erase_if(found, [&](const FieldDifference& one) {
    return one.field && implied.rows() == 1 && implied.cell(0, *one.field).determinacy == store::Determinacy::determined && !implied.cell(0, *one.field).none();
  });
  return texts_of(found);
}

bool SideEffects::shows_itself() const {
  const Interface& interface = context_.interface();
  const auto changed = changed_tables(interface);
  const auto shows = [&](const Interface& query) {
    return context_.fixtures().scope().has(query) && !query.reply.empty() && changed_tables(query).empty() &&
           share_a_table(changed, shown_tables(context_.spec(), query));
  };
  const auto& all = context_.spec().interfaces;
  return !changed.empty() && balance_told(interface) != nullptr && std::none_of(all.begin(), all.end(), shows);
}

Sent SideEffects::ask_by_itself(FixtureSet& fixture) {
  FixtureFactory& fixtures = context_.fixtures();
  RequestBuilder request = fixtures.make_request(context_.interface(), 0, fixture);
  fixtures.take_usage_out(request);
  Sent sent = fixtures.send_and_track(request, fixture);
  if (sent.no_reply()) throw Inconclusive{msg<"case.no-reply">(sent.reply.problem)};
  return sent;
}

std::optional<core::Decimal> SideEffects::balance_in(const Sent& sent) const {
  const std::string* name = balance_told(context_.interface());
  const auto rows = sent.reply.rows(context_.spec().envelope);
  if (name == nullptr || rows.size() != 1 || !sent.answered(context_.success())) return std::nullopt;
  return core::Decimal::parse(scalar_of(*rows.front(), *name));
}

/// A balance that is another one, though nothing was used, and that stays so: a server may as well charge for each report.
std::vector<Message> SideEffects::changes_by_itself(Rows& rows) {
  const auto before = balance_in(rows.before);
  if (!before) return {};
  const auto after = balance_in(ask_by_itself(rows.fixture));
  if (!after || *after == *before) return {};
  const auto again = balance_in(ask_by_itself(rows.fixture));
  if (!again || *again != *after) return {};
  return {msg<"case.field-was">(*balance_told(context_.interface()), after->to_string(), before->to_string())};
}

/// What queries show of the fixture's rows, and the model does not expect.
std::vector<Message> SideEffects::shown_otherwise(Rows& rows) {
  std::vector<Message> out;
  const auto changed = changed_tables(context_.interface());
  // Rows that others have used before may have had another number, too: what is shown of such rows is not stated.
  const bool may_have_changed = rows.may_have_changed || context_.options().max_rows > 0;
  for (const Interface& query : context_.spec().interfaces) {
    if (!context_.fixtures().scope().has(query) || query.reply.empty()) continue;
    // A query that changes something would cover up what it shows.
    if (!changed_tables(query).empty() || (may_have_changed && context_.interface().effect_is_unspecified(query))) continue;
    if (!share_a_table(changed, shown_tables(context_.spec(), query))) continue;
    QueryDiff seen = query_and_diff(query, rows.fixture);
    if (&query == rows.shown_by)
      for (Message& change : changes_since(rows, seen.witness)) seen.differences.push_back(std::move(change));
    for (Message& difference : seen.differences) out.push_back(msg<"case.through-query">(query.name, std::move(difference)));
  }
  return out;
}

std::vector<Message> SideEffects::unexpected(Rows& rows) {
  if (changed_tables(context_.interface()).empty()) return {};
  std::vector<Message> out = shown_otherwise(rows);
  if (rows.shown_by == &context_.interface() && !rows.may_have_changed)
    for (Message& difference : changes_by_itself(rows)) out.push_back(msg<"case.through-query">(context_.interface().name, std::move(difference)));
  for (Message& found : rows_of(rows.phantom)) out.push_back(std::move(found));
  if (!waits_) return out;  // a short look; what else was named is looked at with the last cases
  for (Message& found : rows_of(rows.unknown)) out.push_back(std::move(found));
  for (Message& found : changes_of_others(rows)) out.push_back(std::move(found));
  return out;
}

std::vector<Message> SideEffects::detect(Rows& rows) {
  std::vector<Message> found = unexpected(rows);
  if (found.empty() || rows.shown_by == &context_.interface()) return found;
  // Rows that nothing was done to: where they look the same, the difference does not come from the requests at hand.
  Rows untouched;
  untouched.may_have_changed = rows.may_have_changed;
  const auto changed = changed_tables(context_.interface());
  for (const auto& [table, key] : rows.fixture) {
    const bool is_changed = std::find(changed.begin(), changed.end(), table) != changed.end();
    const bool is_same = context_.fixtures().get_or_create(untouched.fixture, table, true) == key;
    if (is_changed && is_same) throw Inconclusive{msg<"case.named-row-changed">(key, std::move(found.front()))};
  }
  for (const auto& [table, key] : rows.phantom) untouched.phantom[table] = context_.fixtures().unused_key();
  if (!unexpected(untouched).empty()) found.clear();
  else context_.fixtures().give_back(untouched.fixture);
  return found;
}

void SideEffects::prepare(FixtureSet& fixture, FixtureSet& phantom) {
  phantom.clear();
  for (const core::Field& field : context_.interface().request)
    if (field.names) phantom[*field.names] = context_.fixtures().unused_key();
  for (const std::size_t table : changed_tables(context_.interface())) context_.fixtures().get_or_create(fixture, table, true);
}

std::vector<Message> SideEffects::detect(FixtureSet& fixture, const FixtureSet& phantom) {
  Rows rows;
  rows.fixture = fixture;
  rows.phantom = phantom;
  rows.may_have_changed = true;
  std::vector<Message> found = detect(rows);
  fixture = rows.fixture;
  return found;
}

void SideEffects::prepare(Rows& rows) {
  prepare(rows.fixture, rows.phantom);
  if (shows_itself() && !rows.may_have_changed) {
    rows.before = ask_by_itself(rows.fixture);
    rows.before = ask_by_itself(rows.fixture);  // the first of a row has a usage that nobody knows
    rows.shown_by = &context_.interface();
    return;
  }
}

/// A balance that a refused request could take away, and a look at all that is shown of the row: what the model does not know must stay as it is.
void SideEffects::give_history(Rows& rows) {
  rows.has_history = true;
  if (rows.shown_by == &context_.interface() || rows.may_have_changed) return;
  pay_for(rows);
  for (const Interface* query : fullest_queries()) {
    context_.session().sleep(context_.session().usual_delay(*query));
    rows.before = context_.fixtures().send(context_.fixtures().make_request(*query, 0, rows.fixture));
    rows.shown_by = query;
    if (rows.before.reply.rows(context_.spec().envelope).size() == 1) return;  // else there is nothing to compare
  }
}

/// The queries that show a table which the interface changes, those with the most fields first.
std::vector<const Interface*> SideEffects::fullest_queries() const {
  const auto changed = changed_tables(context_.interface());
  std::vector<const Interface*> out;
  for (const Interface& query : context_.spec().interfaces)
    if (may_show(context_.fixtures().scope(), context_.interface(), query) && share_a_table(changed, shown_tables(context_.spec(), query)))
      out.push_back(&query);
  std::stable_sort(out.begin(), out.end(), [](const Interface* a, const Interface* b) { return a->reply.size() > b->reply.size(); });
  return out;
}

/// Never for a row of the vendor's.
void SideEffects::pay_for(Rows& rows) {
  FixtureFactory& fixtures = context_.fixtures();
  const auto is_ours = [&](const auto& row) { return !fixtures.is_named(row.first, row.second); };
  if (!std::all_of(rows.fixture.begin(), rows.fixture.end(), is_ours)) return;
  for (const Interface& payment : context_.spec().interfaces) {
    const auto has_row = [&](std::size_t field) { return !payment.request[field].refers || rows.fixture.contains(*payment.request[field].refers); };
    const auto& fields = payment.variants.front().fields;
    const bool adds = fixtures.scope().has(payment) && !updated_cells(payment, true).empty() && std::all_of(fields.begin(), fields.end(), has_row);
    if (!adds || &payment == &context_.interface()) continue;
    try {
      const Sent sent = fixtures.send_and_track(fixtures.make_request(payment, 0, rows.fixture), rows.fixture);
      if (sent.no_reply() && !sent.carried_out) {  // nobody knows what became of these
        rows.fixture.clear();
        prepare(rows.fixture, rows.phantom);
      }
    } catch (const Inconclusive&) {  // no more rows may be made: there is less to see
    }
    return;
  }
}

void SideEffects::note_keys(const Sent& sent, Rows& rows) const {
  const auto body = json::parse_json(sent.request.body);
  if (!body || body->kind != json::Json::Kind::object) return;
  for (const core::Field& field : context_.interface().request) {
    const auto table = field.refers ? field.refers : field.names;
    const json::Json* value = table ? body->get(field.name) : nullptr;
    if (value == nullptr || value->kind != json::Json::Kind::text || is_blank(value->text)) continue;
    const auto own = rows.phantom.find(*table);  // a key without a row that is the cases' own is looked for as such
    if (own != rows.phantom.end() && own->second == value->text) continue;
    if (context_.fixtures().exists(*table, value->text)) rows.others.emplace(*table, value->text);
    else if (!context_.fixtures().is_named(*table, value->text)) rows.unknown[*table] = value->text;
  }
}

std::pair<FixtureSet&, const FixtureSet&> SideEffects::shared_rows(bool may_change, bool with_history) {
  if (!prepared_) {
    rows_.may_have_changed = may_change;
    prepare(rows_);
  }
  prepared_ = true;
  if (with_history && !rows_.has_history) give_history(rows_);
  return {rows_.fixture, rows_.phantom};
}

void SideEffects::add(const NegativeCase& one, const Sent& sent) {
  cases_.push_back(&one);
  if (!sent.answered(context_.success())) note_keys(sent, rows_);
}

void SideEffects::abandon_rows() {
  rows_ = {};
  prepared_ = false;
  cases_.clear();
}

void SideEffects::verify_so_far() {
  if (cases_.empty() || rows_.may_have_changed) return;
  waits_ = false;  // what was carried out is in the model: where that is wrong, no waiting would mend it
  std::vector<Message> differences;
  try {
    differences = detect(rows_);
  } catch (const Inconclusive&) {  // nothing can be told of such rows: the cases stay as they were judged
  }
  waits_ = true;
  if (!differences.empty()) (void)find_origin(std::nullopt, differences);
}

void SideEffects::verify_unseen_names() {
  if (cases_.empty() || rows_.may_have_changed || unseen_names(rows_).empty()) return;
  if (const auto refused = refuses_valid_request(rows_, Afterwards::unseen_names)) (void)find_origin(Afterwards::unseen_names, {*refused});
}

void SideEffects::verify(Afterwards afterwards) {
  if (!prepared_) return;
  try {
    const std::vector<Message> differences = detect(rows_);
    const auto refused = !differences.empty() || cases_.empty() || rows_.may_have_changed ? std::nullopt : refuses_valid_request(rows_, afterwards);
    if (differences.empty() && !refused) {
      context_.fixtures().give_back(rows_.fixture);
    } else if (!find_origin(refused ? std::optional(afterwards) : std::nullopt, refused ? std::vector{*refused} : differences)) {
      // A request that was accepted against the specification has failed already, and explains the change.
      const bool accepted = std::any_of(context_.results().begin(), context_.results().end(), [&](const CaseResult& one) {
        return one.verdict == Verdict::failed && one.sent && one.sent->answered(context_.success());
      });
      if (!accepted) make_inconclusive(msg<"case.side-effect-of-unknown-origin">(refused ? *refused : differences.back()));
    }
  } catch (const Inconclusive& missing) {
    make_inconclusive(msg<"case.side-effects-not-visible">(missing.why));
  }
  abandon_rows();
}

/// Why a valid request about these rows, with the keys that refused requests named, is not carried out; nothing where it is, where the same request with
/// other keys is not, either, or where that cannot be seen.
std::optional<Message> SideEffects::refuses_valid_request(Rows& rows, Afterwards afterwards) {
  const Interface& interface = context_.interface();
  FixtureFactory& fixtures = context_.fixtures();
  const bool any_named = std::any_of(rows.fixture.begin(), rows.fixture.end(), [&](const auto& row) { return fixtures.is_named(row.first, row.second); });
  if (changed_tables(interface).empty() || any_named || !context_.baseline_succeeded(0)) return std::nullopt;
  try {
    if (afterwards == Afterwards::valid_request) {
      fixtures.need_budget(interface, interface.variants.front());
      if (auto refused = why_not_carried_out(rows, rows.phantom)) return refused;
    }
    const FixtureSet names = unseen_names(rows);
    if (names.empty()) return std::nullopt;
    fixtures.need_budget(interface, interface.variants.front());
    return why_not_carried_out(rows, names);
  } catch (const Inconclusive&) {
    return std::nullopt;  // no more rows may be made, or a reply was lost
  }
}

/// Keys without a row that refused requests named, of tables by whose keys no query asks: whether there is a row now shows where one is made of that key.
FixtureSet SideEffects::unseen_names(const Rows& rows) const {
  FixtureSet out;
  const auto& all = context_.spec().interfaces;
  for (const auto& [table, key] : rows.unknown) {
    const auto names = [&, at = table](const core::Field& field) { return field.names == at; };
    const auto shows = [&, at = table](const Interface& query) {
      return context_.fixtures().scope().has(query) && !query.reply.empty() && form_by_key(query, at).has_value();
    };
    const auto& fields = context_.interface().request;
    if (std::any_of(fields.begin(), fields.end(), names) && std::none_of(all.begin(), all.end(), shows)) out[table] = key;
  }
  return out;
}

std::optional<Message> SideEffects::why_not_carried_out(Rows& rows, const FixtureSet& names) {
  const Interface& interface = context_.interface();
  FixtureFactory& fixtures = context_.fixtures();
  RequestBuilder request = fixtures.make_request(interface, 0, rows.fixture, &names);
  const FixtureFactory::Prediction expected = fixtures.predict_refusal(request);
  if (expected.row != nullptr || expected.question != nullptr || expected.disputed != nullptr || !expected.suits) return std::nullopt;
  const Sent sent = fixtures.send_in_time(request);
  if (sent.no_reply()) return std::nullopt;
  if (!sent.answered(context_.success())) {
    const RequestBuilder control = fixtures.make_request(interface, 0, rows.fixture);
    const bool accepted = fixtures.send_and_track(control, rows.fixture).answered(context_.success());
    return accepted ? std::optional(msg<"case.valid-after-refusals">(code_of(sent))) : std::nullopt;
  }
  (void)fixtures.apply_to_model(request, rows.fixture);
  const Interface* query = showing_query(context_.spec(), fixtures.scope(), interface).query;
  if (query == nullptr) return std::nullopt;
  std::vector<Message> differences = query_and_diff(*query, rows.fixture).differences;
  if (differences.empty() || !is_carried_out_elsewhere(*query)) return std::nullopt;
  return msg<"case.through-query">(query->name, std::move(differences.front()));
}

/// Whether a valid request about rows and keys that no refused request named is accepted, and shows by that query.
bool SideEffects::is_carried_out_elsewhere(const Interface& query) {
  FixtureFactory& fixtures = context_.fixtures();
  FixtureSet rows, phantom;
  prepare(rows, phantom);
  const Sent sent = fixtures.send_and_track(fixtures.make_request(context_.interface(), 0, rows), rows);
  return sent.answered(context_.success()) && query_and_diff(query, rows).differences.empty();
}

void SideEffects::look_before_refusal() {
  if (repeated_ != nullptr && !repeats_several_) otherwise_ = shown_otherwise(*repeated_);
}

namespace {

/// Whether two differences are of the same field of the same query, whatever its value is.
bool tell_of_the_same(const Message& one, const Message& other) {
  if (one.id != other.id || one.arguments.size() != other.arguments.size()) return false;
  for (std::size_t i = 0; i < one.arguments.size(); ++i) {
    const i18n::Argument &a = one.arguments[i], &b = other.arguments[i];
    if ((a.name == "query" || a.name == "field") && a.text != b.text) return false;
    if (a.name == "difference" && !std::equal(a.messages.begin(), a.messages.end(), b.messages.begin(), b.messages.end(), tell_of_the_same)) return false;
  }
  return true;
}

}  // namespace

/// Whether the rows differed in that already, when they were looked at before the refused request.
bool SideEffects::was_before_refusal(const Message& difference) const {
  return std::any_of(otherwise_.begin(), otherwise_.end(), [&](const Message& before) { return tell_of_the_same(before, difference); });
}

class SideEffects::Repeating {
 public:
  Repeating(SideEffects& all, Rows& rows) : all_(all) {
    all_.repeated_ = &rows;
    all_.otherwise_.clear();
  }
  Repeating(const Repeating&) = delete;
  Repeating& operator=(const Repeating&) = delete;
  ~Repeating() {
    all_.repeated_ = nullptr;
    all_.repeats_several_ = false;
  }

 private:
  SideEffects& all_;
};

/// The same request once more, with rows of its own.
SideEffects::Repeated SideEffects::repeat(const NegativeCase& one, std::optional<Afterwards> afterwards) {
  CaseResult& result = context_.result_of(one);
  const ExchangeLog::Recording recording(context_.session().exchange_log());
  Rows alone;
  alone.may_have_changed = rows_.may_have_changed;
  prepare(alone);
  give_history(alone);
  const Repeating repeating(*this, alone);
  look_before_refusal();
  Sent sent = one.send(context_, alone.fixture, alone.phantom);
  if (sent.answered(context_.success())) return Repeated::nothing;  // it is accepted now: nothing was refused
  note_keys(sent, alone);
  std::vector<Message> differences = unexpected(alone);
  // What was wrong before it, an earlier request did, or did not do.
  std::erase_if(differences, [&](const Message& difference) { return was_before_refusal(difference); });
  if (!differences.empty()) {
    result.reason = msg<"case.refused-but-changed">(differences.back());
  } else if (const auto refused = afterwards ? refuses_valid_request(alone, *afterwards) : std::nullopt; refused && !was_before_refusal(*refused)) {
    result.reason = msg<"case.refused-but-used-up">(*refused);
  } else {
    return otherwise_.empty() ? Repeated::nothing : Repeated::nothing_but_seen_before;
  }
  result.verdict = Verdict::failed;
  result.expected = msg<"case.and-nothing-changed">(result.expected);
  result.sent = std::move(sent);
  keep_for_record(*result.sent, context_.session().redactor());
  result.steps = recording.steps();
  return Repeated::change;
}

/// The same requests once more, all of them for the same rows, which are looked at once: most changed nothing, and each alone costs some ten requests.
SideEffects::Repeated SideEffects::repeat_together(std::span<const NegativeCase* const> some, std::optional<Afterwards> afterwards) {
  Rows together;
  together.may_have_changed = rows_.may_have_changed;
  prepare(together);
  give_history(together);
  const Repeating repeating(*this, together);
  look_before_refusal();
  repeats_several_ = true;
  for (const NegativeCase* one : some) {
    const Sent sent = one->send(context_, together.fixture, together.phantom);
    if (sent.answered(context_.success())) return Repeated::change;
    const FixtureSet before = together.unknown;
    note_keys(sent, together);
    const auto is_lost = [&](const auto& row) { return together.unknown.at(row.first) != row.second; };
    if (std::any_of(before.begin(), before.end(), is_lost) || together.others.size() > most_others) return Repeated::change;  // not all are looked at
  }
  const std::vector<Message> differences = unexpected(together);
  const auto was_before = [&](const Message& difference) { return was_before_refusal(difference); };
  if (!std::all_of(differences.begin(), differences.end(), was_before)) return Repeated::change;
  if (const auto refused = afterwards ? refuses_valid_request(together, *afterwards) : std::nullopt; refused && !was_before(*refused)) return Repeated::change;
  context_.fixtures().give_back(together.fixture);
  return otherwise_.empty() ? Repeated::nothing : Repeated::nothing_but_seen_before;
}

/// Something changed: the same requests once more, to find out which did it: some together, and each of those alone where they did. A reply that is lost on
/// the way makes that one case inconclusive.
bool SideEffects::find_origin(std::optional<Afterwards> afterwards, const std::vector<Message>& seen) {
  constexpr std::size_t together = 12;
  context_.session().progress(msg<"progress.looking-for-side-effect">(context_.interface().name));
  const auto was_before = [&](const Message& difference) { return was_before_refusal(difference); };
  const auto explains = [&](Repeated outcome) {
    return outcome == Repeated::change || (outcome == Repeated::nothing_but_seen_before && !seen.empty() && std::all_of(seen.begin(), seen.end(), was_before));
  };
  bool found = false;
  std::vector<const NegativeCase*> alone, refused;
  for (const NegativeCase* one : cases_) {
    const std::optional<Sent>& sent = context_.result_of(*one).sent;
    (sent && sent->answered(context_.success()) ? alone : refused).push_back(one);
  }
  for (std::span<const NegativeCase* const> left = refused; !left.empty();) {
    const auto some = left.first(std::min(together, left.size()));
    left = left.subspan(some.size());
    try {
      const Repeated outcome = some.size() > 1 ? repeat_together(some, afterwards) : Repeated::change;
      found = found || (outcome != Repeated::change && explains(outcome));
      if (outcome != Repeated::change) continue;
    } catch (const Inconclusive&) {  // each alone may tell
    }
    alone.insert(alone.end(), some.begin(), some.end());
  }
  for (const NegativeCase* one : alone) {
    try {
      found = explains(repeat(*one, afterwards)) || found;
    } catch (const Inconclusive& missing) {
      CaseResult& result = context_.result_of(*one);
      result.verdict = Verdict::inconclusive;
      result.reason = msg<"case.side-effects-not-visible">(missing.why);
    }
  }
  return found;
}

void SideEffects::make_inconclusive(const Message& why) {
  for (const NegativeCase* one : cases_) {
    CaseResult& result = context_.result_of(*one);
    result.verdict = Verdict::inconclusive;
    result.reason = why;
  }
}

}  // namespace meterproof::conformance
