// SPDX-License-Identifier: Apache-2.0
// A variation of a rule: made from a valid request by the rule's kind.
#pragma once

#include <map>
#include <string>

#include "conformance/cases/negative_case.hpp"
#include "core/rules/rule_kind.hpp"

namespace meterproof::conformance {

class RuleCase : public NegativeCase {
 public:
  /// `rule` must outlive it. `ordinal`: of the case among those of the rule. `form_alone`: the form of a key, and nothing else, excuses the code of a body that
  /// cannot be parsed.
  RuleCase(CaseInfo info, const core::Rule& rule, std::string slug, std::size_t variant, std::size_t ordinal, bool form_alone)
      : NegativeCase(std::move(info), variant), rule_(rule), slug_(std::move(slug)), ordinal_(ordinal), form_alone_(form_alone) {}

  Sent send(CaseContext& context, FixtureSet& fixture, const FixtureSet& phantom) const override;

 private:
  CaseResult judge(CaseContext& context, Sent sent) const override;
  bool is_of_known_form(const CaseContext& context) const;
  std::string name_in_state(const CaseContext& context) const;
  bool is_in_state(CaseContext& context, FixtureSet& fixture, const std::string& named) const;
  static void change_free_texts(core::RequestBuilder& request);
  void vary_what_excuses(core::RequestBuilder& request, const core::Guard& excuse) const;
  static void use_smallest_amounts(core::RequestBuilder& request);

  const core::Rule& rule_;
  std::string slug_;
  std::size_t ordinal_;
  bool form_alone_;
};

/// The mistakes of an interface's cases, by kind: the last word of the slug.
class MistakesSoFar {
 public:
  /// Whether other fields have had that mistake often enough. A field that is left out, and a value of its own, are worth a request each; a value of another
  /// type is not, since other cases are about types.
  bool is_spare(const rules::Variation& variation);

 private:
  std::map<std::string, std::size_t> count_;
};

/// Codes that are as good as the rule's own for that variation. `own_code`: the rule has a code that is not the common one for bad data.
std::vector<core::Code> lenient_codes(const core::Spec& spec, const core::Interface& interface, const core::Rule& rule, const rules::Variation& variation,
                                      bool own_code);

}  // namespace meterproof::conformance
