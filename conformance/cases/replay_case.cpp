// SPDX-License-Identifier: Apache-2.0
// A signature that was accepted before: it must be refused, and change nothing again.
#include <algorithm>
#include <cctype>

#include "conformance/cases/case_kinds.hpp"
#include "conformance/cases/negative_case.hpp"
#include "conformance/cases/wrong_requests.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::RequestBuilder;
using i18n::msg;

namespace {

/// The accepted request that the cases repeat, and the rows that it is about.
struct AcceptedRequest {
  std::optional<Sent> sent;
  FixtureSet rows;

  /// A set may have got more rows since.
  bool is_about(const FixtureSet& fixture) const {
    return std::all_of(rows.begin(), rows.end(), [&](const auto& row) {
      const auto found = fixture.find(row.first);
      return found != fixture.end() && found->second == row.second;
    });
  }
};

class ReplayCase final : public NegativeCase {
 public:
  /// `elsewhere`: where the request is repeated, if it is another interface.
  ReplayCase(CaseInfo info, ReplayAttempt attempt, const Interface* elsewhere) : NegativeCase(std::move(info), 0), attempt_(attempt), elsewhere_(elsewhere) {}

  bool rests_on_several() const override { return true; }

  Sent send(CaseContext& context, FixtureSet& fixture, const FixtureSet&) const override {
    TargetSession& session = context.session();
    if (attempt_ == ReplayAttempt::at_once) return send_at_once(context, fixture);
    if (attempt_ == ReplayAttempt::after_others && context.first_success()) return session.send_again(*context.first_success());
    const Sent& first = accepted(context, fixture);
    if (attempt_ == ReplayAttempt::elsewhere) {
      const auto others = queries_on_other_paths(context.spec(), context.fixtures().scope(), context.interface());
      if (others.empty()) throw Inconclusive{msg<"case.needs-unsupported">(elsewhere_->name)};
      const auto answered = std::find_if(others.begin(), others.end(), [&](const Interface* one) { return session.has_accepted(*one); });
      const Interface& other = answered == others.end() ? *others.front() : **answered;
      return session.send_with(other, first.request.headers, context.fixtures().make_request(other, 0, fixture).body());
    }
    if (attempt_ == ReplayAttempt::new_connection) return send_on_new_connection(session, first);
    if (attempt_ == ReplayAttempt::after_refusal) refuse_same_timestamp(context, first);
    if (attempt_ == ReplayAttempt::token_case) return session.send_again(in_other_case(context, first));
    if (attempt_ == ReplayAttempt::other_padding) return session.send_again(with_other_padding(context, first));
    if (attempt_ == ReplayAttempt::other_body) {
      Sent other = first;
      other.request.body += ' ';
      return session.send_again(other);
    }
    if (attempt_ == ReplayAttempt::third_time) (void)session.send_again(first);
    return session.send_again(first);
  }

 private:
  CaseResult judge(CaseContext& context, Sent sent) const override {
    std::vector<core::Code> also_accepted = info().also_accepted;
    if (context.session().may_accept_repeats(context.interface())) also_accepted.push_back(context.success());
    // Of one path to another it has refused them before: then they are refused on every path.
    else if (attempt_ == ReplayAttempt::elsewhere && context.session().refuses_repeats_elsewhere()) std::erase(also_accepted, context.success());
    return judge_code(info().expected, also_accepted, context.success(), std::move(sent));
  }
  i18n::Message why_untried(const TargetSession& session) const override {
    return attempt_ == ReplayAttempt::at_once ? session.why_not_at_once() : i18n::Message();
  }
  bool may_succeed() const override { return true; }
  bool must_never_change() const override { return true; }

  static const Sent& accepted(CaseContext& context, FixtureSet& fixture) {
    auto& shared = context.shared<AcceptedRequest>();
    if (!shared.sent || !shared.is_about(fixture)) {
      Sent first = context.fixtures().send_and_track(context.fixtures().make_request(context.interface(), 0, fixture), fixture);
      if (!first.answered(context.success())) throw Inconclusive{msg<"case.request-to-repeat-refused">(code_of(first))};
      shared = {std::move(first), fixture};
      context.side_effects().look_before_refusal();
    }
    return *shared.sent;
  }

  /// Upper case where it was sent in lower case, and the other way round.
  static Sent in_other_case(CaseContext& context, const Sent& first) {
    Sent out = first;
    std::string& token = out.request.headers.at(context.spec().authentication.token).second;
    const bool is_upper = std::any_of(token.begin(), token.end(), [](unsigned char c) { return std::isupper(c) != 0; });
    for (char& c : token) c = static_cast<char>(is_upper ? std::tolower(static_cast<unsigned char>(c)) : std::toupper(static_cast<unsigned char>(c)));
    return out;
  }

  static Sent with_other_padding(CaseContext& context, const Sent& first) {
    Sent out = first;
    std::string& encoded = out.request.headers.at(context.spec().authentication.authorization).second;
    if (!encoded.ends_with('=')) encoded += '=';
    else encoded.resize(encoded.find_last_not_of('=') + 1);
    return out;
  }

  static Sent send_on_new_connection(TargetSession& session, const Sent& first) {
    if (!session.environment().send_raw) throw Inconclusive{msg<"case.cannot-use-connections">()};
    net::RawExchange alone;
    alone.segments = {{first.request.bytes(session.environment().address)}};
    alone.replies = 1;
    Sent sent = session.send_raw(alone, {first.request}).front();
    sent.well_signed = false;
    return sent;
  }

  /// A request with that timestamp whose token is wrong, and one whose body cannot be read: whatever is refused, the timestamp stays used.
  static void refuse_same_timestamp(CaseContext& context, const Sent& first) {
    Sent other = first;
    other.request.body = "{";
    if (context.session().why_no_reply_to(truncated_body).empty()) (void)context.session().send_again(other);
    const std::size_t token = context.spec().authentication.token;
    other = first;
    if (token < other.request.headers.size()) other.request.headers[token].second.assign(32, '0');
    (void)context.session().send_again(other);
  }

  /// Several copies of one request at the same moment: its timestamp is used once.
  static Sent send_at_once(CaseContext& context, FixtureSet& fixture) {
    TargetSession& session = context.session();
    constexpr std::size_t most_copies = 8;
    const std::size_t copies = std::min(session.connections().at_once, most_copies);
    const auto answered = [&](const Sent& one) { return one.answered(context.success()); };
    if (context.side_effects().is_repeating()) {
      (void)context.fixtures().send_and_track(context.fixtures().make_request(context.interface(), 0, fixture), fixture);
      context.side_effects().look_before_refusal();
    }
    for (int tries = 0;; ++tries) {
      const RequestBuilder request = context.fixtures().make_request(context.interface(), 0, fixture);
      Sent first;
      first.request = session.signed_request(context.interface(), session.next_timestamp(context.interface().path), request.body());
      std::vector<Sent> all = session.send_copies(first, copies);
      const auto accepted = std::count_if(all.begin(), all.end(), answered);
      if (accepted > 0) (void)context.fixtures().apply_to_model(request, fixture);
      if (accepted > 1) return *std::find_if(all.begin(), all.end(), answered);
      if (std::any_of(all.begin(), all.end(), [](const Sent& one) { return one.no_reply(); })) throw Inconclusive{msg<"case.not-every-copy-answered">()};
      if (accepted == 1) return *std::find_if_not(all.begin(), all.end(), answered);
      // None passed: somebody else has used this second before, or they are refused for a reason that this case does not judge.
      constexpr int enough = 5;
      if (tries >= enough || !session.refused_for_time(all.front())) throw Inconclusive{msg<"case.no-copy-succeeded">(code_of(all.front()))};
    }
  }

  ReplayAttempt attempt_;
  const Interface* elsewhere_;
};

/// The codes that answer a wrong token, too.
void add_codes_of_wrong_token(const core::Spec& spec, std::vector<core::Code>& to) {
  for (const core::ResultRow& row : spec.common)
    for (const core::SignatureRule& rule : row.signature)
      if (rule.error == core::SignatureError::token_wrong) to.push_back(row.code);
}

}  // namespace

void add_replay_cases(const PlanContext& plan, const Interface& interface, CaseList& out) {
  for (const core::ResultRow& row : plan.spec.common)
    for (const core::SignatureRule& rule : row.signature) {
      if (rule.error != core::SignatureError::timestamp_repeated) continue;
      for (const ReplayAttemptInfo& one : replay_attempts()) {
        const auto others =
            one.attempt == ReplayAttempt::elsewhere ? queries_on_other_paths(plan.spec, plan.scope, interface) : std::vector<const Interface*>();
        const Interface* other = others.empty() ? nullptr : others.front();
        if (one.attempt == ReplayAttempt::elsewhere && other == nullptr) continue;
        CaseInfo info = refusal_info(interface, row, one.name.slug, plan.spec.authentication.section, CaseGroup::authentication, Phase::may_succeed);
        info.title = title_of(row.title, one.name.description);
        info.also_accepted = rule.also_accepted;
        if (one.attempt == ReplayAttempt::token_case) add_codes_of_wrong_token(plan.spec, info.also_accepted);  // a server may mind its letter case
        if (one.attempt == ReplayAttempt::other_padding) add_codes_of_wrong_token(plan.spec, info.expected);    // without its padding it is no Base64
        if (one.lenient) info.also_accepted.push_back(plan.spec.success);
        info.is_spare = one.attempt == ReplayAttempt::other_padding && &interface != &plan.spec.interfaces.front();
        info.clauses.push_back(clause::general(plan.spec, "timestamp"));
        out.push_back(std::make_unique<ReplayCase>(std::move(info), one.attempt, other));
      }
    }
}

}  // namespace meterproof::conformance
