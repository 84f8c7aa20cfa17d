// SPDX-License-Identifier: Apache-2.0
// What the cases of one interface and group share while they are run: the target, rows of their own, and the replies to valid requests.
#pragma once

#include <any>
#include <cstdint>
#include <map>
#include <optional>
#include <typeindex>
#include <vector>

#include "conformance/case.hpp"
#include "conformance/exchange_record.hpp"
#include "conformance/fixtures.hpp"
#include "conformance/side_effects.hpp"

namespace meterproof::conformance {

/// One thread's. Everything that it is made of must outlive it.
class CaseContext {
 public:
  CaseContext(FixtureFactory& fixtures, const CheckOptions& options, const core::Interface& interface, std::vector<const TestCase*> cases);

  /// Runs the cases, phase by phase, and returns their results in the order in which they were given.
  std::vector<CaseResult> run();
  /// The same in pieces: the valid requests that others rest on; some of the cases; the results. Between them other cases may be run elsewhere.
  void begin();
  void run_some(const std::vector<const TestCase*>& cases);
  std::vector<CaseResult> end();
  /// Timestamps that were taken so far for what several cases share. To be asked before the end.
  std::uint64_t shared_requests() const;

  FixtureFactory& fixtures() { return fixtures_; }
  const FixtureFactory& fixtures() const { return fixtures_; }
  TargetSession& session() { return fixtures_.session(); }
  const TargetSession& session() const { return fixtures_.session(); }
  const CheckOptions& options() const { return options_; }
  const core::Interface& interface() const { return interface_; }
  const core::Spec& spec() const { return fixtures_.session().spec(); }
  core::Code success() const { return spec().success; }
  SideEffects& side_effects() { return side_effects_; }

  /// The valid request of a variant, sent once, and what it came to.
  const CaseResult& baseline(std::size_t variant) const { return baselines_[variant]; }
  bool baseline_succeeded(std::size_t variant) const { return succeeded_[variant]; }
  /// Throws Inconclusive where the first valid request did not succeed.
  void need_baseline() const;
  /// The first valid request that succeeded, and the rows that the model expects in its reply.
  const std::optional<Sent>& first_success() const { return first_success_; }
  const store::ResultSet& first_prediction() const { return first_prediction_; }
  /// The rows of the valid requests.
  FixtureSet& baseline_fixture() { return baseline_fixture_; }
  const FixtureSet& baseline_fixture() const { return baseline_fixture_; }

  /// A value that the cases of one kind share; made when it is first asked for.
  template <class T>
  T& shared() {
    std::any& place = shared_[typeid(T)];
    if (!place.has_value()) place.emplace<T>();
    return *std::any_cast<T>(&place);
  }
  /// The cases of one kind.
  template <class T>
  std::vector<const T*> cases_of() const {
    std::vector<const T*> out;
    for (const TestCase* one : cases_)
      if (const auto* mine = dynamic_cast<const T*>(one)) out.push_back(mine);
    return out;
  }

  CaseResult& result_of(const TestCase& one) { return results_[places_.at(&one)]; }
  const std::vector<CaseResult>& results() const { return results_; }

 private:
  void send_baselines();
  void send_baseline(std::size_t variant);
  bool has_named_row() const;
  CaseResult not_run(const TestCase& one) const;
  CaseResult run_case(const TestCase& one);
  /// Once more where a clock was set meanwhile.
  CaseResult judge_case(const TestCase& one);
  CaseResult try_case(const TestCase& one);
  i18n::Message doubt_of(const CaseResult& result) const;

  FixtureFactory& fixtures_;
  const CheckOptions& options_;
  const core::Interface& interface_;
  std::vector<const TestCase*> cases_;
  std::map<const TestCase*, std::size_t> places_;
  std::vector<CaseResult> results_;
  SideEffects side_effects_;
  FixtureSet baseline_fixture_;
  std::vector<CaseResult> baselines_;  // by variant
  std::vector<bool> succeeded_;        // by variant
  std::optional<Sent> first_success_;
  store::ResultSet first_prediction_;
  std::map<std::type_index, std::any> shared_;
  std::uint64_t requests_ = 0;  // timestamps that were taken, by the cases and by what they share
};

}  // namespace meterproof::conformance
