// SPDX-License-Identifier: Apache-2.0
// What a value means may not be stated; that it stays as it was is: a row is the same by each of its keys, and after other rows were changed and requests about
// it were refused, in every field that was shown. Of orders whose outcome is the server's own word, opposite ones show different words and the same one the
// same.
#include "conformance/cases/constancy_case.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "conformance/cases/row_series.hpp"
#include "conformance/cases/shown_values.hpp"
#include "conformance/cases/wrong_requests.hpp"
#include "conformance/row_look.hpp"
#include "core/rules/rule_kind.hpp"

namespace meterproof::conformance {

using core::Expr;
using core::Interface;
using core::RequestBuilder;
using core::Spec;
using core::Step;
using i18n::Message;
using i18n::msg;
using reports::Verdict;

namespace {

constexpr const char* others_rows = "others-rows";
constexpr const char* refused = "refused";
constexpr const char* repeated = "repeated";
constexpr const char* other_fields = "other-fields";
constexpr const char* opposite_orders = "opposite-orders";
constexpr const char* same_order = "same-order";
constexpr const char* replayed_order = "replayed-order";
constexpr const char* refused_order = "refused-order";
constexpr std::array order_slugs = {opposite_orders, same_order, repeated, other_fields, replayed_order, refused_order};
constexpr const char* each_form = "each-form";
constexpr const char* numbers_differ = "numbers-differ";

bool changes_found_rows(const Interface& interface) {
  return std::any_of(interface.effects.begin(), interface.effects.end(), [](const Step& step) { return step.kind == Step::Kind::update; });
}

/// Whether the same request once more can change nothing: it sets values, and neither adds nor makes rows.
bool is_idempotent(const Interface& interface) { return changes_found_rows(interface) && !adds_up(interface); }

/// The reply's fields that show a number which the server gives to each row, and to no other.
std::vector<std::size_t> number_fields(const Spec& spec, const Interface& query) {
  std::vector<TableCell> numbers;
  for (const Interface& maker : spec.interfaces)
    for (const Step& step : maker.effects)
      if (step.kind == Step::Kind::insert)
        for (const core::Assignment& one : step.insert.set)
          if (one.value.op == Expr::Op::server_assigned && !one.value.args.empty() && one.value.args.front().op == Expr::Op::next)
            numbers.push_back({step.insert.table, one.column});
  std::vector<std::size_t> out;
  const core::Rows* rows = rows_of(query);
  for (std::size_t i = 0; rows != nullptr && i < rows->fields.size(); ++i)
    if (const auto cell = cell_of(spec, query, rows->fields[i]); cell && std::find(numbers.begin(), numbers.end(), *cell) != numbers.end()) out.push_back(i);
  return out;
}

/// A violation that leaves the request about the row: a field without a value that has none of its keys.
const core::Rule* plain_violation(const Interface& interface, std::string& slug) {
  for (const core::ResultRow& row : interface.results)
    for (const core::Rule& rule : row.when) {
      const rules::RuleKind& kind = rules::kind_of(rule);
      if (kind.operand_shape() == rules::OperandShape::states || kind.answers_unknown_row()) continue;
      for (const rules::Variation& variation : kind.variations(rule, interface)) {
        const core::Field& field = interface.request[variation.field];
        if (field.refers && !field.fresh) continue;
        if (!variation.slug.ends_with("-missing")) continue;
        slug = variation.slug;
        return &rule;
      }
    }
  return nullptr;
}

struct Outcome {
  Verdict verdict = Verdict::inconclusive;
  Message observed, reason;
  std::optional<Sent> sent;
  std::vector<Exchanged> steps;
};

struct Constants {
  bool watched = false;
  Message failure;
  std::map<std::pair<const Interface*, std::string>, Outcome> outcomes;
  std::set<const Interface*> ordered;
};

class ConstancyCase final : public TestCase {
 public:
  ConstancyCase(CaseInfo info, std::string slug) : TestCase(std::move(info)), slug_(std::move(slug)) {}

  const Interface& interface() const { return *info().interface; }
  const std::string& slug() const { return slug_; }
  CaseResult run(CaseContext& context) const override;

 private:
  std::string slug_;
};

/// A row that nothing is done to, and all that the queries show of it.
class Watched {
 public:
  Watched(CaseContext& context, Constants& out) : context_(context), spec_(context.spec()), out_(out) {}

  void run() {
    const ExchangeLog::Recording recording(context_.session().exchange_log());
    std::vector<const Interface*> acting, refusing;
    for (const ConstancyCase* one : context_.cases_of<ConstancyCase>()) {
      if (!scope().has(one->interface())) continue;
      if (one->slug() == others_rows) acting.push_back(&one->interface());
      if (one->slug() == refused) refusing.push_back(&one->interface());
    }
    std::stable_partition(acting.begin(), acting.end(), [&](const Interface* one) { return !ends_rows(spec_, *one); });
    make_rows();
    const std::vector<Shown> alone = look_at_first_forms();
    const Interface* maker = make_others();
    look_before();
    if (maker != nullptr) compare_with(alone, *maker);
    compare_forms();
    compare_numbers();
    for (const Interface* one : acting) (void)act(*one);
    for (const Interface* one : refusing) (void)refuse(*one);
    const std::vector<Message> changed = changes();
    for (const Interface* one : acting) conclude(*one, others_rows, changed.empty());
    for (const Interface* one : refusing) conclude(*one, refused, changed.empty());
    if (!changed.empty()) find_out(acting, refusing, changed);
    for (auto& [name, outcome] : out_.outcomes)
      if (outcome.verdict == Verdict::failed && outcome.steps.empty()) outcome.steps = recording.steps();
  }

 private:
  /// What a query showed of the row in one of its forms.
  struct Shown {
    const Interface* query = nullptr;
    RequestBuilder request;
    Sent sent;
    const json::Json* row = nullptr;  // of `sent`
  };

  FixtureFactory& fixtures() { return context_.fixtures(); }
  const Scope& scope() { return context_.fixtures().scope(); }
  Outcome& outcome(const Interface& interface, const std::string& slug) { return out_.outcomes[{&interface, slug}]; }

  /// The watched rows, with two of those that the server numbers; and further rows of the same owner, or else of another.
  void make_rows() {
    for (const Interface& query : spec_.interfaces) {
      if (!scope().has(query) || !only_shows(query)) continue;
      for (const core::Variant& variant : query.variants) (void)try_request(query, variant);
      const auto key = key_field(spec_, query);
      if (number_fields(spec_, query).empty() || !key) continue;
      const auto table = cell_of(spec_, query, rows_of(query)->fields[*key])->table;
      const Interface* maker = maker_of(spec_, scope(), table);
      if (maker == nullptr || !rows_.contains(table)) continue;
      FixtureSet more = rows_;
      (void)fixtures().send_and_track(fixtures().make_request(*maker, 0, more), more);
      number_another(*maker, table);
    }
  }

  /// One more of the numbered rows, of another row of the same owner: a payment of the user's second meter.
  void number_another(const Interface& maker, std::size_t numbered) {
    FixtureSet more = rows_;
    more.erase(numbered);
    std::erase_if(more, [&](const auto& row) {
      return std::any_of(more.begin(), more.end(), [&](const auto& owner) {
        return spec_.tables[row.first].refers_to(owner.first).has_value() && owner.first != row.first &&
               maker_of(spec_, scope(), owner.first) == maker_of(spec_, scope(), row.first);
      });
    });
    try {
      (void)fixtures().send_and_track(fixtures().make_request(maker, 0, more), more);
    } catch (const Inconclusive&) {  // the target takes no second one
    }
  }

  std::optional<RequestBuilder> try_request(const Interface& query, const core::Variant& variant) {
    try {
      return fixtures().make_request(query, variant, rows_);
    } catch (const Inconclusive&) {
      return std::nullopt;  // no such rows can be had
    }
  }

  /// What the request says of that row is what is known of it: whether one that comes with another row changes it is not stated.
  void keep_as_stored(RequestBuilder& request, std::size_t table, const std::string& key) {
    for (const Step& step : request.interface->effects) {
      if (step.kind != Step::Kind::insert || step.insert.table != table) continue;
      for (const core::Assignment& one : step.insert.set) {
        if (one.value.op != Expr::Op::request || one.column == spec_.tables[table].key || !request.raw[one.value.field]) continue;
        if (const std::string known = fixtures().stored(table, key, one.column); !known.empty())
          request.raw[one.value.field] = raw_value(request.interface->request[one.value.field], known);
      }
    }
  }

  /// Another row of the same owner. The interface that made it; null where there is none.
  const Interface* make_others() {
    for (const Interface& maker : spec_.interfaces) {
      if (!scope().has(maker)) continue;
      for (const core::Field& owner : maker.request)
        for (const core::Field& owned : maker.request) {
          const bool both = owner.names && owned.names && owner.names != owned.names && spec_.tables[*owned.names].refers_to(*owner.names);
          if (!both || !rows_.contains(*owner.names) || fixtures().is_named(*owner.names, rows_[*owner.names]) ||
              maker_of(spec_, scope(), *owned.names) != &maker)
            continue;
          RequestBuilder request = fixtures().make_request(maker, 0, others_);
          request.raw[static_cast<std::size_t>(&owner - maker.request.data())] = raw_value(owner, rows_[*owner.names]);
          keep_as_stored(request, *owner.names, rows_[*owner.names]);
          return fixtures().send_and_track(request, others_).answered(context_.success()) ? &maker : nullptr;
        }
    }
    return nullptr;
  }

  /// What the queries show of the row, each in its first form, while it is the owner's only one.
  std::vector<Shown> look_at_first_forms() {
    std::vector<Shown> out;
    for (const Interface& query : spec_.interfaces) {
      const auto request = scope().has(query) && only_shows(query) ? try_request(query, query.variants.front()) : std::nullopt;
      if (!request) continue;
      RowLook seen = RowLooker(fixtures(), context_.options().effect_timeout, query).look(*request);
      if (seen.is_right() && row_in(query, seen.sent) != nullptr) out.push_back({&query, *request, std::move(seen.sent), nullptr});
    }
    for (Shown& one : out) one.row = row_in(*one.query, one.sent);
    return out;
  }

  /// What another row of its owner has changed of the row.
  void compare_with(const std::vector<Shown>& alone, const Interface& maker) {
    for (const Shown& one : alone) {
      const auto after = first_look_.find(one.query);
      const json::Json* row = after == first_look_.end() ? nullptr : row_in(*one.query, after->second);
      if (row == nullptr) continue;
      const std::vector<FieldDifference> found = OwnChanges(spec_, *one.query).changes(*one.row, *row);
      if (found.empty()) continue;
      Outcome& out = outcome(maker, others_rows);
      out.verdict = Verdict::failed;
      out.observed = msg<"case.through-query">(one.query->name, i18n::list(texts_of(found)));
      out.reason = msg<"case.rows-changed">();
      out.sent = after->second;
      return;
    }
  }

  void look_before() {
    for (const Interface& query : spec_.interfaces) {
      if (!scope().has(query) || !only_shows(query)) continue;
      for (const core::Variant& variant : query.variants)
        if (const auto request = try_request(query, variant)) look(query, *request);
    }
    for (Shown& one : before_) one.row = row_in(*one.query, one.sent);
  }

  void look(const Interface& query, const RequestBuilder& request) {
    RowLook seen = RowLooker(fixtures(), context_.options().effect_timeout, query).look(request);
    if (seen.sent.no_reply()) throw Inconclusive{msg<"case.no-reply-from">(query.name, seen.sent.reply.problem)};
    first_look_.try_emplace(&query, seen.sent);
    // What is not as it must be yet may come to be so by itself.
    if (seen.is_right() && row_in(query, seen.sent) != nullptr) before_.push_back({&query, request, std::move(seen.sent), nullptr});
    else if (out_.outcomes[{&query, each_form}].reason.empty()) outcome(query, each_form).reason = msg<"case.shows-nothing-yet">(query.name);
  }

  /// The watched row in a reply; null where it shows none, or not by its key.
  const json::Json* row_in(const Interface& query, const Sent& sent) const {
    const auto key = key_field(spec_, query);
    const core::Rows* rows = rows_of(query);
    const auto cell = key && rows != nullptr ? cell_of(spec_, query, rows->fields[*key]) : std::nullopt;
    const auto own = cell ? rows_.find(cell->table) : rows_.end();
    if (own == rows_.end() || !sent.answered(context_.success())) return nullptr;
    return row_with(sent, spec_.envelope, query.reply[*key].name, own->second);
  }

  void compare_forms() {
    for (const Interface& query : spec_.interfaces) {
      const Shown* first = nullptr;
      Outcome& out = outcome(query, each_form);
      for (const Shown& one : before_) {
        if (one.query != &query) continue;
        if (first == nullptr) {
          first = &one;
          continue;
        }
        if (out.verdict == Verdict::failed) break;
        const std::vector<FieldDifference> found = OwnChanges(spec_, query).changes(*first->row, *one.row);
        out.verdict = found.empty() ? Verdict::passed : Verdict::failed;
        out.sent = one.sent;
        if (!found.empty()) out.observed = i18n::list(texts_of(found));
        if (!found.empty()) out.reason = msg<"case.other-by-another-key">();
      }
    }
  }

  void compare_numbers() {
    for (const Interface& query : spec_.interfaces) {
      Outcome& out = outcome(query, numbers_differ);
      for (const std::size_t field : number_fields(spec_, query)) {
        const std::string& name = query.reply[field].name;
        for (const Shown& one : before_) {
          const auto rows = one.sent.reply.rows(spec_.envelope);
          if (one.query != &query || rows.size() < 2 || out.verdict == Verdict::failed) continue;
          std::set<std::string> numbers;
          out.verdict = Verdict::passed;
          out.sent = one.sent;
          for (const json::Json* row : rows) {
            const std::string text = scalar_of(*row, name);
            if (text.empty() || numbers.insert(text).second) continue;
            out.verdict = Verdict::failed;
            out.reason = msg<"case.number-given-twice">(name, text);
          }
        }
      }
      if (out.verdict == Verdict::inconclusive && out.reason.empty()) out.reason = msg<"case.no-such-rows">();
    }
  }

  /// Where the request chooses one of a few values: another than it chose last, so that what it does shows once more.
  void choose_another(RequestBuilder& request) {
    for (std::size_t i = 0; i < request.raw.size(); ++i) {
      const auto& values = request.interface->request[i].values;
      if (!request.raw[i] || values.size() < 2 || is_set_by_variant(*request.interface, i)) continue;
      std::string& last = chosen_[{request.interface, i}];
      for (const core::Choice& one : values)
        if (const std::string raw = raw_value(request.interface->request[i], one.value); raw == *request.raw[i] && raw == last) {
          const auto other = std::find_if(values.begin(), values.end(), [&](const core::Choice& choice) { return choice.value != one.value; });
          request.raw[i] = raw_value(request.interface->request[i], other->value);
          break;
        }
      last = *request.raw[i];
    }
  }

  /// A valid request about other rows; whether it was accepted.
  bool act(const Interface& interface) {
    Outcome& out = outcome(interface, others_rows);
    try {
      FixtureSet special;  // of rows that the interface is meant for, where the others are none
      FixtureSet* rows = &others_;
      RequestBuilder request = fixtures().make_request(interface, 0, *rows);
      if (!fixtures().predict_refusal(request).suits) {
        rows = &special_[&interface];
        request = fixtures().make_request(interface, 0, *rows);
      }
      if (is_watched(request)) throw Inconclusive{msg<"case.needs-several-rows">()};
      choose_another(request);
      const Sent sent = fixtures().send_in_time(request);
      if (sent.answered(context_.success())) {
        FixtureSet made = *rows;  // the next interface is called for the same rows, not for new ones
        (void)fixtures().apply_to_model(request, ends_rows(spec_, interface) ? *rows : made);
        accepted_.emplace(&interface, others_rows);
        return true;
      }
      out.reason = msg<"case.effect-request-refused">(code_of(sent));
      out.sent = sent;
    } catch (const Inconclusive& missing) {
      out.reason = missing.why;
    }
    return false;
  }

  /// Whether the request changes a row that is watched: there is no other.
  bool is_watched(const RequestBuilder& request) const {
    const auto changed = changed_tables(*request.interface);
    for (std::size_t i = 0; i < request.raw.size(); ++i) {
      const auto table = request.interface->request[i].refers;
      const auto key = table && request.raw[i] ? json::parse_json(*request.raw[i]) : std::nullopt;
      const auto own = key ? rows_.find(*table) : rows_.end();
      if (own != rows_.end() && own->second == key->text && std::find(changed.begin(), changed.end(), *table) != changed.end()) return true;
    }
    return false;
  }

  /// A request about the watched row that must be refused; whether it was.
  bool refuse(const Interface& interface) {
    Outcome& out = outcome(interface, refused);
    std::string slug;
    const core::Rule* rule = plain_violation(interface, slug);
    try {
      FixtureSet phantom;
      for (const core::Field& field : interface.request)
        if (field.names) phantom[*field.names] = fixtures().unused_key();
      RequestBuilder request = fixtures().make_request(interface, 0, rows_, &phantom);
      CaseFixtures rows(fixtures(), rows_);
      const auto edits = rule == nullptr || !fixtures().predict_refusal(request).suits ? std::nullopt : rules::kind_of(*rule).make(*rule, slug, request, rows);
      if (!edits) {
        out.reason = msg<"case.no-such-rows">();
        return false;
      }
      for (const auto& [field, raw] : *edits) request.raw[field] = raw;
      const Sent sent = context_.session().send(interface, request.body());
      const bool taken = !sent.reply.code || sent.answered(context_.success());
      spoilt_ = spoilt_ || taken;
      if (!taken) {
        accepted_.emplace(&interface, refused);
        return true;
      }
      out.reason = msg<"case.invalid-was-taken">();
      out.sent = sent;
    } catch (const Inconclusive& missing) {
      out.reason = missing.why;
    }
    return false;
  }

  /// What the queries show of the row otherwise than before, each in the form that came first.
  std::vector<Message> changes() {
    std::vector<Message> out;
    std::set<const Interface*> asked;
    for (Shown& one : before_) {
      if (!asked.insert(one.query).second) continue;
      // What waits for a change that must not come is asked once.
      RowLook now = RowLooker(fixtures(), std::chrono::milliseconds(0), *one.query).look(one.request);
      if (now.sent.no_reply()) throw Inconclusive{msg<"case.no-reply-from">(one.query->name, now.sent.reply.problem)};
      const json::Json* row = row_in(*one.query, now.sent);
      last_ = now.sent;
      if (row == nullptr) {
        out.push_back(msg<"case.through-query">(one.query->name, msg<"case.row-not-shown">(one.query->name)));
        break;
      }
      for (FieldDifference& difference : OwnChanges(spec_, *one.query).changes(*one.row, *row))
        out.push_back(msg<"case.through-query">(one.query->name, std::move(difference.what)));
      if (!out.empty()) break;
    }
    return out;
  }

  void conclude(const Interface& interface, const std::string& slug, bool unchanged) {
    Outcome& out = outcome(interface, slug);
    if (!accepted_.contains({&interface, slug}) || out.verdict == Verdict::failed) return;
    if (before_.empty()) {
      out.reason = msg<"case.no-such-rows">();
    } else if (unchanged) {
      out.verdict = Verdict::passed;
    } else {
      out.reason = spoilt_ ? msg<"case.invalid-was-taken">() : Message();
    }
  }

  /// Something changed: the same requests once more, one at a time.
  void find_out(const std::vector<const Interface*>& acting, const std::vector<const Interface*>& refusing, const std::vector<Message>& first) {
    if (spoilt_) return;  // what was carried out against the specification has changed the row
    bool found = false;
    const auto look_again = [&] {
      for (Shown& one : before_) {
        RowLook now = RowLooker(fixtures(), std::chrono::milliseconds(0), *one.query).look(one.request);
        if (row_in(*one.query, now.sent) == nullptr) continue;
        one.sent = std::move(now.sent);
        one.row = row_in(*one.query, one.sent);
      }
    };
    const auto try_one = [&](const Interface& interface, const std::string& slug, bool done) {
      if (!done) return;
      std::vector<Message> changed = changes();
      if (changed.empty()) return;
      found = true;
      Outcome& out = outcome(interface, slug);
      out.verdict = Verdict::failed;
      out.observed = i18n::list(std::move(changed));
      out.reason = msg<"case.rows-changed">();
      out.sent = last_;
      look_again();
    };
    look_again();
    for (const Interface* one : acting) try_one(*one, others_rows, act(*one));
    for (const Interface* one : refusing) try_one(*one, refused, refuse(*one));
    if (found) {
      for (auto& [name, outcome] : out_.outcomes)
        if (outcome.verdict == Verdict::inconclusive && outcome.reason.empty() && accepted_.contains(name)) outcome.verdict = Verdict::passed;
      return;
    }
    for (auto& [name, outcome] : out_.outcomes)
      if (accepted_.contains(name)) outcome.reason = msg<"case.side-effect-of-unknown-origin">(first.front());
  }

  CaseContext& context_;
  const Spec& spec_;
  Constants& out_;
  FixtureSet rows_, others_;
  std::map<const Interface*, FixtureSet> special_;
  std::map<std::pair<const Interface*, std::size_t>, std::string> chosen_;  // by interface and field
  std::vector<Shown> before_;
  std::set<std::pair<const Interface*, std::string>> accepted_;
  bool spoilt_ = false;  // a request that must be refused was accepted
  Sent last_;
  std::map<const Interface*, Sent> first_look_;  // once the owner has another row
};

/// Opposite orders, the same one again, and the same request twice; and what an order leaves alone of its own row.
class Ordered {
 public:
  Ordered(CaseContext& context, const Interface& interface) : context_(context), spec_(context.spec()), interface_(interface) {}

  void run(Constants& out) {
    const ExchangeLog::Recording recording(context_.session().exchange_log());
    const auto orders = shown_orders(spec_, context_.fixtures().scope(), interface_);
    if (orders) add_history();
    if (orders) judge_orders(*orders, out);
    else repeat(out);
    for (const char* slug : order_slugs) {
      Outcome& one = out.outcomes[{&interface_, slug}];
      one.steps = recording.steps();
    }
  }

 private:
  struct State {
    std::string word;
    bool is_old = false;  // of a reading from before the order
    Sent sent;
  };

  FixtureFactory& fixtures() { return context_.fixtures(); }

  /// So that there is more to see of the row: a payment, and that it came in another's place. Never of a row of the vendor's.
  void add_history() {
    (void)fixtures().make_request(interface_, 0, rows_);
    for (const Interface& one : spec_.interfaces) {
      if (&one == &interface_ || !fixtures().scope().has(one) || !(adds_up(one) || ends_rows(spec_, one))) continue;
      try {
        FixtureSet after = rows_;
        const RequestBuilder request = fixtures().make_request(one, 0, after);
        const bool is_ours = std::none_of(after.begin(), after.end(), [&](const auto& row) { return fixtures().is_named(row.first, row.second); });
        if (is_ours && fixtures().send_and_track(request, after).answered(context_.success())) rows_ = std::move(after);
      } catch (const Inconclusive&) {  // no such row can be had
        continue;
      }
    }
  }

  /// What an order must leave alone of its own row: all but what it gives new values.
  void compare_others(const Interface& query, const Sent& before, const Sent& after, Outcome& out) {
    const auto was = before.reply.rows(spec_.envelope), is = after.reply.rows(spec_.envelope);
    const core::Rows* rows = rows_of(query);
    if (was.size() != 1 || is.size() != 1 || rows == nullptr) {
      out.reason = msg<"case.shows-nothing-yet">(query.name);
      return;
    }
    const std::vector<TableCell> changed = updated_cells(interface_, false);
    std::vector<FieldDifference> found = OwnChanges(spec_, query).changes(*was.front(), *is.front());
    std::erase_if(found, [&](const FieldDifference& one) {
      const std::vector<TableCell> read = one.field ? cells_of(spec_, query, rows->fields[*one.field]) : std::vector<TableCell>();
      return std::any_of(read.begin(), read.end(), [&](const TableCell& cell) { return std::find(changed.begin(), changed.end(), cell) != changed.end(); });
    });
    out.verdict = found.empty() ? Verdict::passed : Verdict::failed;
    out.sent = after;
    out.observed = found.empty() ? msg<"case.as-expected">() : i18n::list(texts_of(found));
    if (!found.empty()) out.reason = msg<"case.rows-changed">();
  }

  /// The target must refuse it for its timestamp; and the row's state stays that of the later order.
  void replay(const ShownOrders& orders, const Sent& earlier, const State& later, Outcome& out) {
    const Sent sent = context_.session().send_again(earlier);
    if (sent.answered(context_.success()) || !sent.reply.code) {
      out.reason = msg<"case.order-not-shown">(orders.query->name);  // its other cases tell
      return;
    }
    const State now = look(orders);
    if (now.word.empty()) {
      out.reason = msg<"case.order-not-shown">(orders.query->name);
      return;
    }
    conclude_unchanged(orders, later, now, out);
  }

  /// Orders that the target must refuse, one for its token and one for its body; and the row's state stays that of the order before.
  void refuse(const ShownOrders& orders, const State& before, Outcome& out) {
    TargetSession& session = context_.session();
    RequestBuilder request = fixtures().make_request(interface_, 0, rows_);
    request.raw[orders.field] = raw_value(interface_.request[orders.field], orders.other);
    net::HttpRequest badly_signed = session.signed_request(interface_, fixtures().wrong_signature_timestamp(interface_.path, false), request.body());
    badly_signed.headers[spec_.authentication.token].second.assign(32, '0');
    std::vector<Sent> all = {session.exchange(badly_signed, false, &interface_)};
    // Who waits for the rest of what is no JSON waits for the rest of this one, too.
    if (session.why_no_reply_to(truncated_body).empty()) all.push_back(session.send(interface_, request.body() + "}"));
    for (const Sent& sent : all) {
      if (sent.reply.code && !sent.answered(context_.success())) continue;
      out.reason = sent.reply.code ? msg<"case.invalid-was-taken">() : msg<"case.no-reply-from">(interface_.name, sent.reply.problem);
      return;
    }
    session.sleep(session.usual_delay(*orders.query));  // as long as an order takes that is carried out
    const State now = look(orders);
    if (now.word.empty()) out.reason = msg<"case.order-not-shown">(orders.query->name);
    else conclude_unchanged(orders, before, now, out);
  }

  /// The same for an order that names the owner of another row. It may be taken: the next order is the same one.
  void refuse_in_anothers_name(const ShownOrders& orders, const State& before, Outcome& out) {
    try {
      RequestBuilder request = fixtures().make_request(interface_, 0, rows_);
      request.raw[orders.field] = raw_value(interface_.request[orders.field], orders.other);
      CaseFixtures others(fixtures(), rows_);
      if (!name_owner_of_another(request, others)) return;
      const Sent sent = context_.session().send(interface_, request.body());
      if (sent.answered(context_.success())) fixtures().note_carried_out(interface_, sent);
      if (!sent.reply.code || sent.answered(context_.success())) return;
      fixtures().give_back(others.unrelated());
      context_.session().sleep(context_.session().usual_delay(*orders.query));
      if (const State now = look(orders); !now.word.empty()) conclude_unchanged(orders, before, now, out);
    } catch (const Inconclusive&) {  // the other refusals tell
    }
  }

  /// False where no rule or question of the interface is about a row and its owner, or there is no other one.
  bool name_owner_of_another(RequestBuilder& request, CaseFixtures& others) {
    std::vector<const core::Rule*> all;
    for (const core::ResultRow& row : interface_.results)
      for (const core::Rule& rule : row.when) all.push_back(&rule);
    for (const core::OpenQuestion& question : interface_.open_questions)
      if (question.when) all.push_back(&*question.when);
    for (const core::Rule* rule : all) {
      if (rules::kind_of(*rule).operand_shape() != rules::OperandShape::pair) continue;
      for (const core::RuleOperand& operand : rule->operands) {
        const core::Field& field = interface_.request[operand.field];
        if (!field.refers || !request.raw[operand.field] || share_a_table({*field.refers}, changed_tables(interface_))) continue;
        const std::string other = others.unrelated_row(*field.refers);
        if (other.empty()) return false;
        request.raw[operand.field] = raw_value(field, other);
        return true;
      }
    }
    return false;
  }

  void conclude_unchanged(const ShownOrders& orders, const State& before, const State& now, Outcome& out) {
    out.verdict = now.word == before.word ? Verdict::passed : Verdict::failed;
    out.sent = now.sent;
    out.observed = msg<"case.field-equals">(orders.query->reply[orders.shown].name, now.word);
    if (out.verdict == Verdict::failed) out.reason = msg<"case.rows-changed">();
  }

  Sent order(const ShownOrders& orders, const std::string& value) {
    RequestBuilder request = fixtures().make_request(interface_, 0, rows_);
    request.raw[orders.field] = raw_value(interface_.request[orders.field], value);
    Sent sent = fixtures().send_in_time(request);
    if (!sent.answered(context_.success())) throw Inconclusive{msg<"case.effect-request-refused">(code_of(sent))};
    (void)fixtures().apply_to_model(request, rows_);
    ordered_at_ = context_.session().now();
    return sent;
  }

  State look(const ShownOrders& orders) {
    const Interface& query = *orders.query;
    State out;
    out.sent = fixtures().send(fixtures().make_request(query, 0, rows_));
    if (out.sent.no_reply()) throw Inconclusive{msg<"case.no-reply-from">(query.name, out.sent.reply.problem)};
    const auto rows = out.sent.reply.rows(spec_.envelope);
    if (!out.sent.answered(context_.success()) || rows.size() != 1) return out;
    out.word = shown_word(spec_, orders, out.sent);
    const auto moment = moment_field(spec_, query);
    const auto taken = moment ? core::DateTime::parse(scalar_of(*rows.front(), query.reply[*moment].name)) : std::nullopt;
    out.is_old = taken && ordered_at_ && *taken < *ordered_at_;
    return out;
  }

  /// Asks until the word is another, or that one.
  State look_until(const ShownOrders& orders, const std::string& word, bool is_that) {
    Patience patience(context_.session(), context_.options().effect_timeout, *orders.query, interface_, Patience::For::what_may_not_be);
    State out;
    do {
      out = look(orders);
    } while ((out.word.empty() || (out.word == word) != is_that) && patience.again());
    return out;
  }

  void judge_orders(const ShownOrders& orders, Constants& out) {
    const State before = look(orders);
    const Sent earlier = order(orders, orders.other);
    const State other = look_until(orders, before.word, false);
    Outcome& opposite = out.outcomes[{&interface_, opposite_orders}];
    Outcome& same = out.outcomes[{&interface_, same_order}];
    Outcome& repetition = out.outcomes[{&interface_, repeated}];
    Outcome& others = out.outcomes[{&interface_, other_fields}];
    Outcome& replayed = out.outcomes[{&interface_, replayed_order}];
    Outcome& not_taken = out.outcomes[{&interface_, refused_order}];
    if (other.word.empty()) {
      for (Outcome* any : {&opposite, &same, &repetition, &others, &replayed, &not_taken}) any->reason = msg<"case.order-not-shown">(orders.query->name);
      return;
    }
    (void)order(orders, orders.one);
    const State one = look_until(orders, other.word, false);
    if (one.word != other.word && !one.is_old) {
      refuse(orders, one, not_taken);
      if (not_taken.verdict != Verdict::failed) replay(orders, earlier, one, replayed);
      else replayed.reason = not_taken.reason;
      if (not_taken.verdict == Verdict::passed && replayed.verdict == Verdict::passed) refuse_in_anothers_name(orders, one, not_taken);
    } else {
      replayed.reason = not_taken.reason = msg<"case.order-not-shown">(orders.query->name);
    }
    if (before.word.empty()) compare_others(*orders.query, other.sent, one.sent, others);  // it shows nothing before the first order
    else compare_others(*orders.query, before.sent, other.sent, others);
    (void)order(orders, orders.other);
    const State again = look_until(orders, other.word, true);
    (void)order(orders, orders.other);
    const State twice = look(orders);
    const std::string& name = orders.query->reply[orders.shown].name;
    opposite.sent = one.sent;
    same.sent = twice.sent;
    repetition.sent = twice.sent;
    opposite.observed = same.observed = msg<"case.words-of-orders">(
        name, i18n::list({i18n::verbatim(other.word), i18n::verbatim(one.word), i18n::verbatim(again.word), i18n::verbatim(twice.word)}));
    if (other.word.empty() || one.word.empty() || other.is_old || one.is_old) {
      for (Outcome* any : {&opposite, &same, &repetition}) any->reason = msg<"case.order-not-shown">(orders.query->name);
      return;
    }
    if (other.word != one.word) {
      opposite.verdict = Verdict::passed;
      const bool is_same = again.word == other.word && twice.word == other.word;
      same.verdict = is_same ? Verdict::passed : Verdict::failed;
      if (!is_same) same.reason = msg<"case.same-order-differs">(name);
    } else if (before.word != other.word || is_reached()) {
      opposite.verdict = Verdict::failed;
      opposite.reason = msg<"case.opposite-orders-alike">(name);
      same.reason = msg<"case.opposite-orders-alike">(name);
    } else {
      opposite.reason = same.reason = msg<"case.order-not-shown">(orders.query->name);
    }
    // Not one of the states before, so that it came of this order; and then of the same order another one.
    const bool is_new = again.word != other.word && again.word != before.word && !again.is_old && !twice.is_old;
    if (other.word == one.word && is_new && again.word != twice.word) {
      same.verdict = Verdict::failed;
      same.reason = msg<"case.same-order-differs">(name);
    }
    compare(*orders.query, again.sent, twice.sent, repetition);
  }

  /// Whether rows are the same before and after.
  void compare(const Interface& query, const Sent& before, const Sent& after, Outcome& out) {
    const auto was = before.reply.rows(spec_.envelope), is = after.reply.rows(spec_.envelope);
    if (was.size() != 1 || is.size() != 1) {
      out.reason = msg<"case.shows-nothing-yet">(query.name);
      return;
    }
    const std::vector<FieldDifference> found = OwnChanges(spec_, query).changes(*was.front(), *is.front());
    out.verdict = found.empty() ? Verdict::passed : Verdict::failed;
    out.observed = found.empty() ? msg<"case.as-expected">() : i18n::list(texts_of(found));
    if (!found.empty()) out.reason = msg<"case.rows-changed">();
  }

  void repeat(Constants& out) {
    Outcome& repetition = out.outcomes[{&interface_, repeated}];
    const Interface* query = showing_query(spec_, context_.fixtures().scope(), interface_).query;
    if (query == nullptr) throw Inconclusive{msg<"case.no-such-rows">()};
    RequestBuilder request = fixtures().make_request(interface_, 0, rows_);
    for (const core::Interface& other : spec_.interfaces) {  // so that there is more to see of the row
      if (!context_.fixtures().scope().has(other) || !shown_orders(spec_, context_.fixtures().scope(), other)) continue;
      (void)fixtures().send_and_track(fixtures().make_request(other, 0, rows_), rows_);
      break;
    }
    const auto send = [&] {
      const Sent sent = fixtures().send_in_time(request);
      if (!sent.answered(context_.success())) throw Inconclusive{msg<"case.effect-request-refused">(code_of(sent))};
      (void)fixtures().apply_to_model(request, rows_);
    };
    const auto ask = [&] {
      RowLook seen = RowLooker(fixtures(), context_.options().effect_timeout, interface_).look(fixtures().make_request(*query, 0, rows_));
      if (seen.sent.no_reply()) throw Inconclusive{msg<"case.no-reply-from">(query->name, seen.sent.reply.problem)};
      if (!seen.is_right()) throw Inconclusive{seen.why_hidden.empty() ? msg<"case.shows-nothing-yet">(query->name) : std::move(seen.why_hidden)};
      return std::move(seen.sent);
    };
    send();
    const Sent once = ask();
    send();
    const Sent twice = ask();
    repetition.sent = twice;
    compare(*query, once, twice, repetition);
  }

  /// Whether what is paid now is carried out at once: then the row's owner is not asleep.
  bool is_reached() {
    for (const Interface& list : spec_.interfaces) {
      const core::Rows* listed = may_show(fixtures().scope(), list, list) ? rows_of(list) : nullptr;
      for (std::size_t i = 0; listed != nullptr && i < listed->fields.size(); ++i) {
        const auto& not_done = list.reply[i].not_done;
        const auto outcome = not_done.empty() ? std::nullopt : cell_of(spec_, list, listed->fields[i]);
        const Interface* maker = outcome ? maker_of(spec_, fixtures().scope(), outcome->table) : nullptr;
        if (maker == nullptr) continue;
        FixtureSet paid = rows_;
        if (!fixtures().send_and_track(fixtures().make_request(*maker, 0, paid), paid).answered(context_.success())) return false;
        const Sent sent = fixtures().send(fixtures().make_request(list, 0, paid));
        const auto rows = sent.reply.rows(spec_.envelope);
        return sent.answered(context_.success()) && !rows.empty() && std::all_of(rows.begin(), rows.end(), [&](const json::Json* row) {
                 const std::string text = scalar_of(*row, list.reply[i].name);
                 return !text.empty() && std::find(not_done.begin(), not_done.end(), text) == not_done.end();
               });
      }
    }
    return false;
  }

  CaseContext& context_;
  const Spec& spec_;
  const Interface& interface_;
  FixtureSet rows_;
  std::optional<core::DateTime> ordered_at_;
};

bool is_about_orders(const std::string& slug) { return std::find(order_slugs.begin(), order_slugs.end(), slug) != order_slugs.end(); }

CaseResult ConstancyCase::run(CaseContext& context) const {
  if (!context.fixtures().scope().has(interface())) throw Inconclusive{msg<"case.needs-unsupported">(interface().name)};
  auto& all = context.shared<Constants>();
  const FixtureFactory::MakingRows counted(context.fixtures(), FixtureFactory::Purpose::of_a_case);
  if (is_about_orders(slug_) && all.ordered.insert(&interface()).second) {
    try {
      Ordered(context, interface()).run(all);
    } catch (const Inconclusive& missing) {
      for (const char* slug : order_slugs) all.outcomes[{&interface(), slug}].reason = missing.why;
    }
  }
  if (!is_about_orders(slug_) && !std::exchange(all.watched, true)) {
    try {
      Watched(context, all).run();
    } catch (const Inconclusive& missing) {
      all.failure = missing.why;
    }
  }
  const Outcome& out = all.outcomes[{&interface(), slug_}];
  CaseResult result;
  result.expected = msg<"case.as-it-was">();
  result.verdict = out.verdict;
  result.observed = out.verdict == Verdict::passed && out.observed.empty() ? msg<"case.as-expected">() : out.observed;
  result.reason = out.reason;
  result.sent = out.sent;
  result.steps = out.steps;
  if (result.verdict == Verdict::inconclusive) {
    if (result.observed.empty()) result.observed = msg<"case.not-seen">();
    if (result.reason.empty()) result.reason = all.failure.empty() ? msg<"case.no-such-rows">() : all.failure;
  }
  return result;
}

struct Kind {
  const char* slug;
  core::LocalizedText what;
  std::size_t timestamps;
};

std::vector<Kind> kinds_of(const Spec& spec, const Scope& scope, const Interface& interface) {
  std::vector<Kind> out;
  const bool any_query = std::any_of(spec.interfaces.begin(), spec.interfaces.end(), [&](const Interface& one) { return scope.has(one) && only_shows(one); });
  if (!scope.has(interface) || !any_query) return out;
  if (only_shows(interface)) {
    std::size_t keyed = 0;
    for (const core::Variant& variant : interface.variants)
      keyed +=
          std::any_of(variant.fields.begin(), variant.fields.end(), [&](std::size_t field) { return interface.request[field].refers.has_value(); }) ? 1U : 0U;
    if (keyed > 1 && key_field(spec, interface)) out.push_back({each_form, {"以各编号查询，内容相同", "a row is the same by each of its keys"}, 4});
    if (!number_fields(spec, interface).empty()) out.push_back({numbers_differ, {"业务编号各不相同", "the numbers that the server gives differ"}, 1});
    return out;
  }
  const bool made_at_all = std::any_of(interface.request.begin(), interface.request.end(), [&](const core::Field& field) {
    const auto table = field.refers ? field.refers : field.names;
    return table && maker_of(spec, scope, *table) != nullptr;
  });
  if (!made_at_all || changed_tables(interface).empty()) return out;
  const bool shows = std::any_of(spec.interfaces.begin(), spec.interfaces.end(), [&](const Interface& one) { return may_show(scope, interface, one); });
  out.push_back({others_rows, {"对其他行的操作不改变本行", "requests about other rows leave a row wholly as it was"}, 2});
  std::string slug;
  if (changes_found_rows(interface) && shows && plain_violation(interface, slug) != nullptr)
    out.push_back({refused, {"被拒绝的请求不改变本行的任何字段", "a refused request leaves a row wholly as it was"}, 1});
  const bool orders = shown_orders(spec, scope, interface).has_value();
  if (orders) out.push_back({opposite_orders, {"相反的指令显示不同的状态", "opposite orders show different states"}, 9});
  if (orders) out.push_back({same_order, {"相同的指令显示相同的状态", "the same order shows the same state"}, 1});
  // A price may begin a period of its own, so that it is orders alone that must leave all else as it is.
  if (orders) out.push_back({replayed_order, {"重放较早的指令不生效", "an earlier order that is replayed is not carried out"}, 1});
  if (orders) out.push_back({refused_order, {"被拒绝的指令不生效", "an order that is refused is not carried out"}, 4});
  if (orders) out.push_back({other_fields, {"指令不改变本行的其他字段", "an order leaves the other fields of its row alone"}, 3});
  if (shows && is_idempotent(interface)) out.push_back({repeated, {"重复相同的请求没有变化", "the same request twice changes nothing more"}, orders ? 1U : 5U});
  return out;
}

}  // namespace

bool has_constants(const Spec& spec, const Scope& scope, const Interface& interface) { return !kinds_of(spec, scope, interface).empty(); }

void add_constancy_cases(const PlanContext& plan, const Interface& interface, CaseList& out) {
  for (const Kind& kind : kinds_of(plan.spec, plan.scope, interface)) {
    CaseInfo info = case_info(interface, std::string("constant/") + kind.slug, interface.section, CaseGroup::shared_rows, Phase::constant);
    info.requirement = {"未对其操作的数据保持不变，各查询内容一致", "what nothing was done to stays as it was, and is the same in every query"};
    info.title = title_of(info.requirement, kind.what);
    info.expected = {plan.spec.success};
    info.clauses = {clause::constancy(interface)};
    info.timestamps = kind.timestamps;
    out.push_back(std::make_unique<ConstancyCase>(std::move(info), kind.slug));
  }
}

}  // namespace meterproof::conformance
