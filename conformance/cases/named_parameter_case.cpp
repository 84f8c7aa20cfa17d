// SPDX-License-Identifier: Apache-2.0
// Parameters are known by their names, in whatever order, and one that is left out is not taken from the request before.
#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "conformance/cases/row_series.hpp"
#include "conformance/cases/shown_values.hpp"
#include "core/text/json_text.hpp"
#include "core/text/utf16.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::RequestBuilder;
using i18n::Message;
using i18n::msg;
using reports::Verdict;

namespace {

std::string reversed_body(const RequestBuilder& request) {
  std::string out = "{";
  for (std::size_t i = request.raw.size(); i-- > 0;) {
    if (!request.raw[i]) continue;
    if (out.size() > 1) out += ',';
    core::append_quoted(out, request.interface->request[i].name);
    out += ':' + *request.raw[i];
  }
  return out + '}';
}

/// Every character beyond ASCII as \uXXXX, those beyond the BMP as a pair of them (RFC 8259, section 7).
std::string escaped_body(const std::string& body) {
  std::string out;
  core::for_each_utf16_unit(body, [&](std::uint32_t unit) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    if (unit < 0x80U) {
      out += static_cast<char>(unit);
      return;
    }
    out += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) out += hex[unit >> shift & 0xFU];
  });
  return out;
}

/// A valid request that is written otherwise, and means the same.
class RespelledCase final : public TestCase {
 public:
  enum class Spelling { reversed, escaped };

  RespelledCase(CaseInfo info, Spelling spelling) : TestCase(std::move(info)), spelling_(spelling) {}

  std::vector<std::size_t> baselines() const override { return {0}; }
  bool rests_on_several() const override { return true; }

  CaseResult run(CaseContext& context) const override {
    context.need_baseline();
    CaseResult result;
    result.expected = spelling_ == Spelling::reversed ? msg<"case.any-order-of-members">() : msg<"case.any-spelling">();
    Message found = try_order(context, false, result.sent);
    result.observed = found.empty() ? msg<"case.as-expected">() : found;
    if (found.empty()) {
      result.verdict = Verdict::passed;
      return result;
    }
    std::optional<Sent> usual;
    const bool same = !try_order(context, true, usual).empty();
    result.verdict = same ? Verdict::inconclusive : Verdict::failed;
    if (same) result.reason = spelling_ == Spelling::reversed ? msg<"case.same-in-usual-order">() : msg<"case.same-in-usual-spelling">();
    else result.reason = spelling_ == Spelling::reversed ? msg<"case.order-of-members-matters">() : msg<"case.spelling-matters">();
    return result;
  }

 private:
  /// What is wrong with what came of it; empty where nothing is.
  Message try_order(CaseContext& context, bool is_usual, std::optional<Sent>& shown_by) const {
    FixtureFactory& fixtures = context.fixtures();
    const Interface& interface = context.interface();
    const bool changes = !changed_tables(interface).empty();
    // A price shows on the rows that are made with it.
    const bool refers = std::any_of(interface.request.begin(), interface.request.end(), [](const core::Field& field) { return field.refers || field.where; });
    FixtureSet of_its_own;
    // What came of the first request is not to be seen in the rows of the second.
    FixtureSet& fixture = changes && (!refers || is_usual) ? of_its_own : context.baseline_fixture();
    RequestBuilder request = fixtures.make_request(interface, 0, fixture);
    if (spelling_ == Spelling::escaped)
      for (std::size_t i = 0; i < request.raw.size(); ++i)
        if (request.raw[i] && is_free_text(interface.request[i])) request.raw[i] = raw_value(interface.request[i], interface.request[i].example + "𠮷");
    if (is_usual) shown_by = fixtures.send(request);
    else shown_by = context.session().send(interface, spelling_ == Spelling::reversed ? reversed_body(request) : escaped_body(request.body()));
    const Sent sent = *shown_by;
    if (sent.no_reply()) {
      if (changes) {
        context.session().note_doubtful(sent);
        fixtures.note_doubt(interface, sent);
        fixture.clear();
      }
      throw Inconclusive{msg<"case.no-reply">(sent.reply.problem)};
    }
    if (!sent.answered(context.success())) return code_of(sent);
    const store::ResultSet implied = changes ? fixtures.apply_to_model(request, fixture) : fixtures.predict(request);
    const auto rows = sent.reply.rows(context.spec().envelope);
    if (shows_nothing_yet(rows, implied)) throw Inconclusive{msg<"case.shows-nothing-yet">(interface.name)};
    if (std::vector<Message> found = differences(interface, rows, implied); !found.empty()) return i18n::list(std::move(found));
    const auto query = changes ? query_to_look(context) : nullptr;
    if (query == nullptr) return {};
    QueryDiff seen = context.side_effects().query_and_diff(*query, fixture);
    if (seen.hidden) throw Inconclusive{msg<"case.shows-nothing-yet">(query->name)};
    if (seen.differences.empty()) return {};
    shown_by = std::move(seen.witness);
    return i18n::list(std::move(seen.differences));
  }

  Spelling spelling_;

  /// That which lists the rows that the interface adds, or else shows what it changes.
  static const Interface* query_to_look(CaseContext& context) {
    const auto listed = listed_rows(context.spec(), context.fixtures().scope(), context.interface());
    if (listed && listed->owner_exists) return listed->query;
    return showing_query(context.spec(), context.fixtures().scope(), context.interface()).query;
  }
};

/// The forms of a query in turn, for two customers: what one form leaves out is not taken from the one before.
class QueriesInTurnCase final : public TestCase {
 public:
  using TestCase::TestCase;

  std::vector<std::size_t> baselines() const override { return {0}; }
  bool rests_on_several() const override { return true; }

  CaseResult run(CaseContext& context) const override {
    context.need_baseline();
    const Interface& query = context.interface();
    std::vector<FixtureSet> customers = {context.baseline_fixture(), {}};
    for (FixtureSet& one : customers)
      for (const core::Step& step : query.effects)
        if (step.kind == core::Step::Kind::find) context.fixtures().get_or_create(one, step.find.table);
    if (customers.front() == customers.back()) throw Inconclusive{msg<"case.needs-several-rows">()};
    for (FixtureSet& one : customers) {
      if (is_shown(context, one)) continue;
      bring_about(context, one);
      if (!is_shown(context, one)) throw Inconclusive{msg<"case.first-not-shown">(query.name)};
    }
    CaseResult result;
    result.expected = msg<"case.left-out-is-empty">();
    result.observed = msg<"case.as-expected">();
    result.verdict = Verdict::passed;
    const std::size_t forms = query.variants.size();
    for (std::size_t i = 0; i <= forms && result.verdict == Verdict::passed; ++i)
      judge(context, i % forms, (i + forms - 1) % forms, customers[i % customers.size()], result);
    return result;
  }

 private:
  /// Whether the usual form of the query shows the customer's rows, after a while.
  static bool is_shown(CaseContext& context, FixtureSet& customer) {
    const Interface& query = context.interface();
    const RequestBuilder request = context.fixtures().make_request(query, 0, customer);
    const store::ResultSet implied = context.fixtures().predict(request);
    const auto is_right = [&](const Sent& sent) {
      const auto rows = sent.reply.rows(context.spec().envelope);
      return sent.answered(context.success()) && !shows_nothing_yet(rows, implied) && differences(query, rows, implied).empty();
    };
    return is_right(ask_until(context, request, is_right));
  }

  /// A meter has no reading before it was given an order.
  static void bring_about(CaseContext& context, FixtureSet& customer) {
    FixtureFactory& fixtures = context.fixtures();
    for (const Interface& change : context.spec().interfaces) {
      const bool makes_rows = std::any_of(change.request.begin(), change.request.end(), [](const core::Field& field) { return field.fresh; });
      const bool is_meant = fixtures.scope().has(change) && !makes_rows && !changed_tables(change).empty() &&
                            showing_query(context.spec(), fixtures.scope(), change).query == &context.interface();
      if (!is_meant) continue;
      const RequestBuilder request = fixtures.make_request(change, 0, customer);
      if (const Sent sent = fixtures.send(request); sent.answered(context.success())) fixtures.apply_to_model(request, customer);
      return;
    }
  }

  static void judge(CaseContext& context, std::size_t variant, std::size_t before, FixtureSet& customer, CaseResult& out) {
    const Interface& query = context.interface();
    const RequestBuilder request = context.fixtures().make_request(query, variant, customer);
    const store::ResultSet implied = context.fixtures().predict(request);
    const auto wrong_in = [&](const Sent& sent) {
      const auto rows = sent.reply.rows(context.spec().envelope);
      if (!sent.answered(context.success())) return std::vector{code_of(sent)};
      if (shows_nothing_yet(rows, implied)) return std::vector{msg<"case.shows-nothing-yet">(query.name)};  // it was shown before
      return differences(query, rows, implied);
    };
    Sent sent = context.fixtures().send(request);
    if (sent.no_reply()) throw Inconclusive{msg<"case.no-reply">(sent.reply.problem)};
    if (context.fixtures().is_disputed(request, sent)) return;
    std::vector<Message> found = wrong_in(sent);
    out.sent = std::move(sent);
    if (found.empty()) return;
    // Where it shows the same after a query for the same customer, it is not for what another was asked for before; other cases judge it.
    (void)context.fixtures().send(context.fixtures().make_request(query, before, customer));
    const Sent again = context.fixtures().send(request);
    if (again.no_reply()) throw Inconclusive{msg<"case.no-reply">(again.reply.problem)};
    const bool same_alone = !wrong_in(again).empty();
    out.verdict = same_alone ? Verdict::inconclusive : Verdict::failed;
    out.observed = i18n::list(std::move(found));
    out.reason = same_alone ? msg<"case.same-reply-alone">() : msg<"case.lingers">();
  }
};

}  // namespace

void add_named_parameter_cases(const PlanContext& plan, const Interface& interface, CaseList& out) {
  const auto new_info = [&](const std::string& slug, std::size_t timestamps) {
    CaseInfo info = case_info(interface, "value/" + slug, interface.section + ".1", CaseGroup::sequences, Phase::value);
    info.expected = {plan.spec.success};
    info.timestamps = timestamps;
    return info;
  };
  if (interface.variants.front().fields.size() > 1) {
    CaseInfo info = new_info("members-reversed", 2);
    info.requirement = {"请求参数按名称识别，与顺序无关", "parameters are known by their names, in whatever order"};
    info.title = title_of(info.requirement, {"成员顺序相反", "the members in reverse order"});
    info.clauses = {clause::code(interface, plan.spec.success)};
    for (const std::size_t field : interface.variants.front().fields) info.clauses.push_back(clause::request(interface, field));
    out.push_back(std::make_unique<RespelledCase>(std::move(info), RespelledCase::Spelling::reversed));
  }
  const auto& fields = interface.variants.front().fields;
  if (std::any_of(fields.begin(), fields.end(), [&](std::size_t field) { return is_free_text(interface.request[field]); })) {
    CaseInfo info = new_info("escaped-characters", 4);
    info.requirement = {"JSON 文本中的 \\u 转义与字符本身相同（RFC 8259 第 7 节）",
                        "a \\u escape in a JSON text is the character itself (RFC 8259, section 7)"};
    info.title = title_of(info.requirement, {"包括 BMP 以外的字符", "characters beyond the BMP among them"});
    info.clauses = {clause::code(interface, plan.spec.success)};
    info.is_spare = true;
    out.push_back(std::make_unique<RespelledCase>(std::move(info), RespelledCase::Spelling::escaped));
  }
  if (changed_tables(interface).empty() && !interface.reply.empty() && interface.variants.size() > 1) {
    CaseInfo info = new_info("forms-in-turn", interface.variants.size() + 7);
    info.requirement = {"省略的参数不沿用上一个请求的值", "a parameter that is left out is not taken from the request before"};
    info.title = title_of(info.requirement, {"各种查询条件轮流使用", "the forms of the query in turn, for two customers"});
    info.clauses = {clause::effect(interface)};
    out.push_back(std::make_unique<QueriesInTurnCase>(std::move(info)));
  }
}

}  // namespace meterproof::conformance
