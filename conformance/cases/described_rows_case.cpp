// SPDX-License-Identifier: Apache-2.0
// Rows as the vendor has described them (target file, rows): what no client can bring about. Every query of their keys shows these rows and no others.
// Of an interface that is told something and answers with a row (a report), each described row is reported again, in turn, without a change: the answers
// are as described, whichever row came before.
#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "conformance/cases/charge_fields.hpp"
#include "conformance/row_look.hpp"
#include "core/rules/valid_request.hpp"
#include "core/text/slug.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::RequestBuilder;
using i18n::msg;
using reports::DescribedRowRecord;
using reports::Verdict;

namespace {

using Rows = std::vector<DescribedRowRecord>;

const std::string* value_of(const DescribedRowRecord& row, const std::string& field) {
  const auto found = row.values.find(field);
  return found == row.values.end() ? nullptr : &found->second;
}

/// What a reply must show of these rows. Fields that are not described are not compared.
store::ResultSet expected_of(const Interface& interface, const std::vector<const DescribedRowRecord*>& rows) {
  store::ResultSet out;
  out.has_rows = true;
  out.width = interface.reply.size();
  for (const DescribedRowRecord* row : rows)
    for (const core::Field& field : interface.reply) {
      const std::string* text = value_of(*row, field.name);
      if (text == nullptr || text->empty()) out.append({});  // what was never given may be "", null or absent
      else if (const auto number = field.type == core::Type::text ? std::nullopt : core::Decimal::parse(*text)) out.append(store::CellValue::of(*number));
      else out.append(store::CellValue::of(*text));
    }
  return out;
}

class DescribedRowsCase : public TestCase {
 public:
  DescribedRowsCase(CaseInfo info, Rows rows) : TestCase(std::move(info)), rows_(std::move(rows)) {}

  bool rests_on_several() const override { return true; }

 protected:
  const Rows& rows() const { return rows_; }

  /// Compares, and notes what differs; false where the case has come to its end.
  static bool compare(CaseContext& context, Sent sent, const std::vector<const DescribedRowRecord*>& expected, CaseResult& out) {
    const Interface& interface = context.interface();
    if (sent.no_reply()) throw Inconclusive{msg<"case.no-reply">(sent.reply.problem)};
    const bool none_expected = expected.empty() && !sent.answered(context.success());
    auto shown = sent.reply.rows(context.spec().envelope);
    if (!only_shows(interface) && expected.size() == 1) keep_asked_for(interface, *expected.front(), shown);
    std::vector<i18n::Message> found;
    if (!sent.answered(context.success()) && !none_expected) found.push_back(msg<"case.query-answers">(interface.name, code_of(sent)));
    else if (expected.empty() && !shown.empty()) found.push_back(msg<"reply.row-count">(shown.size(), 0));
    else if (!expected.empty()) found = differences(interface, shown, expected_of(interface, expected));
    if (found.empty() && shown.size() == 1 && expected.size() == 1) found = empty_on_one_side(interface, *shown.front(), *expected.front());
    out.sent = std::move(sent);
    if (found.empty()) return true;
    out.verdict = Verdict::failed;
    out.observed = i18n::list(std::move(found));
    out.reason = msg<"case.not-as-described">();
    return false;
  }

  /// The reply to a report may tell of its user's other rows, too: which they are is not stated.
  static void keep_asked_for(const Interface& interface, const DescribedRowRecord& row, std::vector<const json::Json*>& shown) {
    for (const core::Field& field : interface.reply) {
      const std::string* key = field.echoes ? value_of(row, field.name) : nullptr;
      const auto is_other = [&](const json::Json* one) { return scalar_of(*one, field.name) != *key; };
      if (key != nullptr && !std::all_of(shown.begin(), shown.end(), is_other)) std::erase_if(shown, is_other);
    }
  }

  /// The fields that are described as empty, and are not. Of a query also those that are described as 0, and are not there: elsewhere a 0 may be what was never
  /// given.
  static std::vector<i18n::Message> empty_on_one_side(const Interface& interface, const json::Json& shown, const DescribedRowRecord& row) {
    std::vector<i18n::Message> out;
    for (const core::Field& field : interface.reply) {
      const std::string* text = value_of(row, field.name);
      if (text == nullptr) continue;
      const json::Json* value = shown.get(field.name);
      const std::string now = scalar_of(shown, field.name);
      if (text->empty() && !now.empty()) out.push_back(msg<"reply.field-differs">(field.name, i18n::verbatim(now), i18n::Message()));
      if (!text->empty() && is_absent(value) && only_shows(interface))
        out.push_back(msg<"reply.field-differs">(field.name, conformance::shown(value), i18n::verbatim(*text)));
    }
    return out;
  }

  static CaseResult good() {
    CaseResult out;
    out.verdict = Verdict::passed;
    out.expected = msg<"case.rows-as-described">();
    out.observed = msg<"case.as-expected">();
    return out;
  }

 private:
  Rows rows_;
};

/// The days within which a query lists rows: the fields that carry them, and the reply's field that is compared.
struct DayRange {
  std::size_t from = 0, to = 0;
  std::string moment;
};

std::optional<DayRange> day_range(const core::Spec& spec, const Interface& query) {
  for (const core::Step& step : query.effects) {
    if (step.kind != core::Step::Kind::find || !step.find.between || step.find.from.op != core::Expr::Op::request) continue;
    const std::string& column = spec.tables[step.find.table].columns[*step.find.between].name;
    if (std::any_of(query.reply.begin(), query.reply.end(), [&](const core::Field& field) { return field.name == column; }))
      return DayRange{step.find.from.field, step.find.to.field, column};
  }
  return std::nullopt;
}

/// The fields of a variant by which rows are found: those that the reply has, too.
std::vector<std::size_t> key_fields(const Interface& query, const core::Variant& variant) {
  std::vector<std::size_t> out;
  for (const std::size_t field : variant.fields)
    if (query.request[field].refers || query.request[field].names) out.push_back(field);
  return out;
}

/// A query of each key that the rows have.
class QueriedRows final : public DescribedRowsCase {
 public:
  QueriedRows(CaseInfo info, Rows rows, std::size_t variant, std::optional<DayRange> range, bool by_day)
      : DescribedRowsCase(std::move(info), std::move(rows)), variant_(variant), range_(std::move(range)), by_day_(by_day) {}

  CaseResult run(CaseContext& context) const override {
    const Interface& query = context.interface();
    const auto keys = key_fields(query, query.variants[variant_]);
    std::map<std::vector<std::string>, std::vector<const DescribedRowRecord*>> by_key;
    for (const DescribedRowRecord& row : rows()) {
      std::vector<std::string> key;
      for (const std::size_t field : keys)
        if (const std::string* value = value_of(row, query.request[field].name)) key.push_back(*value);
      if (key.size() == keys.size()) by_key[key].push_back(&row);
    }
    CaseResult result = good();
    constexpr std::size_t most_queries = 60;
    std::size_t queries = 0;
    std::size_t limit = 0;  // of days_within
    for (const auto& [key, expected] : by_key) {
      std::vector<Span> spans = spans_of(expected, days_within[limit]);
      for (std::size_t i = 0; i < spans.size(); ++i) {
        if (++queries > most_queries) return result;
        const auto& [first, last] = spans[i];
        const RequestBuilder request = request_of(context, keys, key, first, last);
        Sent sent = context.fixtures().send(request);
        if (context.fixtures().is_disputed(request, sent)) throw Inconclusive{msg<"case.query-answers">(query.name, code_of(sent))};
        if (!sent.no_reply() && !sent.answered(context.success()) && limit + 1 < days_within.size() && days_in(spans[i]) > days_within[limit + 1]) {
          spans = spans_of(expected, days_within[++limit]);
          i = static_cast<std::size_t>(-1);
          continue;
        }
        std::vector<const DescribedRowRecord*> within;
        for (const DescribedRowRecord* row : expected)
          if (!range_ || in_span(*row, first, last)) within.push_back(row);
        if (!compare(context, std::move(sent), within, result)) return result;
      }
    }
    if (queries == 0) throw Inconclusive{msg<"case.no-key-described">()};
    return result;
  }

 private:
  std::string day_of(const DescribedRowRecord& row) const {
    constexpr std::size_t day = 10;  // yyyy-MM-dd
    const std::string* moment = value_of(row, range_->moment);
    return moment == nullptr ? std::string() : moment->substr(0, day);
  }
  bool in_span(const DescribedRowRecord& row, const std::string& first, const std::string& last) const {
    const std::string day = day_of(row);
    return first.empty() || (day >= first && day <= last);
  }

  using Span = std::pair<std::string, std::string>;  // the first day and the last
  /// How many days a range has at most. How long one may be is not stated: where a long one is refused, shorter ones are asked for.
  static constexpr std::array<std::int64_t, 5> days_within{std::numeric_limits<std::int64_t>::max(), 365, 31, 7, 1};

  static std::int64_t days_in(const Span& span) {
    const auto first = core::DateTime::parse_date(span.first), last = core::DateTime::parse_date(span.second);
    return first && last ? std::chrono::duration_cast<std::chrono::hours>(*last - *first).count() / 24 + 1 : 0;
  }

  /// The ranges of days that are asked for: all at once, or each by itself and the days beside it. Dates in this form are in order as texts are.
  std::vector<Span> spans_of(const std::vector<const DescribedRowRecord*>& expected, std::int64_t most_days) const {
    std::set<std::string> days;
    for (const DescribedRowRecord* row : expected)
      if (range_ && !day_of(*row).empty()) days.insert(day_of(*row));
    if (days.empty()) return {{"", ""}};
    std::vector<Span> out;
    if (!by_day_) {
      for (const std::string& day : days) {
        if (out.empty() || days_in({out.back().first, day}) > most_days) out.emplace_back(day, day);
        else out.back().second = day;
      }
      return out;
    }
    const auto beside = [](const std::string& day, int by) {
      const auto time = core::DateTime::parse_date(day);
      return time ? (*time + std::chrono::hours(24 * by)).date_string() : day;
    };
    std::set<std::string> asked;
    for (const std::string& day : days)
      for (const int by : {0, -1, 1})
        if (const std::string one = beside(day, by); asked.insert(one).second) out.emplace_back(one, one);
    return out;
  }

  RequestBuilder request_of(CaseContext& context, const std::vector<std::size_t>& keys, const std::vector<std::string>& key, const std::string& first,
                            const std::string& last) const {
    const Interface& query = context.interface();
    const core::Variant& variant = query.variants[variant_];
    RequestBuilder request{&query, std::vector<std::optional<std::string>>(query.request.size())};
    for (const std::size_t field : variant.fields)
      request.raw[field] = raw_value(query.request[field], rules::make_valid_value(query.request[field], 1, context.session().now()));
    for (const auto& [field, value] : variant.set) request.raw[field] = raw_value(query.request[field], value);
    for (std::size_t i = 0; i < keys.size(); ++i) request.raw[keys[i]] = raw_value(query.request[keys[i]], key[i]);
    if (range_ && !first.empty()) {
      if (request.raw[range_->from]) request.raw[range_->from] = raw_value(query.request[range_->from], first);
      if (request.raw[range_->to]) request.raw[range_->to] = raw_value(query.request[range_->to], last);
    }
    return request;
  }

  std::size_t variant_;
  std::optional<DayRange> range_;
  bool by_day_;
};

/// Reports of the described rows in turn, more than twenty in all, each as the row was reported last, only later; then several at the same moment. Then each is
/// reported with a usage, and some of the others once more without any: they must be as they were. Then a large usage of one whose small one cost its price:
/// it costs something; and so does a usage of the others, whatever their balance is. At last reports that are refused: they cost nothing.
class ReportedRows final : public DescribedRowsCase {
 public:
  using DescribedRowsCase::DescribedRowsCase;

  CaseResult run(CaseContext& context) const override {
    std::vector<DescribedRowRecord> known;  // what the target has said of each row last
    for (const DescribedRowRecord& row : rows())
      if (!has_named_key(context, row)) known.push_back(row);
    if (known.empty()) throw Inconclusive{msg<"case.rows-are-used-up">()};
    constexpr std::size_t reports = 22;
    const std::size_t rounds = std::max<std::size_t>(2, (reports + known.size() - 1) / known.size());
    const std::size_t in_turn = rounds * known.size(), with_usage = known.size() * (3 + others_looked_at) + 4;
    const std::size_t all = in_turn + rounds_at_once * most_at_once + with_usage + known.size() + 2 * rows_refused * context.interface().request.size();
    core::DateTime at = context.session().now() + -std::chrono::seconds(static_cast<std::int64_t>(all));
    const auto next = [&at] { return at = at + std::chrono::seconds(1); };  // no reading is as old as another
    CaseResult result = good();
    for (std::size_t i = 0; i < in_turn; ++i) {
      const DescribedRowRecord& row = known[i % known.size()];
      // What the meter believes to have is not what the vendor knows.
      const core::Decimal believed = i < known.size() ? core::Decimal() : core::Decimal(175, 2);
      if (!compare(context, context.fixtures().send(request_of(context.interface(), row, next(), believed)), {&row}, result)) {
        result.observed = msg<"case.in-report">(i + 1, std::move(result.observed));
        return result;
      }
    }
    for (std::size_t round = 0; round < rounds_at_once; ++round)
      if (!report_at_once(context, known, round, next, result)) return result;
    std::optional<std::size_t> charged;  // whose small usage cost its price
    std::vector<std::size_t> free;       // whose cost nothing, though it has one
    std::size_t told = 0;                // of how many it is known
    for (std::size_t i = 0; i < known.size(); ++i) {
      const auto usage = report_usage(context, known[i], small_usage(), next());
      if (usage && !others_stay(context, known, i, next, result)) return result;
      if (!charged && usage && usage->charge.is_by_the_unit(small_usage()) && usage->charge.price > lowest_price()) charged = i;
      if (usage && usage->charge.is_comparable()) ++told;
      if (usage && cost_nothing(usage->charge)) free.push_back(i);
      if (usage && has_odd_price(usage->charge, small_usage()) && !judge_price(context, known[i], usage->charge, next, result)) return result;
    }
    if (charged) {
      const core::DateTime first = next(), second = next();
      if (judge_fraction(context, known[*charged], first, second, result)) judge_large_usage(context, known[*charged], next(), result);
      for (std::size_t i = 0; i < free.size() && result.verdict == Verdict::passed; ++i) judge_free(context, known[free[i]], next(), result);
    } else if (!free.empty() && free.size() == told) {
      judge_free(context, known[free.front()], next(), result);
    }
    for (std::size_t i = 0; i < std::min(rows_refused, known.size()) && result.verdict == Verdict::passed; ++i)
      if (!refusals_cost_nothing(context, known, i, next, result)) return result;
    return result;
  }

 private:
  static constexpr std::size_t others_looked_at = 3, rounds_at_once = 4, most_at_once = 4, rows_refused = 2;
  static core::Decimal small_usage() { return {24, 1}; }
  static core::Decimal fraction() { return {4, 1}; }      // of a unit
  static core::Decimal lowest_price() { return {5, 2}; }  // at which a fraction costs more than is lost by rounding
  static core::Decimal other_usage() { return {37, 1}; }
  static core::Decimal large_usage() { return {600, 0}; }

  struct Usage {
    Sent sent;
    ChargeSeen charge;
  };

  /// Other cases report of a row that the vendor has named, so that it is not as described any more.
  static bool has_named_key(CaseContext& context, const DescribedRowRecord& row) {
    return std::any_of(context.interface().request.begin(), context.interface().request.end(), [&](const core::Field& field) {
      const std::string* key = field.refers ? value_of(row, field.name) : nullptr;
      return key != nullptr && context.fixtures().is_named(*field.refers, *key);
    });
  }

  /// Reports the row with a usage; `row` takes what the reply says. Nothing where it was refused: other cases tell. Throws Inconclusive where it may have been
  /// carried out, and the reply does not say what has become of the row.
  static std::optional<Usage> report_usage(CaseContext& context, DescribedRowRecord& row, core::Decimal usage, core::DateTime at) {
    using Kind = core::FieldGenerator::Kind;
    const Interface& interface = context.interface();
    RequestBuilder request = request_of(interface, row, at);
    DescribedRowRecord then = row;
    for (std::size_t i = 0; i < request.raw.size() && i < interface.generators.size(); ++i) {
      const Kind kind = interface.generators[i].kind;
      const auto told = request.raw[i] ? core::Decimal::parse(*request.raw[i]) : std::nullopt;
      const auto more = told && (kind == Kind::counter || kind == Kind::delta_of) ? core::Decimal::add(*told, usage) : std::nullopt;
      if (!more) continue;
      request.raw[i] = more->to_string();
      if (kind == Kind::counter) then.values[interface.request[i].name] = more->to_string();
    }
    Usage out{context.fixtures().send(request), {}};
    if (out.sent.no_reply()) throw Inconclusive{msg<"case.no-reply">(out.sent.reply.problem)};
    if (!out.sent.answered(context.success())) return std::nullopt;
    auto shown = out.sent.reply.rows(context.spec().envelope);
    keep_asked_for(interface, row, shown);
    if (shown.size() != 1) throw Inconclusive{msg<"case.row-unknown">()};
    const auto number_in = [&](std::optional<std::size_t> field) {
      const std::string* text = field ? value_of(then, interface.reply[*field].name) : nullptr;
      return text == nullptr ? std::nullopt : core::Decimal::parse(*text);
    };
    const ChargeFields fields = charge_fields(context.spec(), interface).value_or(ChargeFields());
    out.charge.before = number_in(fields.balance);
    out.charge.price_before = number_in(fields.price);
    for (const core::Field& field : interface.reply)
      if (const auto described = then.values.find(field.name); described != then.values.end())
        if (std::string now = scalar_of(*shown.front(), field.name); !now.empty()) described->second = std::move(now);
    out.charge.after = number_in(fields.balance);
    out.charge.price = number_in(fields.price);
    row = std::move(then);
    return out;
  }

  /// Though there is a price for it at which even a fraction costs something.
  static bool cost_nothing(const ChargeSeen& seen) { return seen.is_comparable() && *seen.price > lowest_price() && *seen.after == *seen.before; }

  /// Whether a usage cost something, and not what it comes to at the price that is shown.
  static bool has_odd_price(const ChargeSeen& seen, core::Decimal usage) {
    return seen.is_comparable() && *seen.price > core::Decimal() && *seen.after != *seen.before && !seen.is_by_the_unit(usage);
  }

  /// Another usage, whose price is not told by the one before (`first`) either: a server may charge a usage with the next report, or whole units.
  template <class Next>
  static bool judge_price(CaseContext& context, DescribedRowRecord& row, const ChargeSeen& first, const Next& next, CaseResult& result) {
    const auto usage = report_usage(context, row, other_usage(), next());
    if (!usage || !has_odd_price(usage->charge, other_usage()) || usage->charge.is_by_the_unit(small_usage())) return true;
    if (!whole_units(usage->charge, other_usage())) return fail_at_price(context, usage->charge, other_usage(), usage->sent, result);
    if (!whole_units(first, small_usage())) return true;
    // Of whole units the fraction is charged once it comes to one: of several usages it is neither lost each time, nor a unit each time.
    const auto last = report_usage(context, row, small_usage(), next());
    if (!last || !last->charge.is_comparable() || !whole_units(last->charge, small_usage()) || last->charge.price != first.price) return true;
    const core::Decimal all{85, 1};
    const std::int64_t units = *whole_units(first, small_usage()) + *whole_units(usage->charge, other_usage()) + *whole_units(last->charge, small_usage());
    if (units == 8 || units == 9) return true;
    ChargeSeen together = last->charge;
    together.before = first.before;
    return fail_at_price(context, together, all, last->sent, result);
  }

  /// How many units it cost: those of the usage without its fraction, or one more; nothing where it cost anything else.
  static std::optional<std::int64_t> whole_units(const ChargeSeen& seen, core::Decimal usage) {
    std::int64_t below = usage.units();
    for (int place = 0; place < usage.scale(); ++place) below /= 10;
    for (const std::int64_t units : {below, below + 1})
      if (seen.is_by_the_unit(core::Decimal(units, 0))) return units;
    return std::nullopt;
  }

  /// The usage did not cost its price: `result` fails.
  static bool fail_at_price(const CaseContext& context, const ChargeSeen& seen, core::Decimal usage, const Sent& sent, CaseResult& result) {
    result.verdict = Verdict::failed;
    result.observed = msg<"reply.field-differs">(context.interface().reply[*charge_fields(context.spec(), context.interface())->balance].name,
                                                 i18n::verbatim(seen.after->to_string()), i18n::verbatim(seen.left_after(usage).to_string()));
    result.reason = msg<"case.not-at-its-price">(usage.to_string(), seen.price->to_string());
    result.sent = sent;
    return false;
  }

  /// What costs nothing because it is less than a unit is charged with the next usage; where that costs its own price alone, it is forgotten.
  static bool judge_fraction(CaseContext& context, DescribedRowRecord& row, core::DateTime first, core::DateTime second, CaseResult& result) {
    const auto usage = report_usage(context, row, fraction(), first);
    if (!usage || !usage->charge.is_comparable() || *usage->charge.after != *usage->charge.before) return true;
    auto later = report_usage(context, row, small_usage(), second);
    if (!later || !later->charge.is_by_the_unit(small_usage())) return true;
    result.verdict = Verdict::failed;
    result.observed = msg<"case.usage-cost-nothing">(fraction().to_string(), small_usage().to_string());
    result.reason = msg<"case.not-each-time">();
    result.sent = std::move(later->sent);
    return false;
  }

  /// At the price of a small usage a large one costs something. What is refused, or costs more than there is, is not judged.
  static void judge_large_usage(CaseContext& context, DescribedRowRecord& row, core::DateTime at, CaseResult& result) {
    auto usage = report_usage(context, row, large_usage(), at);
    if (!usage || !usage->charge.is_comparable() || *usage->charge.after != *usage->charge.before) return;
    result.verdict = Verdict::failed;
    result.observed = msg<"case.usage-cost-nothing">(large_usage().to_string(), small_usage().to_string());
    result.reason = msg<"case.not-each-time">();
    result.sent = std::move(usage->sent);
  }

  /// Whether the reply's balance is of the report's own moment, or of one since it was sent. When usages are charged is not stated.
  static bool is_settled(const CaseContext& context, const DescribedRowRecord& row, const Usage& usage, core::DateTime at, core::DateTime sent_at) {
    const Interface& interface = context.interface();
    auto shown = usage.sent.reply.rows(context.spec().envelope);
    keep_asked_for(interface, row, shown);
    return std::any_of(interface.reply.begin(), interface.reply.end(), [&](const core::Field& field) {
      const auto moment = field.format == core::Format::datetime ? core::DateTime::parse(scalar_of(*shown.front(), field.name)) : std::nullopt;
      return moment && (*moment == at || !(*moment < sent_at));
    });
  }

  /// A row whose usage cost nothing, once more: twice in a row that is not for the next report to charge.
  static void judge_free(CaseContext& context, DescribedRowRecord& row, core::DateTime at, CaseResult& result) {
    const Interface& interface = context.interface();
    const core::DateTime sent_at = context.session().now();
    auto usage = report_usage(context, row, other_usage(), at);
    if (!usage || !cost_nothing(usage->charge) || !is_settled(context, row, *usage, at, sent_at)) return;
    result.verdict = Verdict::failed;
    result.observed =
        msg<"reply.field-differs">(interface.reply[*charge_fields(context.spec(), interface)->balance].name, i18n::verbatim(usage->charge.after->to_string()),
                                   i18n::verbatim(usage->charge.left_after(other_usage()).to_string()));
    result.reason = msg<"case.not-at-its-price">(other_usage().to_string(), usage->charge.price->to_string());
    result.sent = std::move(usage->sent);
  }

  /// Other rows, of the same owner first, once that row was reported with a usage.
  template <class Next>
  static bool others_stay(CaseContext& context, const std::vector<DescribedRowRecord>& known, std::size_t used, const Next& next, CaseResult& result) {
    const Interface& interface = context.interface();
    std::vector<const DescribedRowRecord*> others;
    for (std::size_t i = 1; i < known.size(); ++i) others.push_back(&known[(used + i) % known.size()]);
    const auto owners = [&](const DescribedRowRecord& one) {
      std::size_t same = 0;
      for (const core::Field& field : interface.request) {
        const std::string *own = field.refers ? value_of(one, field.name) : nullptr, *theirs = value_of(known[used], field.name);
        if (own != nullptr && theirs != nullptr && *own == *theirs) ++same;
      }
      return same;
    };
    std::stable_sort(others.begin(), others.end(), [&](const auto* a, const auto* b) { return owners(*a) > owners(*b); });
    for (std::size_t i = 0; i < std::min(others_looked_at, others.size()); ++i) {
      if (compare(context, context.fixtures().send(request_of(interface, *others[i], next())), {others[i]}, result)) continue;
      result.observed = msg<"case.after-anothers-usage">(std::move(result.observed));
      return false;
    }
    return true;
  }

  /// Some rows at the same moment, without a change.
  template <class Next>
  static bool report_at_once(CaseContext& context, const std::vector<DescribedRowRecord>& known, std::size_t round, const Next& next, CaseResult& result) {
    const Interface& interface = context.interface();
    std::vector<const DescribedRowRecord*> rows;
    std::vector<std::pair<const Interface*, std::string>> requests;
    for (std::size_t i = 0; i < std::min(most_at_once, known.size()); ++i) {
      rows.push_back(&known[(round * most_at_once + i) % known.size()]);
      requests.emplace_back(&interface, request_of(interface, *rows.back(), next()).body());
    }
    std::vector<Sent> sent = context.session().send_concurrently(requests);
    for (std::size_t i = 0; i < sent.size(); ++i) {
      sent[i].reply = read_reply(sent[i].exchange, context.spec());  // what it contains was not kept
      if (compare(context, std::move(sent[i]), {rows[i]}, result)) continue;
      result.observed = msg<"case.at-the-same-moment">(std::move(result.observed));
      return false;
    }
    return true;
  }

  /// One more than the greatest number of the field's list.
  static std::string behind_the_last(const core::Field& field) {
    core::Decimal last;
    for (const core::Choice& one : field.values)
      if (const auto number = core::Decimal::parse(one.value); number && last < *number) last = *number;
    return core::Decimal::add(last, core::Decimal(1, 0)).value_or(last).to_string();
  }

  /// Values with which a report cannot be right, by field: no number where one belongs, one outside the list, another row's owner.
  static std::vector<std::pair<std::size_t, std::string>> wrong_values(const Interface& interface, const std::vector<DescribedRowRecord>& known,
                                                                       const DescribedRowRecord& row) {
    using Kind = core::FieldGenerator::Kind;
    std::vector<std::pair<std::size_t, std::string>> out;
    std::optional<std::pair<std::size_t, std::string>> of_another;
    bool has_plain_number = false;
    for (const std::size_t i : interface.variants.front().fields) {
      const core::Field& field = interface.request[i];
      const Kind kind = interface.generators.empty() ? Kind::absent : interface.generators[i].kind;
      const bool is_usage = kind == Kind::counter || kind == Kind::delta_of || kind == Kind::balance;
      if (field.type == core::Type::decimal && (kind == Kind::counter || (!is_usage && !std::exchange(has_plain_number, true))))
        out.emplace_back(i, R"("abc")");
      if (!field.values.empty()) out.emplace_back(i, raw_value(field, behind_the_last(field)));
      const bool is_key = std::any_of(interface.reply.begin(), interface.reply.end(), [&](const core::Field& shown) { return shown.echoes == i; });
      const std::string* own = field.refers && !is_key ? value_of(row, field.name) : nullptr;
      const auto other = std::find_if(known.begin(), known.end(), [&](const DescribedRowRecord& one) {
        const std::string* theirs = own == nullptr ? nullptr : value_of(one, field.name);
        return theirs != nullptr && *theirs != *own;
      });
      if (other != known.end()) of_another = {i, raw_value(field, *value_of(*other, field.name))};
    }
    if (of_another) out.push_back(std::move(*of_another));  // the last: it may be accepted, and then no more is known of the row
    return out;
  }

  /// What is accepted all the same changes the row: then no more is known of it.
  template <class Next>
  static bool refusals_cost_nothing(CaseContext& context, const std::vector<DescribedRowRecord>& known, std::size_t which, const Next& next,
                                    CaseResult& result) {
    using Kind = core::FieldGenerator::Kind;
    const Interface& interface = context.interface();
    const DescribedRowRecord& row = known[which];
    for (const auto& [field, wrong] : wrong_values(interface, known, row)) {
      RequestBuilder request = request_of(interface, row, next());
      for (std::size_t i = 0; i < request.raw.size() && i < interface.generators.size(); ++i) {
        const auto told = request.raw[i] ? core::Decimal::parse(*request.raw[i]) : std::nullopt;
        const auto more = told && interface.generators[i].kind == Kind::counter ? core::Decimal::add(*told, core::Decimal(50, 0)) : std::nullopt;
        if (more) request.raw[i] = more->to_string();
      }
      request.raw[field] = wrong;
      const Sent sent = context.fixtures().send(request);
      if (!sent.reply.code || sent.answered(context.success())) return true;
      if (compare(context, context.fixtures().send(request_of(interface, row, next())), {&row}, result)) continue;
      result.observed = msg<"case.after-refused-report">(std::move(result.observed));
      return false;
    }
    return true;
  }

  static std::optional<std::string> more_than(const std::string& text, core::Decimal by) {
    const auto number = core::Decimal::parse(text);
    const auto sum = number ? core::Decimal::add(*number, by) : std::nullopt;
    return sum ? std::optional(sum->to_string()) : std::nullopt;
  }

  /// `believed`: how much more the meter believes to have than is described.
  static RequestBuilder request_of(const Interface& interface, const DescribedRowRecord& row, core::DateTime at, core::Decimal believed = {}) {
    using Kind = core::FieldGenerator::Kind;
    RequestBuilder request{&interface, std::vector<std::optional<std::string>>(interface.request.size())};
    for (const std::size_t field : interface.variants.front().fields) {
      const core::Field& about = interface.request[field];
      const Kind kind = interface.generators.empty() ? Kind::absent : interface.generators[field].kind;
      const std::string* told = value_of(row, kind == Kind::balance ? interface.generators[field].told : about.name);
      if (kind == Kind::now) request.raw[field] = raw_value(about, at.to_string());
      else if (kind == Kind::delta_of && told == nullptr) request.raw[field] = raw_value(about, "0");
      else if (const auto more = told != nullptr && kind == Kind::balance ? more_than(*told, believed) : std::nullopt) request.raw[field] = *more;
      else if (told != nullptr) request.raw[field] = raw_value(about, *told);
      else if (!about.refers && kind != Kind::counter) request.raw[field] = raw_value(about, rules::make_valid_value(about, 1, at));
    }
    return request;
  }
};

Rows rows_of(const PlanContext& plan, const Interface& interface) {
  Rows out;
  std::copy_if(plan.rows.begin(), plan.rows.end(), std::back_inserter(out), [&](const DescribedRowRecord& row) { return row.interface == interface.name; });
  return out;
}

}  // namespace

void add_described_rows_cases(const PlanContext& plan, const Interface& interface, CaseList& out) {
  const Rows rows = rows_of(plan, interface);
  if (rows.empty() || interface.reply.empty()) return;
  const auto add_info = [&](const std::string& slug, const core::LocalizedText& variation, std::size_t timestamps) {
    CaseInfo info = case_info(interface, "described/" + slug, interface.section + ".2", CaseGroup::business, Phase::described);
    info.requirement = interface.purpose.zh.empty() ? interface.title : interface.purpose;
    info.title = title_of(info.requirement, variation);
    info.expected = {plan.spec.success};
    info.clauses = {clause::effect(interface)};
    for (const core::Field& field : interface.reply) info.clauses.push_back(clause::reply(interface, field.name));
    info.timestamps = timestamps;
    return info;
  };
  if (!changed_tables(interface).empty()) {
    out.push_back(std::make_unique<ReportedRows>(add_info("in-turn", {"依次上报厂家所知的各行", "the rows that the vendor describes, in turn"}, 22), rows));
    return;
  }
  const auto range = day_range(plan.spec, interface);
  for (std::size_t i = 0; i < interface.variants.size(); ++i) {
    const core::Variant& variant = interface.variants[i];
    const core::LocalizedText what{"厂家所知的各行，" + variant.name, "the rows that the vendor describes, " + variant.name};
    out.push_back(std::make_unique<QueriedRows>(add_info(core::slug_of(variant.name), what, rows.size()), rows, i, range, false));
    const bool has_days = range && std::find(variant.fields.begin(), variant.fields.end(), range->from) != variant.fields.end();
    if (!has_days) continue;
    const core::LocalizedText by_day{"厂家所知的各行，逐日，" + variant.name, "the rows that the vendor describes, day by day, " + variant.name};
    out.push_back(std::make_unique<QueriedRows>(add_info(core::slug_of(variant.name) + "-by-day", by_day, 2 * rows.size()), rows, i, range, true));
  }
}

}  // namespace meterproof::conformance
