// SPDX-License-Identifier: Apache-2.0
// A request that must be refused, or may be: its reply is judged, and it must have changed nothing.
#pragma once

#include "conformance/case_context.hpp"

namespace meterproof::conformance {

class NegativeCase : public TestCase {
 public:
  /// `variant`: the valid request that it is made from.
  NegativeCase(CaseInfo info, std::size_t variant) : TestCase(std::move(info)), variant_(variant) {}

  std::vector<std::size_t> baselines() const override { return {variant_}; }
  CaseResult run(CaseContext& context) const final;

  /// Sends the request for these rows. Throws Inconclusive.
  virtual Sent send(CaseContext& context, FixtureSet& fixture, const FixtureSet& phantom) const = 0;

 protected:
  std::size_t variant() const { return variant_; }

 private:
  virtual CaseResult judge(CaseContext& context, Sent sent) const;
  /// Why it is not even tried on this target; empty where it is.
  virtual i18n::Message why_untried(const TargetSession&) const { return {}; }
  /// Whether the target may carry the request out: then a lost reply leaves the rows in doubt.
  virtual bool may_succeed() const { return false; }
  /// Whether the rows must be as before even where the target answered with success.
  virtual bool must_never_change() const { return false; }

  std::size_t variant_;
};

}  // namespace meterproof::conformance
