// SPDX-License-Identifier: Apache-2.0
// in_state: { FIELD: { COLUMN: STATE } } — the row that the field refers to is in that state.
// in_state: { FIELD: { TABLE.COLUMN: STATE } } — so is every row of that table that refers to it, and there is one.
#include "core/rules/rule_kind.hpp"
#include "core/text/slug.hpp"

namespace meterproof::rules {
namespace {

class InState final : public RuleKind {
 public:
  InState() : RuleKind("in_state", OperandShape::states) {}

  bool matches(const Rule& rule, const Request& request, const DataLookup& data) const override {
    const Value& value = request[rule.operands[0].field];
    return !value.empty() && data.in_state(*request.interface->request[rule.operands[0].field].refers, value.text, rule.state);
  }

  std::vector<NeverMatches> never_matches_where(const Rule& rule, const Interface&) const override { return {{rule.operands[0].field, value_class::empty}}; }

  std::vector<Variation> variations(const Rule& rule, const Interface& interface) const override {
    const std::string& state = rule.state.value;
    return {variation_of(interface, {rule.operands[0].field}, core::slug_of(state), {"的状态为 " + state, "is " + state})};
  }

  std::optional<Edits> make(const Rule& rule, std::string_view, const RequestBuilder& control, FixtureProvider& fixtures) const override {
    const std::size_t field = rule.operands[0].field;
    const Field& about = control.interface->request[field];
    const std::string key = fixtures.in_state(*about.refers, rule.state);
    return key.empty() ? std::nullopt : std::optional(Edits{{field, raw_value(about, key)}});
  }

  LocalizedText explain(const Rule& rule, const Request& request) const override {
    const LocalizedText found = shown(field_of(rule, request), request[rule.operands[0].field]);
    return {found.zh + " 的状态为 " + rule.state.value, found.en + " is " + rule.state.value};
  }
};

}  // namespace

const RuleKind& in_state() {
  static const InState kind;
  return kind;
}

}  // namespace meterproof::rules
