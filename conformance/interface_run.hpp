// The cases of one interface: controls first, then what they did, then one fault at a time, and whether it changed anything.
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "conformance/lab.hpp"
#include "conformance/plan.hpp"
#include "conformance/player.hpp"
#include "conformance/runner.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

class InterfaceRun {
 public:
  InterfaceRun(Lab& lab, const CheckOptions& options, const spec::Interface& interface, std::vector<Case> cases);

  /// The cases' records, in their order.
  std::vector<reports::CaseRecord> judge();

 private:
  /// A judged case: what was seen, and what it is worth.
  struct Ruling {
    reports::Verdict verdict = reports::Verdict::inconclusive;
    std::string expected, observed, reason;
    std::optional<Sent> sent;
  };

  void rule_on(std::size_t at, Ruling ruling);
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

  Ruling judge_code(const Case& one, Sent sent) const;
  Ruling judge_reply(const Case& one) const;
  spec::Draft effective_draft(std::size_t variant, Subject& subject);
  Ruling judge_encoding() const;
  Ruling judge_performance(const Performance& performance) const;
  Ruling try_identical();
  Ruling try_users();
  Ruling try_several(const Case& one);
  Ruling try_wording(const TransportCase& wording, Subject& subject);
  bool needs(std::size_t variant) const;
  void try_numbers_as_text(Subject& subject);
  Ruling judge_question(const Case& one, Sent sent) const;
  bool must_not_change(const Case& one, const Ruling& ruling) const;
  void prepare(Subject& subject, Subject& ghost);
  void try_refused_timestamp();
  void run_refusals_of(const std::vector<Kind>& kinds);
  void blame_changes(const std::vector<std::size_t>& suspects, Subject& subject, const Subject& ghost);
  Sent send_counterexample(const Case& one, Subject& subject, const Subject& ghost);
  Sent send_forgery(const Case& one, Subject& subject, const Subject& ghost);
  Sent send_replay(const Case& one, Subject& subject);
  Sent send_at_once(Subject& subject);
  Sent send_refusable(const Case& one, Subject& subject, const Subject& ghost);

  /// What the queries show of the subject, where it differs from what the requests imply; and rows that must not be there.
  /// `unexpected`, where it can only come of what was sent about this subject.
  std::vector<std::string> changes(Subject& subject, const Subject& ghost);
  std::vector<std::string> unexpected(Subject& subject, const Subject& ghost);
  std::vector<std::string> seen_through(const spec::Interface& query, Subject& subject, bool every_variant, Sent* witness, bool* hidden = nullptr);
  std::vector<std::string> ghosts(const Subject& ghost);

  Lab& lab_;
  const CheckOptions& options_;
  const spec::Interface& interface_;
  std::vector<Case> cases_;
  std::vector<Ruling> rulings_;
  std::vector<bool> control_succeeded_;  // by variant
  std::optional<Sent> first_success_, replayed_;
  world::Outcome first_implied_;
};

template <class Body>
void InterfaceRun::for_each(Kind kind, Body body) {
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    if (cases_[i].kind != kind) continue;
    try {
      if constexpr (std::is_invocable_v<Body, std::size_t>) rule_on(i, body(i));
      else rule_on(i, body(cases_[i]));
    } catch (const Unavailable& missing) {
      rule_on(i, {reports::Verdict::inconclusive, {}, "not tried", missing.why, std::nullopt});
    }
  }
}

/// What is known of a case before it is tried.
reports::CaseRecord record_of(const Case& one);

// What the parts of InterfaceRun share.
std::string listed(const std::vector<spec::Code>& codes);
std::string code_of(const Sent& sent);
bool has(const std::vector<spec::Code>& codes, const std::optional<spec::Code>& code);

}  // namespace meterproof::conformance
