// SPDX-License-Identifier: Apache-2.0
// Requests at the same moment: identical ones take effect once, and queries are each answered with their own rows.
#include "conformance/cases/concurrency_case.hpp"

#include <algorithm>

#include "conformance/case_context.hpp"
#include "conformance/cases/shown_values.hpp"
#include "conformance/expected_rows.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::RequestBuilder;
using i18n::msg;
using reports::Verdict;

CaseResult ConcurrencyCase::run(CaseContext& context) const {
  if (i18n::Message why = context.session().why_not_at_once(); !why.empty()) throw Inconclusive{std::move(why)};
  context.need_baseline();
  return run_at_once(context);
}

CaseInfo concurrency_info(const PlanContext& plan, const Interface& interface, const std::string& slug, const core::LocalizedText& requirement,
                          std::size_t timestamps) {
  CaseInfo info = case_info(interface, "concurrent/" + slug, interface.section, CaseGroup::sequences, Phase::concurrent);
  info.requirement = info.title = requirement;
  info.expected = {plan.spec.success};
  info.timestamps = timestamps;
  return info;
}

i18n::Message codes_of(const std::vector<Sent>& all) {
  std::vector<i18n::Message> codes;
  codes.reserve(all.size());
  for (const Sent& one : all) codes.push_back(code_of(one));
  return i18n::list(std::move(codes));
}

namespace {

constexpr std::size_t most_copies = 8, copies_of_a_setting = 3;

std::size_t copies_of(const Interface& interface) { return adds_up(interface) ? most_copies : copies_of_a_setting; }

class IdenticalRequests final : public ConcurrencyCase {
 public:
  using ConcurrencyCase::ConcurrencyCase;

 private:
  CaseResult run_at_once(CaseContext& context) const override {
    const std::size_t copies = std::min(context.session().connections().at_once, copies_of(context.interface()));
    if (context.side_effects().shows_itself()) return compare_usages(context, copies);
    FixtureSet fixture, phantom;
    context.side_effects().prepare(fixture, phantom);
    const RequestBuilder request = context.fixtures().make_request(context.interface(), 0, fixture);
    std::vector<Sent> all = context.session().send_concurrently(std::vector(copies, std::pair(&context.interface(), request.body())));
    CaseResult result;
    result.expected = msg<"case.done-once">();
    result.observed = codes_of(all);
    const auto accepted = std::find_if(all.begin(), all.end(), [&](const Sent& one) { return one.answered(context.success()); });
    result.sent = accepted == all.end() ? all.front() : *accepted;
    if (accepted == all.end()) {
      result.reason = msg<"case.no-copy-counts">();
      return result;
    }
    (void)context.fixtures().apply_to_model(request, fixture);
    auto found = context.side_effects().detect(fixture, phantom);
    if (found.empty()) found = listed_twice(context, fixture);
    const bool lost = std::any_of(all.begin(), all.end(), [](const Sent& one) { return one.no_reply(); });
    result.verdict = found.empty() ? Verdict::passed : lost ? Verdict::inconclusive : Verdict::failed;
    if (!found.empty()) result.reason = msg<"case.copies-did-more">(found.front());
    else context.fixtures().give_back(fixture);
    return result;
  }

  /// What the query that lists an owner's rows shows more of them than it must.
  static std::vector<i18n::Message> listed_twice(CaseContext& context, FixtureSet& fixture) {
    const auto listed = listed_rows(context.spec(), context.fixtures().scope(), context.interface());
    if (!listed || listed->query->variants.size() <= listed->by_owner || listed->by_owner == 0) return {};
    return context.side_effects().query_and_diff(*listed->query, fixture, listed->by_owner).differences;
  }

  /// Where only replies to reports tell: the same usage once by one report, and once by several at the same moment. What a unit costs is not known.
  static CaseResult compare_usages(CaseContext& context, std::size_t copies) {
    SideEffects& side_effects = context.side_effects();
    FixtureFactory& fixtures = context.fixtures();
    FixtureSet fixture, phantom;
    side_effects.prepare(fixture, phantom);
    const auto balance = [&] {
      const auto found = side_effects.balance_in(side_effects.ask_by_itself(fixture));
      if (!found) throw Inconclusive{msg<"case.no-balance-shown">()};
      return *found;
    };
    (void)balance();  // the first of a row has a usage that nobody knows
    const core::Decimal before = balance();
    if (!fixtures.send_and_track(fixtures.make_request(context.interface(), 0, fixture), fixture).answered(context.success()))
      throw Inconclusive{msg<"case.no-copy-counts">()};
    const core::Decimal once = balance();
    const RequestBuilder request = fixtures.make_request(context.interface(), 0, fixture);
    const std::vector<Sent> all = context.session().send_concurrently(std::vector(copies, std::pair(&context.interface(), request.body())));
    CaseResult result;
    result.expected = msg<"case.done-once">();
    result.sent = all.front();
    result.observed = codes_of(all);
    const auto accepted = std::find_if(all.begin(), all.end(), [&](const Sent& one) { return one.answered(context.success()); });
    if (accepted == all.end()) {
      result.reason = msg<"case.no-copy-counts">();
      return result;
    }
    result.sent = *accepted;
    (void)fixtures.apply_to_model(request, fixture);
    const core::Decimal several = balance();
    const auto cost = core::Decimal::subtract(before, once), cost_of_several = core::Decimal::subtract(once, several);
    const auto twice = cost ? core::Decimal::add(*cost, *cost) : std::nullopt;
    if (!twice || !cost_of_several || *cost <= core::Decimal()) throw Inconclusive{msg<"case.no-cost-shown">()};
    const auto least = core::Decimal::subtract(*twice, core::Decimal(2, 2));  // how it is rounded is not stated
    const bool is_more = *cost_of_several > *cost && least && *cost_of_several >= *least;
    result.verdict = is_more ? Verdict::failed : Verdict::passed;
    if (is_more)
      result.reason =
          msg<"case.copies-did-more">(i18n::verbatim(*balance_told(context.interface()) + " -" + cost_of_several->to_string() + ", -" + cost->to_string()));
    return result;
  }
};

class SeveralUsers final : public ConcurrencyCase {
 public:
  using ConcurrencyCase::ConcurrencyCase;

 private:
  CaseResult run_at_once(CaseContext& context) const override {
    const std::size_t at_once = context.session().connections().at_once;
    const std::size_t users = std::min<std::size_t>(3, at_once);
    const Interface& interface = context.interface();
    const bool only_reads = changed_tables(interface).empty();
    std::vector<FixtureSet> fixtures(users);
    for (FixtureSet& fixture : fixtures)
      for (const core::Step& step : interface.effects)
        if (step.kind == core::Step::Kind::find) context.fixtures().get_or_create(fixture, step.find.table);
    // The vendor has named one row, and there is no other: replies for one row cannot be mixed up.
    if (!fixtures.front().empty() && fixtures.front() == fixtures.back()) throw Inconclusive{msg<"case.needs-several-rows">()};
    std::vector<RequestBuilder> requests;
    std::vector<std::pair<const Interface*, std::string>> bodies;
    for (std::size_t round = 0; round < (only_reads && 2 * users <= at_once ? 2U : 1U); ++round)
      for (FixtureSet& fixture : fixtures) {
        requests.push_back(context.fixtures().make_request(interface, 0, fixture));
        bodies.emplace_back(&interface, requests.back().body());
      }
    std::vector<Sent> all = context.session().send_concurrently(bodies);
    CaseResult result{Verdict::passed, msg<"case.own-rows-each">(), msg<"case.as-expected">(), {}, std::nullopt, {}};
    for (std::size_t i = 0; i < all.size() && result.verdict == Verdict::passed; ++i) {
      result.sent = all[i];
      judge(context, requests[i], fixtures[i % users], all[i], only_reads, result);
    }
    if (result.verdict == Verdict::passed)
      for (const FixtureSet& fixture : fixtures) context.fixtures().give_back(fixture);
    return result;
  }

  static void judge(CaseContext& context, const RequestBuilder& request, FixtureSet& fixture, const Sent& sent, bool only_reads, CaseResult& out) {
    const Interface& interface = context.interface();
    const core::Envelope& envelope = context.spec().envelope;
    if (sent.no_reply() || !sent.answered(context.success())) {
      out.verdict = Verdict::inconclusive;
      out.observed = code_of(sent);
      out.reason = sent.no_reply() ? msg<"case.no-reply">(sent.reply.problem) : msg<"case.refused-at-once">();
      return;
    }
    const store::ResultSet prediction = context.fixtures().apply_to_model(request, fixture);
    context.session().exchange_log().expect(sent.request, expected_rows(interface, prediction));
    const Reply reply = read_reply(sent.exchange, context.spec());  // what it contains was not kept
    const auto rows = reply.rows(envelope);
    if (shows_nothing_yet(rows, prediction)) {
      out.verdict = Verdict::inconclusive;
      out.observed = msg<"case.not-seen">();
      out.reason = msg<"case.shows-nothing-yet">(interface.name);
      return;
    }
    const auto found = differences(interface, rows, prediction);
    if (found.empty()) return;
    out.observed = found.front();
    // Where the same request alone gets the same reply, rows were not mixed up; other cases judge it.
    const bool same_alone = only_reads && !differences(interface, context.fixtures().send(request).reply.rows(envelope), prediction).empty();
    out.verdict = same_alone ? Verdict::inconclusive : Verdict::failed;
    out.reason = same_alone ? msg<"case.same-reply-alone">() : msg<"case.rows-mixed-up">();
  }
};

}  // namespace

void add_concurrency_cases(const PlanContext& plan, const Interface& interface, CaseList& out) {
  if (!changed_tables(interface).empty()) {
    CaseInfo info = concurrency_info(plan, interface, "identical-requests",
                                     {"同时到达的相同请求只生效一次", "identical requests that arrive at once take effect once"}, copies_of(interface) + 4);
    info.clauses = {clause::concurrent(interface)};
    out.push_back(std::make_unique<IdenticalRequests>(std::move(info)));
  }
  if (!interface.reply.empty()) {
    CaseInfo info =
        concurrency_info(plan, interface, "several-users", {"并发查询互不串扰", "queries at the same moment are each answered with their own rows"}, 12);
    info.clauses = {clause::own_rows(interface)};
    out.push_back(std::make_unique<SeveralUsers>(std::move(info)));
  }
}

}  // namespace meterproof::conformance
