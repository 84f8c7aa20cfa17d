// SPDX-License-Identifier: Apache-2.0
// Values on which servers stumble: each is sent, and looked for through the queries that show it. One request carries such a value in every field that has
// any, and where rows are listed one query shows many of them; each field and value is judged for itself.
#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "conformance/cases/row_series.hpp"
#include "conformance/cases/shown_values.hpp"
#include "conformance/cases/value_classes.hpp"
#include "conformance/exchange_record.hpp"
#include "core/rules/valid_request.hpp"
#include "core/text/slug.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::RequestBuilder;
using i18n::Message;
using i18n::msg;
using reports::Verdict;

namespace {

constexpr const char* mixed_slug = "mixed";

/// What became of a value.
struct Tried {
  enum class Outcome { undecided, shown, altered, refused };
  Outcome outcome = Outcome::undecided;
  Message observed;  // another value; the code of a refusal
  Message why;       // where nothing can be said; of a field that was left out also what is wrong
  const Interface* query = nullptr;
  std::optional<Sent> sent;
  std::vector<Exchanged> steps;
};

using ValueName = std::pair<std::size_t, std::string>;  // a field, and the slug of its value
using SumName = std::pair<std::size_t, bool>;           // a field, and whether the sum is of large amounts

struct RangeLook {
  Message expected, wrong, why;  // wrong: empty where it is right
  std::optional<Sent> sent;
  bool is_decided = false;
};

struct ValueObservations {
  bool done = false;
  std::map<ValueName, Tried> values;
  std::map<std::string, RangeLook> ranges;  // by slug
  std::map<SumName, SumLook> sums;
  std::map<SumName, std::size_t> added;   // the amounts of a sum
  std::map<bool, Message> no_sum;         // by whether it is of large amounts: why it was not judged
  std::map<std::size_t, Tried> left_out;  // by field: `altered` where it has the value of the request before, or a word for nothing
  Message failure;
};

/// Whether a refusal is a failure. Times that are over may be refused.
bool must_be_taken(CaseContext& context, std::size_t field, const ValueClass& of) {
  const bool is_moment = context.interface().request[field].format == core::Format::datetime;
  return of.standing == ValueClass::Standing::plain && !(is_moment && context.session().refuses_past_times(context.interface()));
}

/// One value in one field.
struct Use {
  std::size_t field = 0;
  const ValueClass* of = nullptr;
  std::string value;  // as it is sent
};
using Uses = std::vector<Use>;

class ValueCase final : public TestCase {
 public:
  ValueCase(CaseInfo info, std::size_t field, ValueClass of, std::vector<const Interface*> needed)
      : TestCase(std::move(info)), field_(field), of_(std::move(of)), needed_(std::move(needed)) {}

  std::vector<const Interface*> needs() const override { return needed_; }
  CaseResult run(CaseContext& context) const override;
  std::size_t field() const { return field_; }
  const ValueClass& of() const { return of_; }

 private:
  bool is_between_taken(CaseContext& context, const ValueObservations& all) const;

  std::size_t field_;
  ValueClass of_;
  std::vector<const Interface*> needed_;
};

/// What both ways of looking share.
class Observer {
 public:
  Observer(CaseContext& context, ValueObservations& out) : context_(context), out_(out) {
    for (const ValueCase* one : context.cases_of<ValueCase>()) wanted_.insert({one->field(), one->of().slug});
  }

 protected:
  const Interface& interface() const { return context_.interface(); }
  FixtureFactory& fixtures() { return context_.fixtures(); }
  bool is_wanted(std::size_t field, const std::string& slug) const { return wanted_.count({field, slug}) > 0; }
  Tried& tried(const Use& use) { return out_.values[{use.field, use.of->slug}]; }

  RequestBuilder request_of(const Uses& uses, FixtureSet& fixture) {
    RequestBuilder request = fixtures().make_request(interface(), 0, fixture);
    for (const Use& use : uses) request.raw[use.field] = raw_value(interface().request[use.field], use.value);
    return request;
  }

  void note_refused(const Uses& uses, const Sent& sent) {
    for (const Use& use : uses) {
      Tried& one = tried(use);
      one.outcome = Tried::Outcome::refused;
      one.observed = code_of(sent);
      one.sent = sent;
      keep_for_record(*one.sent, context_.session().redactor());
    }
  }

  void note_undecided(const Uses& uses, const Message& why) {
    for (const Use& use : uses) {
      Tried& one = tried(use);
      one.outcome = Tried::Outcome::undecided;
      one.why = why;
    }
  }

  CaseContext& context_;
  ValueObservations& out_;

 private:
  std::set<ValueName> wanted_;
};

// ---- values of which each takes a row of its own

class OwnRows final : public Observer {
 public:
  using Observer::Observer;

  void observe() {
    try_parts();
    try_wholes();
    try_left_out();
  }

 private:
  std::vector<std::size_t> fields() const {
    std::vector<std::size_t> out;
    for (const std::size_t field : interface().variants.front().fields)
      if (!classes_of(interface().request[field], false).empty() && !shown(field).empty()) out.push_back(field);
    return out;
  }

  std::vector<ShownValue> shown(std::size_t field) const { return shown_values(context_.spec(), context_.fixtures().scope(), interface(), field); }

  /// All parts in one text. Where that comes back, each part has; where it does not, they are tried one by one.
  void try_parts() {
    static const ValueClass mixed{mixed_slug, {}, mixed_text(), ValueClass::Standing::limit, false, false};
    Uses uses;
    for (const std::size_t field : fields()) {
      const auto& classes = classes_of(interface().request[field], false);
      const bool has_parts = std::any_of(classes.begin(), classes.end(), [&](const ValueClass& one) { return one.is_part && is_wanted(field, one.slug); });
      if (has_parts || is_wanted(field, mixed_slug)) uses.push_back({field, &mixed, mixed.value});
    }
    if (uses.empty()) return;
    try_together(uses, true);
    for (const ValueClass& one : text_classes()) {
      if (!one.is_part) continue;
      Uses alone;
      for (const Use& use : uses) {
        const Tried& all = tried(use);
        const bool is_known = all.outcome == Tried::Outcome::shown || all.outcome == Tried::Outcome::undecided;
        if (is_known) out_.values[{use.field, one.slug}] = all;
        else if (is_wanted(use.field, one.slug)) alone.push_back({use.field, &one, "甲" + one.value + "乙"});
      }
      try_together(alone, false);
    }
  }

  void try_wholes() {
    std::map<std::size_t, std::vector<const ValueClass*>> left;  // by field
    std::size_t most = 0;
    for (const std::size_t field : fields()) {
      for (const ValueClass& one : classes_of(interface().request[field], false))
        if (!one.is_part && is_wanted(field, one.slug)) left[field].push_back(&one);
      std::stable_partition(left[field].begin(), left[field].end(), [](const ValueClass* one) { return !one->is_late; });
      most = std::max(most, left[field].size());
    }
    for (std::size_t i = 0; i < most; ++i) {
      Uses uses;
      for (const auto& [field, classes] : left)
        if (i < classes.size()) uses.push_back({field, classes[i], classes[i]->value});
      // Every query is looked at once with the mixture, and once with what a double would change.
      try_together(uses, std::any_of(uses.begin(), uses.end(), [](const Use& use) { return use.of->slug.starts_with("digits-"); }));
    }
  }

  /// Where the request with all of them is refused, each is tried alone.
  void try_together(const Uses& uses, bool every_query) {
    if (uses.empty()) return;
    try_once(uses, every_query);
    const bool refused = std::all_of(uses.begin(), uses.end(), [&](const Use& use) { return tried(use).outcome == Tried::Outcome::refused; });
    if (!refused || uses.size() == 1) return;
    for (const Use& use : uses) try_once({use}, every_query);
  }

  void try_once(const Uses& uses, bool every_query) {
    const ExchangeLog::Recording recording(context_.session().exchange_log());
    try {
      FixtureSet fixture;
      const RequestBuilder request = request_of(uses, fixture);
      const Sent sent = fixtures().send_and_track(request, fixture);
      if (sent.no_reply()) return note_undecided(uses, msg<"case.no-reply">(sent.reply.problem));
      if (!sent.answered(context_.success())) {
        if (context_.session().has_accepted(interface())) note_refused(uses, sent);
        else note_undecided(uses, msg<"case.never-accepted">(interface().name));
        for (const Use& use : uses) tried(use).steps = recording.steps();
        return;
      }
      note_undecided(uses, msg<"case.row-unknown">());
      std::vector<const Interface*> queries;
      for (const Use& use : uses)
        for (const ShownValue& one : shown(use.field))
          if (std::find(queries.begin(), queries.end(), one.query) == queries.end()) queries.push_back(one.query);
      if (!every_query && queries.size() > 1) queries.erase(std::next(queries.begin()), queries.end());
      for (const Interface* query : queries) look(*query, uses, fixture);
      const bool good = std::all_of(uses.begin(), uses.end(), [&](const Use& use) { return tried(use).outcome == Tried::Outcome::shown; });
      if (good) fixtures().give_back(fixture);
      else
        for (const Use& use : uses) tried(use).steps = recording.steps();
    } catch (const Inconclusive& missing) {
      for (const Use& use : uses)
        if (tried(use).outcome == Tried::Outcome::undecided) tried(use).why = missing.why;
    }
  }

  void look(const Interface& query, const Uses& uses, FixtureSet& fixture) {
    const core::Envelope& envelope = context_.spec().envelope;
    const RequestBuilder request = fixtures().make_request(query, 0, fixture);
    const store::ResultSet implied = fixtures().predict(request);
    if (implied.rows() == 0 || !fixtures().predict_refusal(request).suits) return;
    const auto difference = [&](const Sent& sent, std::size_t field) {
      const json::Json* row = most_alike(query, sent.reply.rows(envelope), implied, 0);
      return row == nullptr ? msg<"case.row-not-shown">(query.name) : field_difference(query, *row, field, implied.cell(0, field));
    };
    const auto is_hidden = [&](const Sent& sent) { return sent.answered(context_.success()) && shows_nothing_yet(sent.reply.rows(envelope), implied); };
    // What may be kept otherwise is not waited for.
    const auto waits = [](const Use& use) { return use.of->standing != ValueClass::Standing::surveyed; };
    const Sent sent = ask_until(
        context_, request,
        [&](const Sent& one) {
          if (fixtures().is_disputed(request, one)) return true;
          if (!one.answered(context_.success()) || one.reply.rows(envelope).empty()) return false;
          return std::all_of(uses.begin(), uses.end(), [&](const Use& use) {
            const auto all = shown(use.field);
            return !waits(use) ||
                   std::all_of(all.begin(), all.end(), [&](const ShownValue& at) { return at.query != &query || difference(one, at.field).empty(); });
          });
        },
        std::all_of(uses.begin(), uses.end(), waits));
    for (const Use& use : uses)
      for (const ShownValue& at : shown(use.field)) {
        Tried& one = tried(use);
        const bool is_known = !implied.cell(0, at.field).none() && implied.cell(0, at.field).determinacy == store::Determinacy::determined;
        if (at.query != &query || one.outcome == Tried::Outcome::altered || !is_known) continue;
        if (is_hidden(sent) || fixtures().is_disputed(request, sent)) {
          if (one.outcome == Tried::Outcome::undecided) one.why = msg<"case.shows-nothing-yet">(query.name);
          continue;
        }
        one.observed = sent.answered(context_.success()) ? difference(sent, at.field) : msg<"case.query-answers">(query.name, code_of(sent));
        one.outcome = one.observed.empty() ? Tried::Outcome::shown : Tried::Outcome::altered;
        one.query = &query;
        one.sent = sent;
        keep_for_record(*one.sent, context_.session().redactor());
      }
  }

  /// A request that leaves out what the one before had.
  void try_left_out();
};

class LeftOutCase final : public TestCase {
 public:
  LeftOutCase(CaseInfo info, std::size_t field) : TestCase(std::move(info)), field_(field) {}

  std::size_t field() const { return field_; }
  CaseResult run(CaseContext& context) const override;

 private:
  std::size_t field_;
};

namespace {

/// How programs write that there is no value, where it becomes a text by mistake: Java, C, C#, Python, Go, JavaScript.
bool is_word_for_nothing(std::string_view text) {
  constexpr std::array<std::string_view, 7> words = {"null", "NULL", "(null)", "<null>", "None", "<nil>", "undefined"};
  return std::find(words.begin(), words.end(), text) != words.end();
}

}  // namespace

void OwnRows::try_left_out() {
  const auto cases = context_.cases_of<LeftOutCase>();
  if (cases.empty()) return;
  const ExchangeLog::Recording recording(context_.session().exchange_log());
  try {
    FixtureSet before, fixture;
    RequestBuilder with = fixtures().make_request(interface(), 0, before);
    for (const LeftOutCase* one : cases)
      with.raw[one->field()] = raw_value(interface().request[one->field()], classes_of(interface().request[one->field()], false).back().value);
    RequestBuilder without = fixtures().make_request(interface(), 0, fixture);
    for (std::size_t i = 0; i < without.raw.size(); ++i)
      if (interface().request[i].required == false) without.raw[i].reset();
    const Sent first = fixtures().send_and_track(with, before), second = fixtures().send_and_track(without, fixture);
    const bool accepted = first.answered(context_.success()) && second.answered(context_.success());
    for (const LeftOutCase* one : cases) {
      Tried& result = out_.left_out[one->field()];
      if (!accepted) {
        result.why = msg<"case.effect-request-refused">(code_of(first.answered(context_.success()) ? second : first));
        continue;
      }
      const std::string had = text_in(with, one->field());
      for (const ShownValue& at : shown(one->field())) {
        const RequestBuilder query = fixtures().make_request(*at.query, 0, fixture);
        const store::ResultSet implied = fixtures().predict(query);
        const auto is_shown = [&](const Sent& answer) {
          const auto rows = answer.reply.rows(context_.spec().envelope);
          return !rows.empty() && differences(*at.query, rows, implied).empty();
        };
        const Sent sent = ask_until(context_, query, is_shown);
        const auto rows = sent.reply.rows(context_.spec().envelope);
        if (!is_shown(sent)) {
          if (result.why.empty()) result.why = msg<"case.row-not-shown">(at.query->name);
          continue;
        }
        const json::Json* value = rows.front()->get(at.query->reply[at.field].name);
        const bool lingers = value != nullptr && value->text == had;
        const bool is_word = value != nullptr && value->kind == json::Json::Kind::text && is_word_for_nothing(value->text);
        result.outcome = lingers || is_word ? Tried::Outcome::altered : Tried::Outcome::shown;
        result.why = lingers ? msg<"case.lingers">() : is_word ? msg<"case.word-for-nothing">() : i18n::Message();
        result.observed = msg<"case.field-equals">(at.query->reply[at.field].name, conformance::shown(value));
        result.query = at.query;
        result.sent = sent;
        keep_for_record(*result.sent, context_.session().redactor());
        if (result.outcome == Tried::Outcome::altered) break;
      }
      result.steps = recording.steps();
    }
  } catch (const Inconclusive& missing) {
    for (const LeftOutCase* one : cases)
      if (out_.left_out[one->field()].outcome == Tried::Outcome::undecided) out_.left_out[one->field()].why = missing.why;
  }
}

// ---- values of rows that one query lists

/// A row that was added for its values.
struct AddedRow {
  std::string name;
  Uses uses;
};

class RangeCase final : public TestCase {
 public:
  RangeCase(CaseInfo info, const DayRangeClass& range) : TestCase(std::move(info)), range_(range) {}

  const DayRangeClass& range() const { return range_; }
  CaseResult run(CaseContext& context) const override;

 private:
  const DayRangeClass& range_;
};

class SumCase final : public TestCase {
 public:
  SumCase(CaseInfo info, SumName sum) : TestCase(std::move(info)), sum_(sum) {}

  std::size_t field() const { return sum_.first; }
  bool is_of_large_amounts() const { return sum_.second; }
  CaseResult run(CaseContext& context) const override;

 private:
  SumName sum_;
};

class ListedValues final : public Observer {
 public:
  ListedValues(CaseContext& context, ValueObservations& out, const ListedRows& listed) : Observer(context, out), listed_(listed) {}

  void observe() {
    OwnerRows& owner = context_.shared<OwnerRows>();
    begin_sums(owner, false);
    add(owner, [](const ValueClass& one) { return !one.is_late; });
    end_sums(owner, false);
    look_at_list(owner.fixture);
    for (const RangeCase* one : context_.cases_of<RangeCase>()) look_at_range(owner.fixture, one->range());
    look_at_rest();
    rows_.clear();
    const auto row = owner.fixture.find(listed_.owner_table);  // no millions for a row of the vendor's
    if (row != owner.fixture.end() && fixtures().is_named(row->first, row->second))
      why_ended_ = msg<"case.would-spoil-named-row">(interface().name, row->second);
    OwnerRows late;
    if (why_ended_.empty()) begin_sums(late, true);
    else out_.no_sum[true] = why_ended_;
    // Beside sixteen digits a double has no room for the cents of a sum: these come last.
    const auto is_last = [](const ValueClass& one) { return one.is_late && one.slug.starts_with("digits-"); };
    add(late, [&](const ValueClass& one) { return one.is_late && !is_last(one); });
    end_sums(late, true);
    add(late, is_last);
    if (!rows_.empty()) look_at_list(late.fixture);
    look_at_rest();
  }

 private:
  std::vector<ShownValue> shown(std::size_t field) const {
    auto out = shown_values(context_.spec(), context_.fixtures().scope(), interface(), field);
    std::erase_if(out, [&](const ShownValue& one) { return one.query != listed_.query; });
    return out;
  }

  std::string text_of(std::size_t field, const ValueClass& of) {
    const bool is_moment = interface().request[field].format == core::Format::datetime;
    return is_moment ? moment_of(of.value, context_.session().now()).to_string() : of.value;
  }

  /// One row after the other, each with the next value of every field.
  void add(OwnerRows& owner, const std::function<bool(const ValueClass&)>& is_meant) {
    std::map<std::size_t, std::vector<const ValueClass*>> left;
    std::size_t most = 0;
    for (const std::size_t field : interface().variants.front().fields) {
      if (shown(field).empty()) continue;
      for (const ValueClass& one : classes_of(interface().request[field], true))
        if (is_meant(one) && (is_wanted(field, one.slug) || is_summed(field, one))) left[field].push_back(&one);
      most = std::max(most, left[field].size());
    }
    for (std::size_t i = 0; i < most && why_ended_.empty(); ++i) {
      Uses uses;
      for (const auto& [field, classes] : left)
        if (i < classes.size()) uses.push_back({field, classes[i], text_of(field, *classes[i])});
      add_row(owner, uses);
    }
    for (const auto& [field, classes] : left)  // those for which it did not come to it
      for (const ValueClass* one : classes)
        if (Tried& tried_one = out_.values[{field, one->slug}]; tried_one.why.empty() && tried_one.outcome == Tried::Outcome::undecided)
          tried_one.why = why_ended_.empty() ? msg<"case.row-unknown">() : why_ended_;
  }

  Sent send(OwnerRows& owner, const Uses& uses) {
    const RequestBuilder request = request_of(uses, owner.fixture);
    Sent sent = fixtures().send_and_track(request, owner.fixture);
    if (!sent.answered(context_.success()) && !sent.carried_out) return sent;
    owner.names.push_back(text_in(request, listed_.name));
    rows_.push_back({owner.names.back(), uses});
    return sent;
  }

  /// Where a row is refused, each of its values is tried alone. What nobody could mind is tried once more, if the usual values are taken.
  void add_row(OwnerRows& owner, const Uses& uses) {
    const Sent sent = try_send(owner, uses);
    const bool is_refused = !sent.request.path.empty() && !sent.no_reply() && !sent.answered(context_.success());
    if (sent.no_reply() && !sent.carried_out) note_undecided(uses, sent.request.path.empty() ? why_ended_ : msg<"case.no-reply">(sent.reply.problem));
    if (!is_refused) return;
    if (uses.size() > 1) {
      for (const Use& use : uses) add_row(owner, {use});
      return;
    }
    if (!must_be_taken(context_, uses.front().field, *uses.front().of)) return note_refused(uses, sent);
    const Sent usual = try_send(owner, {});
    if (!usual.answered(context_.success())) {
      if (why_ended_.empty()) why_ended_ = msg<"case.usual-value-refused">();
      return note_undecided(uses, why_ended_);
    }
    const Sent again = try_send(owner, uses);
    if (again.no_reply()) note_undecided(uses, msg<"case.no-reply">(again.reply.problem));
    else if (!again.answered(context_.success())) note_refused(uses, again);
  }

  /// An empty exchange where the request cannot be made any more.
  Sent try_send(OwnerRows& owner, const Uses& uses) {
    try {
      return send(owner, uses);
    } catch (const Inconclusive& missing) {
      why_ended_ = missing.why;
      return {};
    }
  }

  /// What the list shows of the rows that the model expects in it.
  void judge(const Sent& sent, const store::ResultSet& implied) {
    const auto expected = rows_by(implied, listed_.shown_name);
    const auto listed = rows_by(sent, context_.spec().envelope, listed_.query->reply[listed_.shown_name].name);
    Sent kept = sent;
    keep_for_record(kept, context_.session().redactor());
    for (const AddedRow& row : rows_) {
      const auto place = expected.find(row.name);
      const auto found = listed.find(row.name);
      if (place == expected.end() || found == listed.end()) continue;
      for (const Use& use : row.uses)
        for (const ShownValue& at : shown(use.field)) {
          Tried& one = tried(use);
          const store::CellValue cell = implied.cell(place->second, at.field);
          if (one.outcome != Tried::Outcome::undecided || cell.none() || cell.determinacy != store::Determinacy::determined) continue;
          one.observed = field_difference(*listed_.query, *found->second, at.field, cell);
          one.outcome = one.observed.empty() ? Tried::Outcome::shown : Tried::Outcome::altered;
          one.query = listed_.query;
          one.sent = kept;
        }
    }
  }

  bool lists_all(const Sent& sent, const std::map<std::string, std::size_t>& expected) {
    const auto listed = rows_by(sent, context_.spec().envelope, listed_.query->reply[listed_.shown_name].name);
    return std::all_of(rows_.begin(), rows_.end(), [&](const AddedRow& row) { return expected.count(row.name) == 0 || listed.count(row.name) > 0; });
  }

  void look_at_list(FixtureSet& fixture) {
    try {
      const RequestBuilder request = list_request(context_, listed_, fixture);
      const store::ResultSet implied = fixtures().predict(request);
      const auto expected = rows_by(implied, listed_.shown_name);
      judge(ask_until(context_, request, [&](const Sent& sent) { return lists_all(sent, expected); }), implied);
    } catch (const Inconclusive& missing) {
      for (const AddedRow& row : rows_) note_why(row.uses, missing.why);
    }
  }

  void look_at_range(FixtureSet& fixture, const DayRangeClass& range) {
    RangeLook& out = out_.ranges[range.slug];
    const core::DateTime now = context_.session().now();
    const std::string first = moment_of(range.first, now).date_string(), last = moment_of(range.last, now).date_string();
    out.expected = msg<"case.range-rows">(first, last);
    try {
      const RequestBuilder request = list_request(context_, listed_, fixture, first, last);
      const store::ResultSet implied = fixtures().predict(request);
      const auto expected = rows_by(implied, listed_.shown_name);
      const bool has_any = std::any_of(rows_.begin(), rows_.end(), [&](const AddedRow& row) { return expected.count(row.name) > 0; });
      if (!has_any) throw Inconclusive{why_ended_.empty() ? msg<"case.row-unknown">() : why_ended_};
      const Sent sent = ask_until(context_, request, [&](const Sent& one) { return lists_all(one, expected); });
      judge(sent, implied);
      out.sent = sent;
      keep_for_record(*out.sent, context_.session().redactor());
      if (!sent.answered(context_.success())) {
        out.why = msg<"case.query-answers">(listed_.query->name, code_of(sent));  // how long a range may be is not stated
        return;
      }
      out.is_decided = true;
      const auto listed = rows_by(sent, context_.spec().envelope, listed_.query->reply[listed_.shown_name].name);
      for (const AddedRow& row : rows_) {
        const bool is_due = expected.count(row.name) > 0, is_there = listed.count(row.name) > 0;
        if (is_due == is_there || !out.wrong.empty()) continue;
        const std::string moment = moment_of_row(row);
        out.wrong = is_due ? msg<"case.range-leaves-out">(listed_.query->name, moment) : msg<"case.range-lists-foreign">(listed_.query->name, moment);
      }
    } catch (const Inconclusive& missing) {
      out.why = missing.why;
    }
  }

  std::string moment_of_row(const AddedRow& row) const {
    const auto moment =
        std::find_if(row.uses.begin(), row.uses.end(), [&](const Use& use) { return interface().request[use.field].format == core::Format::datetime; });
    return moment == row.uses.end() ? row.name : moment->value;
  }

  /// Rows that no list has shown are looked for by their keys.
  void look_at_rest() {
    for (const AddedRow& row : rows_) {
      const bool is_known = std::all_of(row.uses.begin(), row.uses.end(), [&](const Use& use) { return tried(use).outcome != Tried::Outcome::undecided; });
      if (is_known) continue;
      try {
        const auto request = name_request(context_, listed_, row.name);
        if (!request) continue;
        const store::ResultSet implied = fixtures().predict(*request);
        const auto expected = rows_by(implied, listed_.shown_name);
        const Sent sent = ask_until(context_, *request, [&](const Sent& one) { return !one.reply.rows(context_.spec().envelope).empty(); });
        judge(sent, implied);
        if (!sent.answered(context_.success()) || !sent.reply.rows(context_.spec().envelope).empty()) continue;
        for (const Use& use : row.uses) {
          Tried& one = tried(use);
          if (one.outcome != Tried::Outcome::undecided) continue;
          one.outcome = Tried::Outcome::altered;
          one.observed = msg<"case.row-not-shown">(listed_.query->name);
          one.query = listed_.query;
          one.sent = sent;
          keep_for_record(*one.sent, context_.session().redactor());
        }
      } catch (const Inconclusive& missing) {
        note_why(row.uses, missing.why);
      }
    }
  }

  void note_why(const Uses& uses, const Message& why) {
    for (const Use& use : uses)
      if (tried(use).outcome == Tried::Outcome::undecided) tried(use).why = why;
  }

  /// Whether a sum needs it, even where it is not tried for itself.
  bool is_summed(std::size_t field, const ValueClass& one) const {
    const auto cases = sum_cases(one.is_late);
    return std::any_of(cases.begin(), cases.end(), [&](const SumCase* sum) { return sum->field() == field; });
  }

  std::vector<const SumCase*> sum_cases(bool of_large_amounts) const {
    auto out = context_.cases_of<SumCase>();
    std::erase_if(out, [&](const SumCase* one) { return one->is_of_large_amounts() != of_large_amounts; });
    return out;
  }

  /// A sum is judged only where the first amount was seen in it: when it gets there is not stated.
  void begin_sums(OwnerRows& owner, bool of_large_amounts) {
    const auto cases = sum_cases(of_large_amounts);
    if (cases.empty()) return;
    Message& no_sum = out_.no_sum[of_large_amounts];
    try {
      const Sent sent = send(owner, {});
      if (!sent.answered(context_.success())) throw Inconclusive{msg<"case.effect-request-refused">(code_of(sent))};
      for (const SumCase* one : cases)
        if (const auto sum = shown_sum(context_.spec(), fixtures().scope(), interface(), one->field())) {
          const SumLook look = look_at_sum(context_, *sum, owner.fixture);
          owner.sum_was_shown = look.is_right.value_or(false);
          if (!owner.sum_was_shown) no_sum = msg<"case.first-not-shown">(sum->query->name);
        }
    } catch (const Inconclusive& missing) {
      no_sum = missing.why;
    }
  }

  void end_sums(OwnerRows& owner, bool of_large_amounts) {
    for (const SumCase* one : sum_cases(of_large_amounts)) {
      const SumName name = {one->field(), of_large_amounts};
      const auto sum = shown_sum(context_.spec(), fixtures().scope(), interface(), one->field());
      if (!sum || !owner.sum_was_shown) continue;
      if (owner.names.size() < 2) {  // one amount is no sum
        const auto is_refused = [&](const auto& value) { return value.first.first == one->field() && value.second.outcome == Tried::Outcome::refused; };
        const auto refused = std::find_if(out_.values.begin(), out_.values.end(), is_refused);
        if (refused != out_.values.end()) out_.no_sum[of_large_amounts] = msg<"case.value-refused">(refused->second.observed);
        continue;
      }
      try {
        out_.sums[name] = look_at_sum(context_, *sum, owner.fixture);
        out_.added[name] = owner.names.size();
        owner.sum_was_shown = out_.sums[name].is_right.value_or(false);
      } catch (const Inconclusive& missing) {
        owner.sum_was_shown = false;
        out_.no_sum[of_large_amounts] = missing.why;
      }
    }
  }

  const ListedRows& listed_;
  std::vector<AddedRow> rows_;
  Message why_ended_;
};

/// The scope's own query, or that of the sides: cases are there whatever the target lacks.
std::optional<ListedRows> listed_values(const core::Spec& spec, const Scope& scope, const Interface& interface) {
  auto out = listed_rows(spec, scope, interface);
  return out && out->owner_exists ? out : std::nullopt;
}

ValueObservations& observed(CaseContext& context) {
  auto& all = context.shared<ValueObservations>();
  if (all.done) return all;
  all.done = true;
  const FixtureFactory::Observing observing(context.fixtures());
  try {
    const auto listed = listed_values(context.spec(), context.fixtures().scope(), context.interface());
    if (listed) ListedValues(context, all, *listed).observe();
    else OwnRows(context, all).observe();
  } catch (const Inconclusive& missing) {
    all.failure = missing.why;
  }
  return all;
}

/// Whether an earlier moment was taken, and a later one: then no limit explains why this one was not.
bool ValueCase::is_between_taken(CaseContext& context, const ValueObservations& all) const {
  const core::DateTime now = context.session().now(), own = moment_of(of_.value, now);
  bool earlier = false, later = false;
  for (const ValueClass& one : classes_of(context.interface().request[field_], true)) {
    const auto found = all.values.find({field_, one.slug});
    const bool is_taken = found != all.values.end() && (found->second.outcome == Tried::Outcome::shown || found->second.outcome == Tried::Outcome::altered);
    earlier = earlier || (is_taken && moment_of(one.value, now) < own);
    later = later || (is_taken && own < moment_of(one.value, now));
  }
  return earlier && later;
}

CaseResult ValueCase::run(CaseContext& context) const {
  const ValueObservations& all = observed(context);
  const auto found = all.values.find({field_, of_.slug});
  const Tried nothing{};
  const Tried& one = found == all.values.end() ? nothing : found->second;
  const core::Field& field = context.interface().request[field_];
  const bool is_moment = field.format == core::Format::datetime;
  CaseResult result;
  result.expected = msg<"case.value-comes-back">(field.name, is_moment ? moment_of(of_.value, context.session().now()).to_string() : of_.value);
  result.observed = one.observed;
  result.sent = one.sent;
  result.steps = one.steps;
  const std::string query = one.query == nullptr ? std::string() : one.query->name;
  switch (one.outcome) {
    case Tried::Outcome::shown:
      result.verdict = Verdict::passed;
      result.observed = msg<"case.as-expected">();
      break;
    case Tried::Outcome::altered: {
      const bool told = of_.standing == ValueClass::Standing::surveyed;
      result.verdict = told ? Verdict::warned : Verdict::failed;
      result.reason = told ? msg<"case.value-kept-otherwise">(query) : msg<"case.value-altered">(query);
      break;
    }
    case Tried::Outcome::refused: {
      const bool is_plain = must_be_taken(context, field_, of_) || (is_moment && is_between_taken(context, all));
      result.verdict = is_plain ? Verdict::failed : Verdict::warned;
      result.reason = is_plain ? msg<"case.valid-request-refused">() : msg<"case.value-refused">(one.observed);
      break;
    }
    case Tried::Outcome::undecided:
      result.observed = msg<"case.not-seen">();
      result.reason = !one.why.empty() ? one.why : !all.failure.empty() ? all.failure : msg<"case.row-unknown">();
      break;
  }
  return result;
}

CaseResult LeftOutCase::run(CaseContext& context) const {
  const ValueObservations& all = observed(context);
  const auto found = all.left_out.find(field_);
  CaseResult result;
  result.expected = msg<"case.left-out-is-empty">();
  result.observed = msg<"case.not-seen">();
  if (found == all.left_out.end() || found->second.outcome == Tried::Outcome::undecided) {
    result.reason = found != all.left_out.end() && !found->second.why.empty() ? found->second.why
                    : !all.failure.empty()                                    ? all.failure
                                                                              : msg<"case.row-unknown">();
    return result;
  }
  const Tried& one = found->second;
  result.verdict = one.outcome == Tried::Outcome::altered ? Verdict::failed : Verdict::passed;
  result.observed = one.observed;
  if (result.verdict == Verdict::failed) result.reason = one.why;
  result.sent = one.sent;
  result.steps = one.steps;
  return result;
}

CaseResult RangeCase::run(CaseContext& context) const {
  const ValueObservations& all = observed(context);
  const auto found = all.ranges.find(range_.slug);
  CaseResult result;
  result.observed = msg<"case.not-seen">();
  if (found == all.ranges.end()) {
    result.reason = all.failure.empty() ? msg<"case.row-unknown">() : all.failure;
    return result;
  }
  const RangeLook& one = found->second;
  result.expected = one.expected;
  result.sent = one.sent;
  if (!one.is_decided) {
    result.reason = one.why;
    return result;
  }
  result.verdict = one.wrong.empty() ? Verdict::passed : Verdict::failed;
  result.observed = one.wrong.empty() ? msg<"case.as-expected">() : one.wrong;
  if (!one.wrong.empty()) result.reason = msg<"case.range-wrong">();
  return result;
}

CaseResult SumCase::run(CaseContext& context) const {
  const ValueObservations& all = observed(context);
  const auto found = all.sums.find(sum_);
  CaseResult result;
  result.observed = msg<"case.not-seen">();
  if (found == all.sums.end() || !found->second.is_right) {
    const auto why = all.no_sum.find(is_of_large_amounts());
    result.reason = why != all.no_sum.end() && !why->second.empty() ? why->second : !all.failure.empty() ? all.failure : msg<"case.row-unknown">();
    return result;
  }
  const SumLook& sum = found->second;
  const auto place = shown_sum(context.spec(), context.fixtures().scope(), context.interface(), field());
  const std::string& name = place ? place->query->reply[place->field].name : context.interface().request[field()].name;
  result.expected = msg<"case.sum-of">(name, all.added.at(sum_), sum.expected);
  result.verdict = *sum.is_right ? Verdict::passed : Verdict::failed;
  result.observed = *sum.is_right ? msg<"case.as-expected">() : sum.observed;
  if (!*sum.is_right) result.reason = msg<"case.sum-wrong">();
  result.sent = sum.sent;
  return result;
}

}  // namespace

void add_value_cases(const PlanContext& plan, const Interface& interface, CaseList& out) {
  const auto listed = listed_values(plan.spec, plan.scope, interface);
  const auto add_info = [&](const std::string& slug, std::size_t timestamps) {
    CaseInfo info = case_info(interface, "value/" + slug, interface.section + ".1", CaseGroup::sequences, Phase::value);
    info.expected = {plan.spec.success};
    info.timestamps = timestamps;
    return info;
  };
  const auto add_of_field = [&](std::size_t field, const std::string& slug, const core::LocalizedText& what, std::size_t timestamps) {
    const core::Field& about = interface.request[field];
    CaseInfo info = add_info(core::slug_of(about.name) + "-" + slug, timestamps);
    info.requirement = about.title;
    info.title = title_of(about.title, {about.name + " " + what.zh, about.name + " " + what.en});
    info.clauses = {clause::values(interface), clause::request(interface, field), clause::effect(interface)};
    return info;
  };
  const std::vector<std::size_t> changed = changed_tables(interface);
  bool is_first = true;  // fields share their requests: the first one counts them
  for (const std::size_t field : changed.empty() ? std::vector<std::size_t>() : interface.variants.front().fields) {
    const core::Field& about = interface.request[field];
    auto shown = shown_values(plan.spec, plan.scope, interface, field);
    if (listed) std::erase_if(shown, [&](const ShownValue& one) { return one.query != listed->query; });
    if (about.refers || about.names || shown.empty()) continue;
    const auto& classes = classes_of(about, listed.has_value());
    const bool has_parts = std::any_of(classes.begin(), classes.end(), [](const ValueClass& one) { return one.is_part; });
    const bool several = std::any_of(shown.begin(), shown.end(), [&](const ShownValue& one) { return one.query != shown.front().query; });
    const std::vector<const Interface*> needed = several ? std::vector<const Interface*>() : std::vector{shown.front().query};
    const auto add = [&](const ValueClass& one, std::size_t timestamps) {
      out.push_back(std::make_unique<ValueCase>(add_of_field(field, one.slug, one.name, timestamps), field, one, needed));
    };
    const std::size_t each = !is_first ? 0 : listed ? 1 : 2;
    is_first = false;
    if (has_parts) add({mixed_slug, {"各种字符混合", "of all kinds of characters"}, mixed_text(), ValueClass::Standing::limit, false, false}, each);
    for (const ValueClass& one : classes) add(one, one.is_part ? 0 : each);
    if (listed && shown_sum(plan.spec, plan.scope, interface, field)) {
      out.push_back(std::make_unique<SumCase>(add_of_field(field, "sum", {"各笔之和", "and the sum of many"}, 3), SumName(field, false)));
      CaseInfo large = add_of_field(field, "large-sum", {"大额各笔之和", "and the sum of large amounts"}, 3);
      large.is_spare = true;
      out.push_back(std::make_unique<SumCase>(std::move(large), SumName(field, true)));
    }
    if (listed && listed->first_day && listed->moment && shown.front().field == *listed->moment)
      for (const DayRangeClass& range : range_classes())
        out.push_back(std::make_unique<RangeCase>(
            add_of_field(field, "range-" + range.slug, {"按日期范围查询：" + range.name.zh, "within days: " + range.name.en}, 1), range));
    if (!listed && about.required == false && !classes.empty())
      out.push_back(std::make_unique<LeftOutCase>(
          add_of_field(field, "left-out", {"在上一个请求中给出，在本请求中省略", "given in a request, and left out in the next"}, 2), field));
  }
}

}  // namespace meterproof::conformance
