// SPDX-License-Identifier: Apache-2.0
// Cases of requests that arrive at the same moment.
#pragma once

#include <string>
#include <vector>

#include "conformance/case.hpp"
#include "conformance/cases/case_kinds.hpp"

namespace meterproof::conformance {

class ConcurrencyCase : public TestCase {
 public:
  using TestCase::TestCase;

  std::vector<std::size_t> baselines() const override { return {0}; }
  bool rests_on_several() const override { return true; }
  /// Inconclusive where the target bears no two requests at once.
  CaseResult run(CaseContext& context) const final;

 private:
  virtual CaseResult run_at_once(CaseContext& context) const = 0;
};

/// `timestamps`: about how many the case needs.
CaseInfo concurrency_info(const PlanContext& plan, const core::Interface& interface, const std::string& slug, const core::LocalizedText& requirement,
                          std::size_t timestamps);

/// What the replies to requests at once came to: "1, 1, -1".
i18n::Message codes_of(const std::vector<Sent>& all);

}  // namespace meterproof::conformance
