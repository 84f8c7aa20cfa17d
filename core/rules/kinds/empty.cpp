// empty: FIELD or [FIELDS] — a field that must have a value has none.
#include <algorithm>

#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

class Empty final : public FieldRuleKind {
 public:
  Empty() : FieldRuleKind("empty", OperandShape::fields) {}

  bool can_handle_missing() const override { return true; }

  std::vector<Counterexample> counterexamples(const Rule& rule, const RequestBuilder& control, FixtureProvider&) const override {
    // Every way for every field of a short list. Of a long one (a price has eighteen) each field is left out, and the other
    // ways take turns: a target answers one request a second and appId.
    constexpr std::size_t short_list = 3;
    std::vector<Counterexample> out;
    for (std::size_t i = 0; i < rule.operands.size(); ++i) {
      std::vector<Counterexample> ways;
      append_empty_values(ways, *control.interface, rule.operands[i].field);
      if (rule.operands.size() > short_list) ways = {ways.front(), ways[1 + i % (ways.size() - 1)]};
      out.insert(out.end(), ways.begin(), ways.end());
    }
    return out;
  }

 private:
  bool violates(const RuleOperand&, const Field&, const Value& value) const override { return value.empty(); }
  ValueClasses never_matching_classes(const RuleOperand&, const Field&) const override { return value_class::present; }
  std::vector<std::string> invalid_values(const RuleOperand&, const Field&) const override { return {}; }
  LocalizedText expected(const RuleOperand&, const Field& field) const override { return {field.title.zh + "不能为空", "a value is required"}; }
};

}  // namespace

const RuleKind& empty() {
  static const Empty word;
  return word;
}

}  // namespace meterproof::rules
