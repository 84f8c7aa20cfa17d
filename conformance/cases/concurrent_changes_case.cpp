// SPDX-License-Identifier: Apache-2.0
// Different requests at the same moment: none is lost, one name goes to one row, and a row that ends takes nothing with it.
#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "conformance/case_context.hpp"
#include "conformance/cases/concurrency_case.hpp"
#include "conformance/cases/row_series.hpp"
#include "conformance/cases/shown_values.hpp"
#include "conformance/named_rows.hpp"
#include "conformance/row_look.hpp"
#include "core/json/json.hpp"
#include "core/text/slug.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::RequestBuilder;
using core::Step;
using i18n::msg;
using reports::Verdict;

namespace {

constexpr std::size_t most_at_once = ConnectionProfile::many, most_rows = 6, owners = 4;

/// The field that names the row which a request makes for others: a payment of a meter, a meter of a user.
struct NamedRow {
  std::size_t field = 0, table = 0;
  bool of_existing = false;  // the rows that it refers to exist before
};

std::optional<NamedRow> named_row(const core::Spec& spec, const Interface& interface) {
  if (std::any_of(interface.request.begin(), interface.request.end(), [](const core::Field& field) { return field.fresh; })) return std::nullopt;
  std::optional<NamedRow> out;
  for (std::size_t i = 0; i < interface.request.size(); ++i) {
    const auto table = interface.request[i].names;
    if (!table) continue;
    const auto& columns = spec.tables[*table].columns;
    for (const core::Field& other : interface.request) {
      const auto owner = other.refers ? other.refers : other.names;
      if (!owner || *owner == *table || std::none_of(columns.begin(), columns.end(), [&](const core::Column& one) { return one.refers == *owner; })) continue;
      const auto changed = changed_tables(interface);
      const bool existing = other.refers && std::find(changed.begin(), changed.end(), *owner) != changed.end();
      out = NamedRow{i, *table, existing || (out && out->table == *table && out->of_existing)};
    }
  }
  return out;
}

/// A query by nothing but the key of a row of that table.
struct QueryByName {
  const Interface* interface = nullptr;
  std::size_t variant = 0;
};

QueryByName query_by_name(const core::Spec& spec, const Scope& scope, std::size_t table) {
  for (const Interface& query : spec.interfaces) {
    if (!scope.has(query) || query.reply.empty() || !changed_tables(query).empty()) continue;
    const bool finds_it =
        std::any_of(query.effects.begin(), query.effects.end(), [&](const Step& step) { return step.kind == Step::Kind::find && step.find.table == table; });
    for (std::size_t variant = 0; finds_it && variant < query.variants.size(); ++variant) {
      std::vector<std::size_t> keys;
      for (const std::size_t field : query.variants[variant].fields)
        if (query.request[field].refers) keys.push_back(*query.request[field].refers);
      if (keys == std::vector{table}) return {&query, variant};
    }
  }
  return {};
}

/// The rows that a query by the name shows. Asked until there is one or --effect-timeout is over; once where none is expected.
Sent rows_of_name(CaseContext& context, const QueryByName& query, std::size_t table, const std::string& name, bool expected) {
  FixtureSet only = {{table, name}};
  const RequestBuilder request = context.fixtures().make_request(*query.interface, query.variant, only);
  const auto deadline = context.session().clock() + (expected ? context.options().effect_timeout : std::chrono::milliseconds(0));
  constexpr std::chrono::milliseconds pause(250);
  for (;;) {
    Sent sent = context.fixtures().send(request);
    if (sent.no_reply()) throw Inconclusive{msg<"case.no-reply-from">(query.interface->name, sent.reply.problem)};
    const bool shown = sent.answered(context.success()) && !sent.reply.rows(context.spec().envelope).empty();
    if (shown || context.session().clock() >= deadline) return sent;
    context.session().sleep(pause);
  }
}

std::size_t count_rows(CaseContext& context, const Sent& sent) {
  return sent.answered(context.success()) ? sent.reply.rows(context.spec().envelope).size() : 0;
}

bool lacks_a_reply(const std::vector<Sent>& all) {
  return std::any_of(all.begin(), all.end(), [](const Sent& one) { return one.no_reply(); });
}

std::vector<Sent> send_all(CaseContext& context, const std::vector<RequestBuilder>& requests) {
  std::vector<std::pair<const Interface*, std::string>> bodies;
  bodies.reserve(requests.size());
  for (const RequestBuilder& one : requests) bodies.emplace_back(one.interface, one.body());
  return context.session().send_concurrently(bodies);
}

/// Reply fields that show a number which the server gives to each row, and to no other.
std::vector<std::size_t> numbered_fields(const Interface& maker, const Interface& query) {
  std::set<std::pair<std::size_t, std::size_t>> numbered;  // table, column
  for (const Step& step : maker.effects)
    if (step.kind == Step::Kind::insert)
      for (const core::Assignment& one : step.insert.set)
        if (one.value.op == core::Expr::Op::server_assigned && !one.value.args.empty() && one.value.args.front().op == core::Expr::Op::next)
          numbered.emplace(step.insert.table, one.column);
  std::vector<std::size_t> tables, out;
  for (const Step& step : query.effects) {
    if (step.kind == Step::Kind::find) tables.push_back(step.find.table);
    if (step.kind != Step::Kind::rows) continue;
    for (std::size_t i = 0; i < step.rows.fields.size(); ++i) {
      const core::Expr& shown = step.rows.fields[i];
      if (shown.op == core::Expr::Op::path && shown.columns.size() == 1 && numbered.count({tables[step.rows.row], shown.columns.front()}) > 0) out.push_back(i);
    }
  }
  return out;
}

/// Each with a name of its own; all else is alike, so that their order does not matter. Where they make their owners too, two have the same one.
class DifferentRequests final : public ConcurrencyCase {
 public:
  DifferentRequests(CaseInfo info, NamedRow named) : ConcurrencyCase(std::move(info)), named_(named) {}

 private:
  CaseResult run_at_once(CaseContext& context) const override {
    const Interface& interface = context.interface();
    FixtureFactory& fixtures = context.fixtures();
    const std::size_t count = std::min(context.session().connections().at_once, named_.of_existing ? most_at_once : most_rows);
    FixtureSet fixture;
    std::vector<RequestBuilder> requests = {fixtures.make_request(interface, 0, fixture)};
    while (requests.size() < count) {
      RequestBuilder next = requests.front();
      const bool has_the_firsts_owner = !named_.of_existing && requests.size() == 1;
      for (std::size_t i = 0; i < next.raw.size(); ++i)
        if (interface.request[i].names && next.raw[i] && (i == named_.field || !has_the_firsts_owner))
          next.raw[i] = raw_value(interface.request[i], fixtures.unused_key());
      requests.push_back(std::move(next));
    }
    const std::vector<Sent> all = send_all(context, requests);
    CaseResult result;
    result.expected = msg<"case.each-carried-out">();
    result.observed = codes_of(all);
    result.sent = all.front();
    std::vector<FixtureSet> made;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!all[i].answered(context.success())) continue;
      made.push_back(fixture);
      (void)fixtures.apply_to_model(requests[i], made.back());
    }
    if (made.size() < 2) {
      result.reason = msg<"case.too-few-at-once">();
      return result;
    }
    QueryDiff seen;
    i18n::Message same_number;
    for (const Interface& query : context.spec().interfaces) {
      if (!shows_effect_of(context.spec(), fixtures.scope(), interface, query)) continue;
      if (!seen.differences.empty()) break;
      if (named_.of_existing) {
        seen = context.side_effects().query_and_diff(query, made.back());
        if (same_number.empty()) same_number = shared_number(context, query, seen.witness);
        continue;
      }
      for (FixtureSet& one : made)
        if (seen.differences.empty()) seen = context.side_effects().query_and_diff(query, one);
      if (seen.differences.empty()) seen = list_of_owner(context, query, made.front());
      break;  // one query shows whether they are there
    }
    const bool good = seen.differences.empty() && same_number.empty();
    result.verdict = good ? Verdict::passed : lacks_a_reply(all) ? Verdict::inconclusive : Verdict::failed;
    if (good) return result;
    result.reason = seen.differences.empty() ? same_number : msg<"case.lost-at-once">(made.size(), seen.differences.front());
    if (!seen.differences.empty()) result.observed = seen.differences.front();
    if (!seen.witness.request.path.empty()) result.sent = seen.witness;
    if (!seen.differences.empty() && is_wrong_alone(context)) {
      result.verdict = Verdict::inconclusive;
      result.reason = msg<"case.same-reply-alone">();
    }
    return result;
  }

  /// What the query shows by the owner's key alone; nothing where it has no such form.
  QueryDiff list_of_owner(CaseContext& context, const Interface& query, FixtureSet& made) const {
    for (std::size_t form = 0; form < query.variants.size(); ++form) {
      std::vector<std::size_t> keys;
      for (const std::size_t field : query.variants[form].fields)
        if (query.request[field].refers) keys.push_back(*query.request[field].refers);
      if (keys.size() == 1 && keys.front() != named_.table) return context.side_effects().query_and_diff(query, made, form);
    }
    return {};
  }

  /// Whether the queries show the wrong thing of a request that came alone, too: then it does not come of requests at once, and other cases judge it.
  static bool is_wrong_alone(CaseContext& context) {
    const Interface& interface = context.interface();
    FixtureFactory& fixtures = context.fixtures();
    FixtureSet alone;
    const RequestBuilder request = fixtures.make_request(interface, 0, alone);
    if (!fixtures.send_and_track(request, alone).answered(context.success())) return false;
    return std::any_of(context.spec().interfaces.begin(), context.spec().interfaces.end(), [&](const Interface& query) {
      return shows_effect_of(context.spec(), fixtures.scope(), interface, query) && !context.side_effects().query_and_diff(query, alone).differences.empty();
    });
  }

  /// Why the numbers that the server gave are not one for each row; empty where they are.
  static i18n::Message shared_number(CaseContext& context, const Interface& query, const Sent& shown_by) {
    for (const std::size_t field : numbered_fields(context.interface(), query)) {
      std::set<std::string> numbers;
      for (const json::Json* row : shown_by.reply.rows(context.spec().envelope)) {
        const json::Json* value = row->get(query.reply[field].name);
        if (value != nullptr && !value->text.empty() && !numbers.insert(value->text).second)
          return msg<"case.number-given-twice">(query.reply[field].name, value->text);
      }
    }
    return {};
  }

  NamedRow named_;
};

/// The same name for rows of several owners: it goes to one of them.
class OneNameForSeveral final : public ConcurrencyCase {
 public:
  OneNameForSeveral(CaseInfo info, NamedRow named, QueryByName query) : ConcurrencyCase(std::move(info)), named_(named), query_(query) {}

  std::vector<const Interface*> needs() const override { return {query_.interface}; }

 private:
  CaseResult run_at_once(CaseContext& context) const override {
    const Interface& interface = context.interface();
    FixtureFactory& fixtures = context.fixtures();
    std::vector<FixtureSet> sets(std::min(context.session().connections().at_once, owners));
    const std::string name = fixtures.unused_key();
    std::vector<RequestBuilder> requests;
    requests.reserve(sets.size());
    for (FixtureSet& one : sets) {
      requests.push_back(fixtures.make_request(interface, 0, one));
      requests.back().raw[named_.field] = raw_value(interface.request[named_.field], name);
    }
    if (named_.of_existing && sets.front() == sets.back()) throw Inconclusive{msg<"case.needs-several-rows">()};
    const std::vector<Sent> all = send_all(context, requests);
    CaseResult result;
    result.expected = msg<"case.one-row-of-name">();
    result.observed = codes_of(all);
    result.sent = all.front();
    const bool accepted = std::any_of(all.begin(), all.end(), [&](const Sent& one) { return one.answered(context.success()); });
    if (!accepted && !lacks_a_reply(all)) {
      result.reason = msg<"case.too-few-at-once">();
      return result;
    }
    const Sent shown = rows_of_name(context, query_, named_.table, name, accepted);
    const std::size_t rows = count_rows(context, shown);
    result.sent = shown;
    const bool lost = lacks_a_reply(all);
    if (rows == 1 && !is_of_one_request(context, *shown.reply.rows(context.spec().envelope).front(), requests)) {
      result.verdict = Verdict::failed;
      result.reason = msg<"case.row-of-several-requests">();
    } else if (rows == 1) {
      result.verdict = Verdict::passed;
    } else {
      result.verdict = rows == 0 && lost ? Verdict::inconclusive : Verdict::failed;
      result.reason = msg<"case.rows-of-one-name">(query_.interface->name, rows);
    }
    return result;
  }

  /// Whether what a row shows of the requests' fields, by their names, is of one of them.
  static bool is_of_one_request(CaseContext& context, const json::Json& row, const std::vector<RequestBuilder>& requests) {
    return std::any_of(requests.begin(), requests.end(), [&](const RequestBuilder& request) {
      for (std::size_t i = 0; i < request.raw.size(); ++i) {
        const core::Field& field = context.interface().request[i];
        const json::Json* value = row.get(field.name);
        const auto sent = request.raw[i] && (field.refers || field.names) ? json::parse_json(*request.raw[i]) : std::nullopt;
        if (value != nullptr && sent && value->text != sent->text) return false;
      }
      return true;
    });
  }

  NamedRow named_;
  QueryByName query_;
};

/// Requests for rows and queries that list them, all at once: a row that was there before is in every list, and all are there afterwards.
class WhileRead final : public ConcurrencyCase {
 public:
  WhileRead(CaseInfo info, NamedRow named, QueryByName query) : ConcurrencyCase(std::move(info)), named_(named), query_(query) {}

  std::vector<const Interface*> needs() const override { return {query_.interface}; }

 private:
  CaseResult run_at_once(CaseContext& context) const override {
    FixtureFactory& fixtures = context.fixtures();
    FixtureSet fixture;
    RequestBuilder request = fixtures.make_request(context.interface(), 0, fixture);
    const std::string before = name_in(request);
    if (!fixtures.send_and_track(request, fixture).answered(context.success())) throw Inconclusive{msg<"case.too-few-at-once">()};
    const RequestBuilder list = fixtures.make_request(*query_.interface, 0, fixture);
    if (!lists(context, rows_of_name(context, query_, named_.table, before, true), before) || !lists(context, fixtures.send(list), before))
      throw Inconclusive{msg<"case.first-not-shown">(query_.interface->name)};
    std::vector<RequestBuilder> requests;
    const std::size_t pairs = std::max<std::size_t>(std::min(context.session().connections().at_once, 2 * owners - 2) / 2, 1);
    for (std::size_t i = 0; i < pairs; ++i) {
      request.raw[named_.field] = raw_value(context.interface().request[named_.field], fixtures.unused_key());
      requests.push_back(request);
      requests.push_back(list);
    }
    const std::vector<Sent> all = send_all(context, requests);
    CaseResult result;
    result.expected = msg<"case.listed-while-written">(before);
    result.observed = codes_of(all);
    result.sent = all.front();
    std::vector<std::string> names{before};
    for (std::size_t i = 0; i < all.size(); i += 2) {
      if (!all[i].answered(context.success())) continue;
      names.push_back(name_in(requests[i]));
      FixtureSet made = fixture;
      (void)fixtures.apply_to_model(requests[i], made);
    }
    for (std::size_t i = 1; i < all.size(); i += 2) {
      const Sent read = with_content(context, all[i]);
      if (read.no_reply() || lists(context, read, before)) continue;
      return failed(std::move(result), read, msg<"case.gone-while-written">(query_.interface->name, before));
    }
    for (const std::string& name : {names.front(), names.back()}) {
      const Sent shown = rows_of_name(context, query_, named_.table, name, true);
      if (count_rows(context, shown) == 0) return failed(std::move(result), shown, msg<"case.rows-of-one-name">(query_.interface->name, std::size_t{0}));
    }
    result.verdict = names.size() > 1 ? Verdict::passed : Verdict::inconclusive;
    if (names.size() < 2) result.reason = msg<"case.too-few-at-once">();
    return result;
  }

  static CaseResult failed(CaseResult result, const Sent& shown_by, i18n::Message why) {
    result.verdict = Verdict::failed;
    result.observed = code_of(shown_by);
    result.reason = std::move(why);
    result.sent = shown_by;
    return result;
  }
  std::string name_in(const RequestBuilder& request) const {
    const auto name = json::parse_json(request.raw[named_.field].value_or("\"\""));
    return name ? name->text : std::string();
  }
  /// What a reply to requests at once contains was not kept.
  static Sent with_content(CaseContext& context, Sent sent) {
    sent.reply = read_reply(sent.exchange, context.spec());
    return sent;
  }
  bool lists(CaseContext& context, const Sent& sent, const std::string& name) const {
    const auto rows = sent.reply.rows(context.spec().envelope);
    const std::string& field = context.interface().request[named_.field].name;
    return sent.answered(context.success()) &&
           std::any_of(rows.begin(), rows.end(), [&](const json::Json* row) { return row->get(field) == nullptr || row->get(field)->text == name; });
  }

  NamedRow named_;
  QueryByName query_;
};

/// A request for a row, and one of another interface that ends the row: what was accepted is there afterwards, what was refused is not.
class WhileRowEnds final : public ConcurrencyCase {
 public:
  WhileRowEnds(CaseInfo info, NamedRow named, QueryByName query, const Interface& ending)
      : ConcurrencyCase(std::move(info)), named_(named), query_(query), ending_(ending) {}

  std::vector<const Interface*> needs() const override { return {query_.interface, &ending_}; }

 private:
  CaseResult run_at_once(CaseContext& context) const override {
    FixtureFactory& fixtures = context.fixtures();
    FixtureSet fixture;
    const RequestBuilder first = fixtures.make_request(context.interface(), 0, fixture);
    RequestBuilder second = fixtures.make_request(ending_, 0, fixture);
    for (std::size_t i = 0; i < second.raw.size(); ++i) {
      const core::Field& field = ending_.request[i];
      const auto row = field.fresh && field.refers ? fixture.find(*field.refers) : fixture.end();
      if (row == fixture.end()) continue;
      if (fixtures.is_named(*field.refers, row->second)) throw Inconclusive{msg<"case.would-spoil-named-row">(ending_.name, row->second)};
      second.raw[i] = raw_value(field, row->second);
    }
    const std::vector<Sent> all = send_all(context, {first, second});
    CaseResult result;
    result.expected = msg<"case.carried-out-or-refused">();
    result.observed = codes_of(all);
    result.sent = all.front();
    if (lacks_a_reply(all)) {
      result.reason = msg<"case.not-every-copy-answered">();
      return result;
    }
    const bool accepted = all.front().answered(context.success());
    const auto name = json::parse_json(first.raw[named_.field].value_or("\"\""));
    const Sent shown = rows_of_name(context, query_, named_.table, name ? name->text : std::string(), accepted);
    const std::size_t rows = count_rows(context, shown);
    result.sent = shown;
    result.verdict = rows == (accepted ? 1U : 0U) ? Verdict::passed : Verdict::failed;
    if (result.verdict == Verdict::failed) result.reason = msg<"case.rows-of-one-name">(query_.interface->name, rows);
    return result;
  }

  NamedRow named_;
  QueryByName query_;
  const Interface& ending_;
};

/// Two requests at the same moment that put different rows in one's place: where the second is refused when it comes later, one of them is.
class TwoSuccessors final : public ConcurrencyCase {
 public:
  using ConcurrencyCase::ConcurrencyCase;

 private:
  CaseResult run_at_once(CaseContext& context) const override {
    FixtureFactory& fixtures = context.fixtures();
    const Interface& interface = context.interface();
    FixtureSet before;
    const RequestBuilder first = fixtures.make_request(interface, 0, before), later = fixtures.make_request(interface, 0, before);
    if (!fixtures.send_and_track(first, before).answered(context.success())) throw Inconclusive{msg<"case.too-few-at-once">()};
    const Sent refused = context.session().send(interface, later.body());
    if (!refused.reply.code || refused.answered(context.success())) throw Inconclusive{msg<"case.second-successor-taken">()};
    FixtureSet rows;
    const std::vector<RequestBuilder> requests = {fixtures.make_request(interface, 0, rows), fixtures.make_request(interface, 0, rows)};
    const std::vector<Sent> all = send_all(context, requests);
    CaseResult result;
    result.expected = msg<"case.one-is-refused">();
    result.observed = codes_of(all);
    result.sent = all.front();
    if (lacks_a_reply(all)) {
      result.reason = msg<"case.not-every-copy-answered">();
      return result;
    }
    const bool both = std::all_of(all.begin(), all.end(), [&](const Sent& one) { return one.answered(context.success()); });
    result.verdict = both ? Verdict::failed : Verdict::passed;
    if (both) result.reason = msg<"case.both-at-once">(code_of(refused));
    return result;
  }
};

/// What shows one order, and what its opposite; empty unless the case that finds them out has passed.
struct OrderWords {
  std::array<std::string, 2> words;
};

class OrdersAtOnce : public ConcurrencyCase {
 public:
  OrdersAtOnce(CaseInfo info, ShownOrders orders) : ConcurrencyCase(std::move(info)), orders_(std::move(orders)) {}

  std::vector<const Interface*> needs() const override { return {orders_.query}; }

 protected:
  const ShownOrders& orders() const { return orders_; }

  RequestBuilder order(CaseContext& context, FixtureSet& rows, bool one) const {
    RequestBuilder out = context.fixtures().make_request(context.interface(), 0, rows);
    out.raw[orders_.field] = raw_value(context.interface().request[orders_.field], one ? orders_.one : orders_.other);
    return out;
  }

  /// What is shown of the row at first sight; "" for nothing.
  std::string shown_now(CaseContext& context, FixtureSet& rows) const {
    const Sent sent = context.fixtures().send(context.fixtures().make_request(*orders_.query, 0, rows));
    const bool is_one = sent.answered(context.success()) && sent.reply.rows(context.spec().envelope).size() == 1;
    return is_one ? shown_word(context.spec(), orders_, sent) : std::string();
  }

  /// Waited for as long as --effect-timeout says, however often that was in vain: a meter may call in seldom.
  std::string shown(CaseContext& context, FixtureSet& rows, const std::function<bool(const std::string&)>& is_wanted, CaseResult& out) const {
    const RequestBuilder question = context.fixtures().make_request(*orders_.query, 0, rows);
    const auto is_word = [&](const std::string& word) { return !word.empty() && is_wanted(word); };
    std::string found = look_at_word(context, orders_, question, is_word, false, out);
    if (found.empty()) throw Inconclusive{msg<"case.shows-nothing-yet">(orders_.query->name)};
    return found;
  }

 private:
  ShownOrders orders_;
};

/// Opposite orders to two rows at the same moment: each does what it was told, whatever the words are that show it.
class OrdersOfTwoRows final : public OrdersAtOnce {
 public:
  using OrdersAtOnce::OrdersAtOnce;

 private:
  CaseResult run_at_once(CaseContext& context) const override {
    std::array<FixtureSet, 2> rows;
    std::array<std::string, 2> before;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      RequestBuilder request = order(context, rows[i], i == 0);
      if (!context.fixtures().send_in_time(request).answered(context.success())) throw Inconclusive{msg<"case.too-few-at-once">()};
      (void)context.fixtures().apply_to_model(request, rows[i]);
    }
    if (rows.front() == rows.back()) throw Inconclusive{msg<"case.needs-several-rows">()};
    CaseResult result;
    for (std::size_t i = 0; i < rows.size(); ++i)
      before[i] = shown(
          context, rows[i], [](const std::string&) { return true; }, result);
    if (before.front() == before.back())
      before.back() = shown(
          context, rows.back(), [&](const std::string& word) { return word != before.front(); }, result);
    if (before.front() == before.back()) throw Inconclusive{msg<"case.states-alike">(orders().query->name)};
    const std::vector<RequestBuilder> requests = {order(context, rows.front(), false), order(context, rows.back(), true)};
    const std::vector<Sent> all = send_all(context, requests);
    result.expected = msg<"case.each-carried-out">();
    result.observed = codes_of(all);
    for (const Sent& one : all)
      if (!one.answered(context.success())) throw Inconclusive{msg<"case.too-few-at-once">()};
    for (std::size_t i = 0; i < rows.size(); ++i) (void)context.fixtures().apply_to_model(requests[i], rows[i]);
    result.verdict = Verdict::passed;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string& wanted = before[1 - i];
      const std::string now = shown(
          context, rows[i], [&](const std::string& word) { return word == wanted; }, result);
      if (now == wanted) continue;
      result.verdict = Verdict::failed;
      result.reason = msg<"case.lost-at-once">(requests.size(), msg<"case.field-of-same-order">(orders().query->reply[orders().shown].name, now, wanted));
      return result;
    }
    context.shared<OrderWords>().words = before;
    return result;
  }
};

/// Opposite orders to one row at the same moment: in the end it is as one of them says.
class OppositeOrders final : public OrdersAtOnce {
 public:
  using OrdersAtOnce::OrdersAtOnce;

 private:
  CaseResult run_at_once(CaseContext& context) const override {
    const std::array<std::string, 2>& words = context.shared<OrderWords>().words;
    if (words.front() == words.back()) throw Inconclusive{msg<"case.order-not-shown">(orders().query->name)};
    FixtureSet rows;
    CaseResult result;
    (void)order(context, rows, true);
    const std::string before = shown_now(context, rows);
    const std::vector<RequestBuilder> requests = {order(context, rows, true), order(context, rows, false)};
    const std::vector<Sent> all = send_all(context, requests);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!all[i].answered(context.success())) throw Inconclusive{msg<"case.too-few-at-once">()};
      (void)context.fixtures().apply_to_model(requests[i], rows);
    }
    result.expected = msg<"case.state-of-one-order">(words.front(), words.back());
    // Until both are carried out it may show what it did before.
    constexpr std::chrono::milliseconds a_moment(100);
    context.session().sleep(std::max(a_moment, context.session().usual_delay(*orders().query)));
    const auto is_of_one = [&](const std::string& word) { return std::find(words.begin(), words.end(), word) != words.end(); };
    const std::string now = shown(context, rows, is_of_one, result);
    result.observed = msg<"case.field-equals">(orders().query->reply[orders().shown].name, now);
    if (!is_of_one(now) && now == before) throw Inconclusive{msg<"case.order-not-shown">(orders().query->name)};
    result.verdict = is_of_one(now) ? Verdict::passed : Verdict::failed;
    if (result.verdict == Verdict::failed) result.reason = msg<"case.state-of-neither-order">();
    return result;
  }
};

}  // namespace

void add_concurrent_changes_cases(const PlanContext& plan, const Interface& interface, CaseList& out) {
  if (auto orders = shown_orders(plan.spec, plan.scope, interface)) {
    CaseInfo two = concurrency_info(plan, interface, "two-rows", {"同时下达给两块表的指令各自生效", "orders to two rows at once are both carried out"}, 8);
    two.clauses = {clause::concurrent(interface)};
    out.push_back(std::make_unique<OrdersOfTwoRows>(std::move(two), *orders));
    CaseInfo opposite =
        concurrency_info(plan, interface, "opposite-orders",
                         {"同时下达给同一块表的相反指令，最终以其中之一为准", "of opposite orders to one row at once one counts in the end"}, 3);
    opposite.clauses = {clause::concurrent(interface)};
    opposite.is_spare = true;
    out.push_back(std::make_unique<OppositeOrders>(std::move(opposite), std::move(*orders)));
  }
  if (ends_rows(plan.spec, interface)) {
    CaseInfo two = concurrency_info(plan, interface, "two-successors",
                                    {"同时以两块新表替换同一旧表时只有一次生效", "a row that is replaced twice at once is replaced once"}, 10);
    two.clauses = {clause::concurrent(interface)};
    out.push_back(std::make_unique<TwoSuccessors>(std::move(two)));
  }
  const auto named = named_row(plan.spec, interface);
  if (!named) return;
  const std::size_t looks = 6;
  CaseInfo different =
      concurrency_info(plan, interface, "different-requests", {"同时到达的不同请求全部生效", "different requests that arrive at once are all carried out"},
                       (named->of_existing ? most_at_once : 2 * most_rows) + looks);
  different.clauses = {clause::concurrent(interface)};
  out.push_back(std::make_unique<DifferentRequests>(std::move(different), *named));
  const QueryByName query = query_by_name(plan.spec, plan.scope, named->table);
  if (query.interface == nullptr) return;
  CaseInfo one_name = concurrency_info(plan, interface, "one-name-for-several",
                                       {"同时用于多户的同一编号只属于一户", "a key that several use at once goes to one of them"}, 2 * owners + 1);
  one_name.clauses = {clause::concurrent(interface)};
  out.push_back(std::make_unique<OneNameForSeveral>(std::move(one_name), *named, query));
  if (named->of_existing) {
    CaseInfo read =
        concurrency_info(plan, interface, "while-read", {"写入的同时查询，已有数据不缺失", "what is there is listed while more is written"}, 2 * owners + 6);
    read.clauses = {clause::concurrent(interface)};
    out.push_back(std::make_unique<WhileRead>(std::move(read), *named, query));
  }
  for (const Interface& ending : plan.spec.interfaces) {
    if (!named->of_existing || !plan.scope.has(ending) || &ending == &interface || !ends_rows(plan.spec, ending)) continue;
    CaseInfo info =
        concurrency_info(plan, interface, "while-" + core::slug_of(ending.name),
                         {"与 " + ending.name + " 同时到达时，或生效或拒绝", "at the same moment as " + ending.name + " it is carried out or refused"}, 5);
    info.clauses = {clause::concurrent(interface)};
    out.push_back(std::make_unique<WhileRowEnds>(std::move(info), *named, query, ending));
  }
}

}  // namespace meterproof::conformance
