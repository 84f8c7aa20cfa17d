// SPDX-License-Identifier: Apache-2.0
// A signature with one mistake: the request must be refused before anything else is looked at.
#include "conformance/cases/case_kinds.hpp"
#include "conformance/cases/negative_case.hpp"
#include "conformance/cases/wrong_requests.hpp"

namespace meterproof::conformance {

using i18n::msg;

namespace {

class SignatureCase final : public NegativeCase {
 public:
  SignatureCase(CaseInfo info, const WrongSignature& wrong) : NegativeCase(std::move(info), 0), wrong_(wrong) {}

  Sent send(CaseContext& context, FixtureSet& fixture, const FixtureSet& phantom) const override {
    TargetSession& session = context.session();
    const ClockProfile clock = session.clock_profile();
    const std::string valid = context.fixtures().make_request(context.interface(), 0, fixture, &phantom).body();
    const std::string body = wrong_.body ? wrong_.body(valid) : valid;
    Sent sent = send_at(context, context.fixtures().wrong_signature_timestamp(context.interface().path, false), body);
    const auto& refusal = context.interface().refusal;
    if (refusal && sent.reply.code && wrong_.error == core::SignatureError::token_wrong)
      session.observe("common-codes", sent.answered(*refusal) ? "own" : "common");
    // Refused for its time although another mistake was made: the target uses up what it refuses, or the second was used by somebody else.
    if (session.refused_for_time(sent) && !has(info().expected, sent.reply.code) && !wrong_.timestamps_differ) {
      const TimestampPool::Slot slot = context.fixtures().wrong_signature_timestamp(context.interface().path, true);
      sent = send_at(context, slot, body);
      if (!session.refused_for_time(sent)) session.observe("refused-timestamp", "used");
      else if (session.is_stale(slot)) throw Inconclusive{msg<"case.too-old-to-repeat">()};  // the target limits requests, and it waited for its turn
    }
    const auto& edge = wrong_.beyond_edge < 0 ? clock.past_edge : clock.future_edge;
    if (wrong_.beyond_edge != 0 && edge && sent.reply.code && !has(info().expected, sent.reply.code) && !has(info().also_accepted, sent.reply.code)) {
      // A clock was set, or what looked like an edge was seconds that somebody had used.
      const unsigned before = session.clock_generation();
      session.verify_clock();
      if (session.clock_generation() == before && session.doubts_edge(wrong_.beyond_edge * (*edge + beyond_edge_by)))
        throw Inconclusive{msg<"case.edge-is-none">()};
    }
    return sent;
  }

 private:
  i18n::Message why_untried(const TargetSession& session) const override { return session.why_no_reply_to(wrong_.malformed); }

  Sent send_at(CaseContext& context, const TimestampPool::Slot& slot, const std::string& body) const {
    TargetSession& session = context.session();
    const core::Authentication& authentication = context.spec().authentication;
    const ClockProfile clock = session.clock_profile();
    SignatureContext with{session.signer(), session.app(slot.app), slot.timestamp,     session.now(),
                          clock.past_edge,  clock.future_edge,     session.all_apps(), session.other_app(slot.app)};
    if (const auto accepted = session.accepted_timestamps(slot.app)) {
      with.first_accepted = accepted->first;
      with.last_accepted = accepted->second;
    }
    const auto made = wrong_.make(with);
    if (!made) throw Inconclusive{wrong_.beyond_edge != 0 ? msg<"case.edge-not-seen">() : msg<"case.signature-has-no-such-form">()};
    std::vector<std::pair<std::string, std::string>> headers;
    for (std::size_t i = 0; i < authentication.headers.size(); ++i) {
      const core::Header& header = authentication.headers[i];
      const std::optional<std::string> value = i == authentication.token           ? made->token
                                               : i == authentication.authorization ? made->authorization
                                                                                   : std::optional(header.value);
      if (value) headers.emplace_back(header.name, *value);
    }
    return session.send_with(context.interface(), headers, body);
  }

  const WrongSignature& wrong_;
};

}  // namespace

void add_signature_cases(const PlanContext& plan, const core::Interface& interface, CaseList& out) {
  for (const core::ResultRow& row : plan.spec.common)
    for (const core::SignatureRule& rule : row.signature)
      for (const WrongSignature& wrong : wrong_signatures()) {
        if (wrong.error != rule.error) continue;
        CaseInfo info = refusal_info(interface, row, wrong.name.slug, plan.spec.authentication.section, CaseGroup::authentication, Phase::negative);
        info.title = title_of(row.title, wrong.name.description);
        info.also_accepted = rule.also_accepted;
        if (wrong.lenient) info.also_accepted.push_back(plan.spec.success);
        // Whether two timestamps make the token or the time wrong, and whether a body is read before the token, is not stated.
        const core::ResultRow* of_time = wrong.timestamps_differ ? plan.spec.answering(core::SignatureError::timestamp_repeated) : nullptr;
        const core::ResultRow* of_body = wrong.malformed.empty() ? nullptr : plan.spec.unparsable();
        for (const core::ResultRow* other : {of_time, of_body})
          if (other != nullptr) info.also_accepted.push_back(other->code);
        for (std::string& id : clause::of_signature_error(plan.spec, wrong.error)) info.clauses.push_back(std::move(id));
        info.timestamps = 0;
        out.push_back(std::make_unique<SignatureCase>(std::move(info), wrong));
      }
}

}  // namespace meterproof::conformance
