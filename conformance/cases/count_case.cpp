// SPDX-License-Identifier: Apache-2.0
// The second, the third, the n-th time: rows added, rows changed and reports made again and again, past the counts at which servers stop. It is looked at the
// result after some of them only. How many there may be is not stated: a refusal is told, and a success that does not show fails.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "conformance/cases/charge_fields.hpp"
#include "conformance/cases/row_series.hpp"
#include "conformance/cases/shown_values.hpp"
#include "conformance/change_trial.hpp"
#include "conformance/expected_rows.hpp"
#include "conformance/row_look.hpp"
#include "core/json/json.hpp"

namespace meterproof::conformance {

using core::Decimal;
using core::Expr;
using core::Interface;
using core::RequestBuilder;
using core::Step;
using i18n::Message;
using i18n::msg;
using reports::Verdict;

namespace {

// Past 10, 16, 20, 50, 100 and 128.
constexpr std::size_t most_listed = 130;     // rows of one owner who was there before
constexpr std::size_t most_made = 21;        // rows that come with their owner
constexpr std::size_t most_of_a_named = 22;  // rows of one whom the vendor has named: nothing takes them away again
constexpr std::array<std::size_t, 7> row_milestones = {2, 3, 11, 21, 51, 101, 129};
// Where there are timestamps for them, there are more: of changes that make no row, past 50.
constexpr std::size_t rounds = 11, many_rounds = 22, most_rounds = 52;
// With the request that made the row, the ninth is the tenth.
constexpr std::array<std::size_t, 13> round_milestones = {1, 2, 4, 5, 9, 10, 11, 16, 17, 21, 22, 51, 52};
constexpr std::size_t reports_in_a_row = 22, many_reports = 52, rows_reported = 21;

template <std::size_t size>
bool is_in(const std::array<std::size_t, size>& all, std::size_t number) {
  return std::find(all.begin(), all.end(), number) != all.end();
}

class CountCase : public TestCase {
 public:
  using TestCase::TestCase;

  bool rests_on_several() const override { return true; }

 protected:
  static CaseResult begin(std::size_t count) {
    CaseResult out;
    out.expected = msg<"case.each-of-many">(count);
    out.observed = msg<"case.not-seen">();
    return out;
  }
  static void pass(CaseResult& out, std::size_t count) {
    out.verdict = Verdict::passed;
    out.observed = msg<"case.all-of-many">(count);
  }
  static void fail(CaseResult& out, std::size_t number, Message difference) {
    out.verdict = Verdict::failed;
    out.observed = msg<"case.after-request">(number, std::move(difference));
    out.reason = msg<"case.not-each-time">();
  }
  /// A refusal after so many successes; before the first one nothing is judged.
  static void refuse(CaseResult& out, std::size_t successes, Sent sent) {
    out.observed = code_of(sent);
    out.verdict = successes < 2 ? Verdict::inconclusive : Verdict::warned;
    out.reason = successes < 2 ? msg<"case.effect-request-refused">(code_of(sent)) : msg<"case.many-refused">(successes, code_of(sent));
    out.sent = std::move(sent);
  }
  /// A report, and how its reply differs from what the model expects.
  struct Reported {
    Sent sent;
    std::vector<Message> differences;
  };
  /// Sends it. Nothing where it was refused: that is told in `out`. `successes`: those before it. Throws Inconclusive where the reply is lost.
  static std::optional<Reported> report(CaseContext& context, const RequestBuilder& request, FixtureSet& fixture, std::size_t successes, CaseResult& out) {
    Sent sent = context.fixtures().send(request);
    if (sent.no_reply()) throw Inconclusive{msg<"case.no-reply">(sent.reply.problem)};
    if (!sent.answered(context.success())) {
      refuse(out, successes, std::move(sent));
      return std::nullopt;
    }
    const store::ResultSet implied = context.fixtures().apply_to_model(request, fixture);
    context.session().exchange_log().expect(sent.request, expected_rows(*request.interface, implied));
    std::vector<Message> found = conformance::differences(*request.interface, sent.reply.rows(context.spec().envelope), implied);
    return Reported{std::move(sent), std::move(found)};
  }
};

// ---- rows of one owner

struct RowObservations {
  bool done = false;
  CaseResult rows;
  SumLook sum;
  std::size_t added = 0;  // amounts of the sum
  Message no_sum;
};

/// Adds rows to an owner's, and looks whether the query lists them all.
class ManyRows {
 public:
  ManyRows(CaseContext& context, const ListedRows& listed, std::optional<std::size_t> amount) : context_(context), listed_(listed), amount_(amount) {}

  RowObservations run() {
    RowObservations out;
    OwnerRows of_its_own;
    OwnerRows& owner = listed_.owner_exists ? context_.shared<OwnerRows>() : of_its_own;
    CaseResult& result = out.rows;
    result.observed = msg<"case.not-seen">();
    std::size_t most = listed_.owner_exists ? most_listed : most_made;
    std::size_t listed = owner.names.empty() ? 0 : expected_of(owner).size();
    result.expected = msg<"case.each-of-many">(most);
    if (listed > 1 && !all_listed(owner, result)) return out;
    while (listed < most) {
      const RequestBuilder request = make_request(owner);
      if (listed_.owner_exists && is_named(owner)) most = std::min(most, most_of_a_named);
      const Sent sent = context_.fixtures().send_and_track(request, owner.fixture);
      if (sent.no_reply() && !sent.carried_out) throw Inconclusive{msg<"case.no-reply">(sent.reply.problem)};
      if (!sent.answered(context_.success()) && !sent.carried_out) {
        if (!std::exchange(usual_words_, true)) continue;  // once more with those of which it has taken some
        note_refusal(request, owner, sent, result);
        break;
      }
      if (owner.names.empty()) first_ = request;
      owner.names.push_back(text_in(request, listed_.name));
      ++listed;
      if (owner.names.size() == 1) begin_sum(owner, out);
      if ((is_in(row_milestones, listed) || listed == most) && !all_listed(owner, result)) return out;
    }
    end_sum(owner, out);
    const bool is_refused = result.verdict == Verdict::warned || !result.reason.empty();
    if (!all_found(owner, result) || is_refused || !is_first_kept(owner, result)) return out;
    result.verdict = Verdict::passed;
    result.observed = msg<"case.all-of-many">(owner.names.size());
    return out;
  }

 private:
  bool is_named(const OwnerRows& owner) const {
    const auto key = owner.fixture.find(listed_.owner_table);
    return key != owner.fixture.end() && context_.fixtures().is_named(key->first, key->second);
  }

  /// Of one owner: all but the row itself is as in the first request, and what no two rows may have in common is new.
  RequestBuilder make_request(OwnerRows& owner) {
    RequestBuilder out = context_.fixtures().make_request(context_.interface(), 0, owner.fixture);
    if (listed_.owner_exists) take_words_in_turn(out, owner.names.size());
    if (listed_.owner_exists || !first_) return out;
    for (std::size_t i = 0; i < out.raw.size(); ++i) {
      const bool is_own = i == listed_.name || context_.interface().request[i].example.find('#') != std::string::npos;
      if (!is_own) out.raw[i] = first_->raw[i];
    }
    return out;
  }

  /// Of a vocabulary every word has its turn.
  void take_words_in_turn(RequestBuilder& request, std::size_t number) const {
    for (std::size_t i = 0; i < request.raw.size() && !usual_words_; ++i) {
      const core::Field& field = context_.interface().request[i];
      if (request.raw[i] && !field.values.empty() && !is_set_by_variant(context_.interface(), i))
        request.raw[i] = raw_value(field, field.values[number % field.values.size()].value);
    }
  }

  /// The names of the owner's rows that the query must list, in the order in which they were added.
  std::vector<std::string> expected_of(OwnerRows& owner) {
    const auto implied = rows_by(context_.fixtures().predict(list_request(context_, listed_, owner.fixture)), listed_.shown_name);
    std::vector<std::string> out;
    std::copy_if(owner.names.begin(), owner.names.end(), std::back_inserter(out), [&](const std::string& name) { return implied.count(name) > 0; });
    return out;
  }

  /// False where it is not, or cannot be told: then `out` says so.
  bool all_listed(OwnerRows& owner, CaseResult& out) {
    const Interface& query = *listed_.query;
    const std::vector<std::string> expected = expected_of(owner);
    const std::string& name = query.reply[listed_.shown_name].name;
    const auto missing = [&](const Sent& sent) {
      const auto rows = rows_by(sent, context_.spec().envelope, name);
      return std::find_if(expected.begin(), expected.end(), [&](const std::string& key) { return rows.count(key) == 0; });
    };
    const RequestBuilder request = list_request(context_, listed_, owner.fixture);
    const store::ResultSet implied = context_.fixtures().predict(request);
    Sent sent = ask_until(context_, request, [&](const Sent& one) {
      return context_.fixtures().is_disputed(request, one) || (missing(one) == expected.end() && !odd_row(expected, one, implied));
    });
    if (context_.fixtures().is_disputed(request, sent)) throw Inconclusive{msg<"case.query-answers">(query.name, code_of(sent))};
    const auto first = missing(sent);
    if (first == expected.end()) {
      auto odd = odd_row(expected, sent, implied);
      if (!odd) odd = undone_row(expected, sent);
      out.sent = std::move(sent);
      if (!odd) return true;
      out.verdict = Verdict::failed;
      out.observed = msg<"case.after-request">(odd->first, std::move(odd->second));
      out.reason = msg<"case.not-each-time">();
      return false;
    }
    if (!sent.answered(context_.success())) {
      out.verdict = Verdict::warned;  // how long a list may be is not stated
      out.observed = msg<"case.query-answers">(query.name, code_of(sent));
      out.reason = msg<"case.many-refused">(expected.size(), code_of(sent));
    } else {
      const auto rows = rows_by(sent, context_.spec().envelope, name);
      const auto listed = std::count_if(expected.begin(), expected.end(), [&](const std::string& key) { return rows.count(key) > 0; });
      out.verdict = Verdict::failed;
      out.observed = msg<"case.many-missing">(query.name, listed, expected.size(), first - expected.begin() + 1);
      out.reason = msg<"case.rows-lost">();
    }
    out.sent = std::move(sent);
    return false;
  }

  /// The number of a later row, and what it shows wrong although the first one shows it right; nothing where none does.
  std::optional<std::pair<std::size_t, Message>> odd_row(const std::vector<std::string>& expected, const Sent& sent, const store::ResultSet& implied) {
    const Interface& query = *listed_.query;
    const auto shown = rows_by(sent, context_.spec().envelope, query.reply[listed_.shown_name].name);
    const auto numbers = rows_by(implied, listed_.shown_name);
    const auto difference = [&](const std::string& key, std::size_t field) {
      return field_difference(query, *shown.at(key), field, implied.cell(numbers.at(key), field));
    };
    for (std::size_t field = 0; field < query.reply.size(); ++field) {
      const bool may_come_later = !query.reply[field].not_done.empty();
      if (may_come_later || expected.empty() || !difference(expected.front(), field).empty()) continue;
      for (std::size_t i = 1; i < expected.size(); ++i) {
        if (Message found = difference(expected[i], field); !found.empty()) return std::pair(i + 1, std::move(found));
        // The word of a list that the server chooses for the same request is the same.
        if (query.reply[field].values.empty()) continue;
        const store::CellValue cell = implied.cell(numbers.at(expected[i]), field), first = implied.cell(numbers.at(expected.front()), field);
        const bool is_alike = !cell.none() && cell.determinacy == store::Determinacy::server_assigned && cell.determinacy == first.determinacy &&
                              cell.to_string() == first.to_string();
        const std::string& name = query.reply[field].name;
        const std::string now = scalar_of(*shown.at(expected[i]), name), before = scalar_of(*shown.at(expected.front()), name);
        if (is_alike && !now.empty() && !before.empty() && now != before)
          return std::pair(i + 1, msg<"reply.field-differs">(name, i18n::verbatim(now), i18n::verbatim(before)));
      }
    }
    return std::nullopt;
  }

  /// The number of a row whose outcome was there before, and waits again.
  std::optional<std::pair<std::size_t, Message>> undone_row(const std::vector<std::string>& expected, const Sent& sent) {
    const Interface& query = *listed_.query;
    const auto shown = rows_by(sent, context_.spec().envelope, query.reply[listed_.shown_name].name);
    for (std::size_t field = 0; field < query.reply.size(); ++field) {
      const auto& [name, not_done] = std::pair(query.reply[field].name, query.reply[field].not_done);
      for (std::size_t i = 0; i < expected.size() && !not_done.empty(); ++i) {
        const std::string now = scalar_of(*shown.at(expected[i]), name);
        const bool is_done = !now.empty() && std::find(not_done.begin(), not_done.end(), now) == not_done.end();
        std::string& before = outcomes_[{field, expected[i]}];
        if (!before.empty() && !is_done) return std::pair(i + 1, msg<"case.field-was">(name, now, before));
        if (is_done) before = now;
      }
    }
    return std::nullopt;
  }

  /// By their own keys: the first rows, when many came after them, those in the middle, and the last ones.
  bool all_found(OwnerRows& owner, CaseResult& out) {
    const std::size_t count = owner.names.size();
    std::set<std::size_t> places;
    for (const std::size_t place : {std::size_t{0}, count / 3, count / 2, count - 1})
      if (place < count) places.insert(place);
    for (const std::size_t place : places) {
      const auto request = name_request(context_, listed_, owner.names[place]);
      if (!request) return true;
      Sent sent = ask_until(context_, *request, [&](const Sent& one) { return !one.reply.rows(context_.spec().envelope).empty(); });
      if (!sent.answered(context_.success())) return true;  // other cases judge this form of the query
      if (!sent.reply.rows(context_.spec().envelope).empty()) continue;
      out.verdict = Verdict::failed;
      out.observed = msg<"case.one-of-many-missing">(listed_.query->name, place + 1, count);
      out.reason = msg<"case.rows-lost">();
      out.sent = std::move(sent);
      return false;
    }
    return true;
  }

  /// The first row's key once more, with another amount, after many others: whatever that is answered, one row has it, as it was.
  bool is_first_kept(OwnerRows& owner, CaseResult& out) {
    constexpr std::size_t many = 20;
    const auto request = owner.names.empty() ? std::nullopt : name_request(context_, listed_, owner.names.front());
    if (!listed_.owner_exists || !amount_ || !first_ || !request || owner.names.size() < many) return true;
    const core::Field& amount = context_.interface().request[*amount_];
    const auto told = core::Decimal::parse(text_in(*first_, *amount_));
    const auto other = told ? core::Decimal::add(*told, core::Decimal(1, 0)) : std::nullopt;
    if (!other) return true;
    RequestBuilder again = *first_;
    again.raw[*amount_] = raw_value(amount, other->to_string());
    const Sent sent = context_.session().send(context_.interface(), again.body());
    Sent shown = context_.fixtures().send(*request);
    const auto rows = shown.reply.rows(context_.spec().envelope);
    if (sent.no_reply() || !shown.answered(context_.success()) || rows.empty()) return true;
    const auto kept = core::Decimal::parse(scalar_of(*rows.front(), amount.name));
    const auto summed = owner.sum_was_shown ? look_at_sum(context_, *sum(), owner.fixture).is_right : std::nullopt;
    if (rows.size() == 1 && (!kept || *kept == *told) && summed.value_or(true)) return true;
    out.verdict = Verdict::failed;
    out.observed = code_of(sent);
    out.reason = msg<"case.repeated-after-many">(owner.names.size(), rows.size());
    out.sent = std::move(shown);
    return false;
  }

  void note_refusal(const RequestBuilder& request, const OwnerRows& owner, const Sent& sent, CaseResult& out) {
    out.observed = code_of(sent);
    out.sent = sent;
    const core::OpenQuestion* question = context_.fixtures().predict_refusal(request).question;
    if (question != nullptr) out.reason = msg<"case.open-question-refused">(question->ask);
    else if (owner.names.size() < 2) out.reason = msg<"case.effect-request-refused">(code_of(sent));
    else out.reason = msg<"case.many-refused">(owner.names.size(), code_of(sent));
    out.verdict = question == nullptr && owner.names.size() >= 2 ? Verdict::warned : Verdict::inconclusive;
  }

  std::optional<ShownValue> sum() const {
    return amount_ ? shown_sum(context_.spec(), context_.fixtures().scope(), context_.interface(), *amount_) : std::nullopt;
  }

  /// When an amount gets into the sum is not stated: it is judged only where the first one was seen there.
  void begin_sum(OwnerRows& owner, RowObservations& out) {
    if (const auto shown = sum()) out.sum = look_at_sum(context_, *shown, owner.fixture);
    owner.sum_was_shown = out.sum.is_right.value_or(false);
  }

  void end_sum(OwnerRows& owner, RowObservations& out) {
    const auto shown = sum();
    if (!shown) return;
    out.sum.is_right.reset();
    if (owner.sum_was_shown) out.sum = look_at_sum(context_, *shown, owner.fixture);
    else out.no_sum = msg<"case.first-not-shown">(shown->query->name);
    out.added = owner.names.size();
  }

  CaseContext& context_;
  const ListedRows& listed_;
  std::optional<std::size_t> amount_;  // the field of the amounts that are summed up
  std::optional<RequestBuilder> first_;
  bool usual_words_ = false;                                             // others were refused
  std::map<std::pair<std::size_t, std::string>, std::string> outcomes_;  // shown last that was one, by field and row
};

/// The field whose values are summed up; nothing where none are.
std::optional<std::size_t> amount_of(const core::Spec& spec, const Scope& scope, const Interface& interface) {
  for (std::size_t i = 0; i < interface.request.size(); ++i)
    if (shown_sum(spec, scope, interface, i)) return i;
  return std::nullopt;
}

RowObservations& observed_rows(CaseContext& context) {
  auto& all = context.shared<RowObservations>();
  if (all.done) return all;
  all.done = true;
  const auto listed = listed_rows(context.spec(), context.fixtures().scope(), context.interface());
  if (!listed) throw Inconclusive{msg<"case.row-unknown">()};
  const FixtureFactory::Observing observing(context.fixtures());
  const ExchangeLog::Recording recording(context.session().exchange_log());
  try {
    all = ManyRows(context, *listed, amount_of(context.spec(), context.fixtures().scope(), context.interface())).run();
  } catch (const Inconclusive& missing) {
    all = {};
    all.rows.expected = msg<"case.each-of-many">(listed->owner_exists ? most_listed : most_made);
    all.rows.observed = msg<"case.not-seen">();
    all.rows.reason = all.no_sum = missing.why;
  }
  all.done = true;
  all.rows.steps = recording.steps();
  return all;
}

class ManyRowsCase final : public TestCase {
 public:
  ManyRowsCase(CaseInfo info, const Interface& query) : TestCase(std::move(info)), query_(query) {}

  std::vector<const Interface*> needs() const override { return {&query_}; }
  CaseResult run(CaseContext& context) const override { return observed_rows(context).rows; }

 private:
  const Interface& query_;
};

class ManySumCase final : public TestCase {
 public:
  ManySumCase(CaseInfo info, ShownValue sum) : TestCase(std::move(info)), sum_(sum) {}

  std::vector<const Interface*> needs() const override { return {sum_.query}; }

  CaseResult run(CaseContext& context) const override {
    const RowObservations& all = observed_rows(context);
    CaseResult result;
    result.expected = msg<"case.sum-of">(sum_.query->reply[sum_.field].name, all.added, all.sum.expected);
    result.observed = msg<"case.not-seen">();
    if (!all.sum.is_right) {
      result.reason = all.no_sum.empty() ? msg<"case.row-unknown">() : all.no_sum;
      return result;
    }
    result.verdict = *all.sum.is_right ? Verdict::passed : Verdict::failed;
    result.observed = *all.sum.is_right ? msg<"case.as-expected">() : all.sum.observed;
    if (!*all.sum.is_right) result.reason = msg<"case.sum-wrong">();
    result.sent = all.sum.sent;
    return result;
  }

 private:
  ShownValue sum_;
};

// ---- one row, changed again and again

class SameRowCase final : public CountCase {
 public:
  SameRowCase(CaseInfo info, const Interface& query, std::size_t variant, std::size_t count)
      : CountCase(std::move(info)), query_(query), variant_(variant), rounds_(count) {}

  std::vector<const Interface*> needs() const override { return {&query_}; }

  CaseResult run(CaseContext& context) const override {
    FixtureFactory& fixtures = context.fixtures();
    const Interface& interface = context.interface();
    const FixtureFactory::Observing observing(fixtures);
    CaseResult result = begin(rounds_);
    FixtureSet fixture;
    for (const std::size_t field : interface.variants[variant_].existing) fixtures.get_or_create(fixture, *interface.request[field].names, true);
    (void)fixtures.make_request(query_, 0, fixture);  // the row that is looked at is there before the first change
    const Others others = other_rows(context);
    for (std::size_t number = 1; number <= rounds_; ++number) {
      fixtures.need_budget(interface, interface.variants[variant_]);
      const FixtureSet new_names;
      RequestBuilder request = fixtures.make_request(interface, variant_, fixture, &new_names);
      for (const auto& [field, keys] : others) request.raw[field] = raw_value(interface.request[field], keys[number % keys.size()]);
      Sent sent = fixtures.send_and_track(request, fixture);
      if (sent.no_reply() && !sent.carried_out) throw Inconclusive{msg<"case.no-reply">(sent.reply.problem)};
      if (!sent.answered(context.success()) && !sent.carried_out) {
        refuse(result, number - 1, std::move(sent));
        return result;
      }
      if (!is_in(round_milestones, number)) continue;
      QueryDiff seen = context.side_effects().query_and_diff(query_, fixture);
      result.sent = std::move(seen.witness);
      if (seen.hidden) throw Inconclusive{msg<"case.shows-nothing-yet">(query_.name)};
      if (seen.differences.empty()) continue;
      if (number == 1) throw Inconclusive{msg<"case.first-not-shown">(query_.name)};
      fail(result, number, i18n::list(std::move(seen.differences)));
      return result;
    }
    pass(result, rounds_);
    fixtures.give_back(fixture);
    return result;
  }

 private:
  using Others = std::vector<std::pair<std::size_t, std::vector<std::string>>>;

  /// Three rows for each field that a request gives another row: they take turns.
  static Others other_rows(CaseContext& context) {
    constexpr std::size_t in_turn = 3;
    Others out;
    const Interface& interface = context.interface();
    for (std::size_t i = 0; i < interface.request.size(); ++i) {
      const core::Field& field = interface.request[i];
      if (!field.refers || !field.fresh) continue;
      std::vector<std::string>& keys = out.emplace_back(i, std::vector<std::string>()).second;
      while (keys.size() < in_turn) {
        FixtureSet other;
        keys.push_back(context.fixtures().get_or_create(other, *field.refers, true));
      }
    }
    return out;
  }

  const Interface& query_;
  std::size_t variant_, rounds_;
};

/// An order to and fro whose outcome the server chooses: the same order shows the same state each time.
class OrdersCase final : public CountCase {
 public:
  OrdersCase(CaseInfo info, ShownOrders orders, std::size_t count) : CountCase(std::move(info)), orders_(std::move(orders)), rounds_(count) {}

  std::vector<const Interface*> needs() const override { return {orders_.query}; }

  CaseResult run(CaseContext& context) const override {
    FixtureFactory& fixtures = context.fixtures();
    const FixtureFactory::Observing observing(fixtures);
    CaseResult result = begin(rounds_);
    FixtureSet fixture;
    const RequestBuilder query = fixtures.make_request(*orders_.query, 0, fixture);
    const auto anything = [](const std::string&) { return true; };
    std::string before = look_at_word(context, orders_, query, anything, true, result);
    std::array<std::string, 2> states;  // after the first of the two orders: [1]
    std::vector<std::size_t> forms = forms_for(context.interface(), fixture);
    for (std::size_t number = 1; number <= rounds_; ++number) {
      // Both orders in one form, then both in the next.
      const std::size_t form = forms[(number - 1) / 2 % forms.size()];
      RequestBuilder request = fixtures.make_request(context.interface(), form, fixture);
      request.raw[orders_.field] = raw_value(context.interface().request[orders_.field], number % 2 == 1 ? orders_.other : orders_.one);
      Sent sent = fixtures.send_and_track(request, fixture);
      if (sent.no_reply() && !sent.carried_out) throw Inconclusive{msg<"case.no-reply">(sent.reply.problem)};
      if (!sent.answered(context.success()) && !sent.carried_out && form != 0) {  // which forms there are may be disputed
        std::erase(forms, form);
        --number;
        continue;
      }
      if (!sent.answered(context.success()) && !sent.carried_out) {
        refuse(result, number - 1, std::move(sent));
        return result;
      }
      std::string& state = states[number % 2];
      if (number <= 2) {
        state = look_at_word(
            context, orders_, query, [&](const std::string& now) { return now != before; }, false, result);
        if (number == 2 && states[0] == states[1]) throw Inconclusive{msg<"case.states-alike">(orders_.query->name)};
        before = state;
        continue;
      }
      if (!is_in(round_milestones, number) && number != 3 && number != 7) continue;  // a lost order shows only until the next one
      const auto is_it = [&](const std::string& shown) { return shown == state; };
      std::string now = look_at_word(context, orders_, query, is_it, true, result);
      // A meter may call in seldom: before it is blamed, it is waited for as long as --effect-timeout says, however often that was in vain.
      if (now != state) now = look_at_word(context, orders_, query, is_it, false, result);
      if (now == state) continue;
      result.expected = msg<"case.state-of-order">(state);
      fail(result, number, msg<"case.field-equals">(orders_.query->reply[orders_.shown].name, now));
      return result;
    }
    pass(result, rounds_);
    return result;
  }

 private:
  /// The usual form, and those by some of its keys.
  static std::vector<std::size_t> forms_for(const Interface& interface, const FixtureSet& fixture) {
    std::vector<std::size_t> out = {0};
    for (std::size_t i = 1; i < interface.variants.size(); ++i) {
      const auto& fields = interface.variants[i].fields;
      const auto is_at_hand = [&](std::size_t at) { return !interface.request[at].refers || fixture.contains(*interface.request[at].refers); };
      if (std::all_of(fields.begin(), fields.end(), is_at_hand)) out.push_back(i);
    }
    return out;
  }

  ShownOrders orders_;
  std::size_t rounds_;
};

// ---- reports that are answered with what they led to

/// Makes a price whose tiers change with the reports that are of interest; without it, the usual one serves.
void make_own_price(CaseContext& context, const ChargeFields& charge, FixtureSet& fixture) {
  // Report n completes n-1 units: the price changes at reports 10, 11, 17, 20 and 21.
  constexpr std::array<std::string_view, 5> boundaries = {"8.5", "9.5", "15.5", "18.5", "19.5"};
  const core::Spec& spec = context.spec();
  const Interface* maker = maker_of(spec, context.fixtures().scope(), charge.tariff_table);
  const auto& tariff = spec.tables[charge.tariff_table].tariff;
  if (maker == nullptr || !tariff) return;
  FixtureSet with_price;
  RequestBuilder request = context.fixtures().make_request(*maker, 0, with_price);
  const auto set = [&](std::size_t column, std::string_view text) {
    for (const Step& step : maker->effects) {
      if (step.kind != Step::Kind::insert || step.insert.table != charge.tariff_table) continue;
      for (const core::Assignment& one : step.insert.set)
        if (one.column == column && one.value.op == Expr::Op::request) request.raw[one.value.field] = raw_value(maker->request[one.value.field], text);
    }
  };
  for (std::size_t i = 0; i < tariff->boundaries.size() && i < boundaries.size(); ++i) set(tariff->boundaries[i], boundaries[i]);
  set(tariff->period, std::to_string(tariff->yearly));
  if (context.fixtures().send_and_track(request, with_price).answered(context.success())) fixture = std::move(with_price);
}

class ReportsCase final : public CountCase {
 public:
  ReportsCase(CaseInfo info, ChargeFields charge, std::size_t reports) : CountCase(std::move(info)), charge_(charge), reports_(reports) {}

  CaseResult run(CaseContext& context) const override {
    FixtureFactory& fixtures = context.fixtures();
    const Interface& interface = context.interface();
    const FixtureFactory::Observing observing(fixtures);
    CaseResult result = begin(reports_);
    FixtureSet fixture;
    make_own_price(context, charge_, fixture);
    const RequestBuilder first = fixtures.make_request(interface, 0, fixture);
    const auto row = fixture.find(charge_.row_table);
    const bool is_named = row != fixture.end() && fixtures.is_named(row->first, row->second);
    const Decimal base = is_named ? Decimal::parse(text_in(first, charge_.reading)).value_or(Decimal()) : Decimal();
    Balances balances;
    for (std::size_t number = 1; number <= reports_; ++number) {
      RequestBuilder request = fixtures.make_request(interface, 0, fixture);
      const auto reading = Decimal::add(base, Decimal(static_cast<std::int64_t>(number) - 1, 0));
      request.raw[charge_.reading] = raw_value(interface.request[charge_.reading], reading.value_or(base).to_string());
      auto reported = report(context, request, fixture, number - 1, result);
      if (!reported) return result;
      auto& [sent, found] = *reported;
      const auto rows = sent.reply.rows(context.spec().envelope);
      if (!rows.empty()) balances.add(interface, charge_, *rows.front());
      result.sent = std::move(sent);
      if (found.empty()) continue;
      if (number == 1) throw Inconclusive{msg<"case.first-not-shown">(interface.name)};  // its other cases tell
      fail(result, number, i18n::list(std::move(found)));
      return result;
    }
    if (auto odd = balances.odd()) fail(result, odd->first, std::move(odd->second));
    else pass(result, reports_);
    return result;
  }

 private:
  /// Of a row of which the model knows no price: where most reports took a unit's price from the balance, each does.
  class Balances {
   public:
    void add(const Interface& interface, const ChargeFields& fields, const json::Json& row) {
      const auto number = [&](std::optional<std::size_t> field) {
        const json::Json* value = field ? row.get(interface.reply[*field].name) : nullptr;
        return value == nullptr ? std::nullopt : Decimal::parse(value->text);
      };
      const ChargeSeen seen{std::exchange(balance_, number(fields.balance)), balance_, std::exchange(price_, number(fields.price)), price_};
      const Decimal unit(1, 0);
      ++reports_;
      if (!seen.is_comparable()) return;
      // What is free at first may be the tariff's.
      if (seen.is_by_the_unit(unit)) ++due_;
      else if (due_ > 0)
        odd_.emplace_back(reports_, msg<"reply.field-differs">(interface.reply[*fields.balance].name, i18n::verbatim(balance_->to_string()),
                                                               i18n::verbatim(seen.left_after(unit).to_string())));
    }

    /// The first report that took another amount, and what it left; nothing where none did, or most did.
    std::optional<std::pair<std::size_t, Message>> odd() const { return odd_.empty() || due_ <= odd_.size() ? std::nullopt : std::optional(odd_.front()); }

   private:
    std::optional<Decimal> balance_, price_;
    std::size_t reports_ = 0, due_ = 0;
    std::vector<std::pair<std::size_t, Message>> odd_;
  };

  ChargeFields charge_;
  std::size_t reports_;
};

/// One report each of many rows.
class ManyReportedCase final : public CountCase {
 public:
  ManyReportedCase(CaseInfo info, ChargeFields charge) : CountCase(std::move(info)), charge_(charge) {}

  CaseResult run(CaseContext& context) const override {
    FixtureFactory& fixtures = context.fixtures();
    const Interface& interface = context.interface();
    CaseResult result = begin(rows_reported);
    std::set<std::string> keys;
    std::size_t good = 0, first_bad = 0;  // the number of a report; 0: none
    Message bad;
    for (std::size_t number = 1; number <= rows_reported; ++number) {
      FixtureSet fixture;
      const RequestBuilder request = fixtures.make_request(interface, 0, fixture);
      if (!keys.insert(fixture[charge_.row_table]).second) throw Inconclusive{msg<"case.needs-several-rows">()};
      auto reported = report(context, request, fixture, number - 1, result);
      if (!reported) return result;
      auto& [sent, found] = *reported;
      if (found.empty()) {
        ++good;
        if (bad.empty()) result.sent = std::move(sent);
      } else if (bad.empty()) {
        first_bad = number;
        bad = i18n::list(std::move(found));
        result.sent = std::move(sent);
      } else if (good == 0) {
        throw Inconclusive{msg<"case.first-not-shown">(interface.name)};  // its other cases tell
      }
      if (bad.empty() || good == 0) continue;
      fail(result, first_bad, std::move(bad));
      return result;
    }
    pass(result, rows_reported);
    return result;
  }

 private:
  ChargeFields charge_;
};

/// Fewer requests come with each than with those of other cases.
std::size_t of_a_long_series(std::size_t timestamps) { return timestamps * 9 / 10; }

}  // namespace

void add_count_cases(const PlanContext& plan, const Interface& interface, CaseList& out) {
  if (changed_tables(interface).empty()) return;
  const auto add_info = [&](const std::string& slug, const core::LocalizedText& what, std::size_t timestamps) {
    CaseInfo info = case_info(interface, "count/" + slug, interface.section, CaseGroup::sequences, Phase::count);
    info.requirement = interface.purpose.zh.empty() ? interface.title : interface.purpose;
    info.title = title_of(info.requirement, what);
    info.expected = {plan.spec.success};
    info.clauses = {clause::effect(interface)};
    info.timestamps = timestamps;
    return info;
  };
  const auto listed = listed_rows(plan.spec, plan.scope, interface);
  if (listed) {
    const std::size_t most = listed->owner_exists ? most_listed : most_made;
    const std::string number = std::to_string(most);
    CaseInfo rows = add_info("rows-of-one", {"同一户 " + number + " 次", number + " times for one owner"}, of_a_long_series(most));
    out.push_back(std::make_unique<ManyRowsCase>(std::move(rows), *listed->query));
    const auto amount = amount_of(plan.spec, plan.scope, interface);
    const auto sum = amount ? shown_sum(plan.spec, plan.scope, interface, *amount) : std::nullopt;
    if (sum) out.push_back(std::make_unique<ManySumCase>(add_info("sum", {number + " 笔之和", "the sum of " + number}, 1), *sum));
  }
  if (const auto charge = charge_fields(plan.spec, interface)) {
    for (const std::size_t count : {reports_in_a_row, many_reports}) {
      const std::string number = std::to_string(count);
      CaseInfo in_a_row =
          add_info(count == many_reports ? "in-a-row-many-times" : "in-a-row", {"同一行连续 " + number + " 次", number + " times for one row"}, count);
      in_a_row.is_spare = count == many_reports;
      if (in_a_row.is_spare) in_a_row.timestamps = of_a_long_series(in_a_row.timestamps);
      out.push_back(std::make_unique<ReportsCase>(std::move(in_a_row), *charge, count));
    }
    const std::string rows = std::to_string(rows_reported);
    CaseInfo many = add_info("many-rows", {rows + " 行各一次", "once for each of " + rows + " rows"}, rows_reported * 3 / 2);
    out.push_back(std::make_unique<ManyReportedCase>(std::move(many), *charge));
    return;
  }
  const auto variant = changing_variant(interface);
  const ShowingQuery showing = showing_query(plan.spec, plan.scope, interface);
  if (!variant || showing.query == nullptr || (listed && listed->owner_exists)) return;
  const auto orders = shown_orders(plan.spec, plan.scope, interface);
  const bool makes_rows = std::any_of(interface.effects.begin(), interface.effects.end(), [](const Step& step) { return step.kind == Step::Kind::insert; });
  for (const std::size_t count : {rounds, makes_rows ? many_rounds : most_rounds}) {
    const std::string number = std::to_string(count);
    const auto looks = static_cast<std::size_t>(std::upper_bound(round_milestones.begin(), round_milestones.end(), count) - round_milestones.begin());
    CaseInfo info = add_info(count != rounds ? "same-row-many-times" : "same-row", {"同一行 " + number + " 次", number + " times for one row"},
                             count + looks + (orders ? 2 : 0));
    info.is_spare = count != rounds;
    if (info.is_spare) info.timestamps = of_a_long_series(info.timestamps);
    if (orders) out.push_back(std::make_unique<OrdersCase>(std::move(info), *orders, count));
    else out.push_back(std::make_unique<SameRowCase>(std::move(info), *showing.query, *variant, count));
  }
}

}  // namespace meterproof::conformance
