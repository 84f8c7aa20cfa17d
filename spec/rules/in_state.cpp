// in_state: { FIELD: { COLUMN: STATE } } — the row that the field refers to is in that state.
// in_state: { FIELD: { TABLE.COLUMN: STATE } } — so is every row of that table that refers to it, and there is one.
#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

class InState final : public Word {
 public:
  InState() : Word("in_state", Parameters::states) {}

  bool sees(const Rule& rule, const Request& request, const Facts& facts) const override {
    const Value& value = request[rule.uses[0].field];
    return !value.empty() && facts.in_state(*request.interface->request[rule.uses[0].field].refers, value.text, rule.state);
  }

  std::vector<Safe> safe_where(const Rule& rule, const Interface&) const override { return {{rule.uses[0].field, sort::empty}}; }

  std::vector<Counterexample> makes(const Rule& rule, const Draft& control, Scene& scene) const override {
    const std::size_t field = rule.uses[0].field;
    const Field& about = control.interface->request[field];
    const std::string key = scene.in_state(*about.refers, rule.state);
    Counterexample made{about.name + "=" + rule.state.value, {}};
    if (!key.empty()) made.edits.emplace_back(field, raw_value(about, key));
    return {made};
  }

  Text explain(const Rule& rule, const Request& request) const override {
    const std::string found = shown(field_of(rule, request), request[rule.uses[0].field]);
    return {found + " 的状态为 " + rule.state.value, found + " is " + rule.state.value};
  }
};

}  // namespace

const Word& in_state() {
  static const InState word;
  return word;
}

}  // namespace meterproof::rules
