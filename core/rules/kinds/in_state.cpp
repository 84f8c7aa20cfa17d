// in_state: { FIELD: { COLUMN: STATE } } — the row that the field refers to is in that state.
// in_state: { FIELD: { TABLE.COLUMN: STATE } } — so is every row of that table that refers to it, and there is one.
#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

class InState final : public RuleKind {
 public:
  InState() : RuleKind("in_state", OperandShape::states) {}

  bool matches(const Rule& rule, const Request& request, const DataLookup& facts) const override {
    const Value& value = request[rule.operands[0].field];
    return !value.empty() && facts.in_state(*request.interface->request[rule.operands[0].field].refers, value.text, rule.state);
  }

  std::vector<NeverMatches> never_matches_where(const Rule& rule, const Interface&) const override { return {{rule.operands[0].field, value_class::empty}}; }

  std::vector<Counterexample> counterexamples(const Rule& rule, const RequestBuilder& control, FixtureProvider& scene) const override {
    const std::size_t field = rule.operands[0].field;
    const Field& about = control.interface->request[field];
    const std::string key = scene.in_state(*about.refers, rule.state);
    Counterexample made{about.name + "=" + rule.state.value, {}};
    if (!key.empty()) made.edits.emplace_back(field, raw_value(about, key));
    return {made};
  }

  LocalizedText explain(const Rule& rule, const Request& request) const override {
    const std::string found = shown(field_of(rule, request), request[rule.operands[0].field]);
    return {found + " 的状态为 " + rule.state.value, found + " is " + rule.state.value};
  }
};

}  // namespace

const RuleKind& in_state() {
  static const InState word;
  return word;
}

}  // namespace meterproof::rules
