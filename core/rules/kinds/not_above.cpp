// not_above: { FIELD: BOUND } — a number is not above the bound.
#include <algorithm>

#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

class NotAbove final : public FieldRuleKind {
 public:
  NotAbove() : FieldRuleKind("not_above", OperandShape::bounds) {}

  bool can_handle_missing() const override { return true; }

 private:
  std::string validate_operand(const RuleOperand& operand, const Field& field) const override {
    if (field.type == core::Type::text) return "is a text, not a number";
    return core::Decimal::parse(operand.bound) ? "" : "has a bound that is no number: \"" + operand.bound + "\"";
  }
  bool violates(const RuleOperand& operand, const Field&, const Value& value) const override {
    if (value.empty()) return operand.handles_missing;
    const auto number = value.decimal();
    return number && *number <= *core::Decimal::parse(operand.bound);
  }
  std::vector<std::string> invalid_values(const RuleOperand& operand, const Field&) const override {
    const core::Decimal bound = *core::Decimal::parse(operand.bound);
    std::vector<std::string> out = {bound.to_string(), bound.to_string() + ".00"};
    for (const core::Decimal below : {core::Decimal(1, 2), core::Decimal(50, 0)})
      if (const auto value = core::Decimal::subtract(bound, below)) out.push_back(value->to_string());
    return out;
  }
  LocalizedText expected(const RuleOperand& operand, const Field&) const override { return {"必须大于 " + operand.bound, "must be above " + operand.bound}; }
};

}  // namespace

const RuleKind& not_above() {
  static const NotAbove word;
  return word;
}

}  // namespace meterproof::rules
