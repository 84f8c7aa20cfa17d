// The cases of one interface: controls first, then what they did, then one fault at a time, and whether it changed anything.
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "conformance/fixtures.hpp"
#include "conformance/plan.hpp"
#include "conformance/runner.hpp"
#include "conformance/sequence_runner.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

class InterfaceSuite {
 public:
  InterfaceSuite(FixtureFactory& fixtures, const CheckOptions& options, const core::Interface& interface, std::vector<Case> cases);

  /// The cases' records, in their order.
  std::vector<reports::CaseRecord> judge();

 private:
  /// A judged case: what was seen, and what it is worth.
  struct CaseResult {
    reports::Verdict verdict = reports::Verdict::inconclusive;
    std::string expected, observed, reason;
    std::optional<Sent> sent;
  };

  void rule_on(std::size_t at, CaseResult ruling);
  /// Runs `body` for every case (or place of a case) of that kind; what it needs and can't have makes the case inconclusive.
  template <class Body>
  void for_each(Kind kind, Body body);

  void run_controls();
  void run_replies();
  void run_effects();
  void run_refusals();
  void run_stories();
  void run_together();
  void run_transport();
  void explain_injected();

  CaseResult judge_code(const Case& one, Sent sent) const;
  CaseResult judge_reply(const Case& one) const;
  core::RequestBuilder effective_draft(std::size_t variant, FixtureSet& fixture);
  CaseResult judge_encoding() const;
  CaseResult judge_performance(const SequenceResult& performance) const;
  CaseResult try_identical();
  CaseResult try_users();
  CaseResult try_several(const Case& one);
  CaseResult try_wording(const TransportCase& wording, FixtureSet& fixture);
  bool needs(std::size_t variant) const;
  void try_numbers_as_text(FixtureSet& fixture);
  CaseResult judge_question(const Case& one, Sent sent) const;
  bool must_not_change(const Case& one, const CaseResult& ruling) const;
  void prepare(FixtureSet& fixture, FixtureSet& phantom);
  void try_refused_timestamp();
  void run_refusals_of(const std::vector<Kind>& kinds);
  void blame_changes(const std::vector<std::size_t>& suspects, FixtureSet& fixture, const FixtureSet& phantom);
  Sent send_counterexample(const Case& one, FixtureSet& fixture, const FixtureSet& phantom);
  Sent send_forgery(const Case& one, FixtureSet& fixture, const FixtureSet& phantom);
  Sent send_replay(const Case& one, FixtureSet& fixture);
  Sent send_at_once(FixtureSet& fixture);
  Sent send_refusable(const Case& one, FixtureSet& fixture, const FixtureSet& phantom);

  /// What the queries show of the subject, where it differs from what the requests imply; and rows that must not be there.
  /// `unexpected`, where it can only come of what was sent about this subject.
  std::vector<std::string> changes(FixtureSet& fixture, const FixtureSet& phantom);
  std::vector<std::string> unexpected(FixtureSet& fixture, const FixtureSet& phantom);
  std::vector<std::string> seen_through(const core::Interface& query, FixtureSet& fixture, bool every_variant, Sent* witness, bool* hidden = nullptr);
  std::vector<std::string> phantom_rows(const FixtureSet& phantom);

  FixtureFactory& fixtures_;
  const CheckOptions& options_;
  const core::Interface& interface_;
  std::vector<Case> cases_;
  std::vector<CaseResult> rulings_;
  std::vector<bool> control_succeeded_;  // by variant
  std::optional<Sent> first_success_, replayed_;
  store::ResultSet first_implied_;
};

template <class Body>
void InterfaceSuite::for_each(Kind kind, Body body) {
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    if (cases_[i].kind != kind) continue;
    try {
      if constexpr (std::is_invocable_v<Body, std::size_t>) rule_on(i, body(i));
      else rule_on(i, body(cases_[i]));
    } catch (const Inconclusive& missing) {
      rule_on(i, {reports::Verdict::inconclusive, {}, "not tried", missing.why, std::nullopt});
    }
  }
}

/// What is known of a case before it is tried.
reports::CaseRecord record_of(const Case& one);

// What the parts of InterfaceSuite share.
std::string listed(const std::vector<core::Code>& codes);
std::string code_of(const Sent& sent);
bool has(const std::vector<core::Code>& codes, const std::optional<core::Code>& code);

}  // namespace meterproof::conformance
