// SPDX-License-Identifier: Apache-2.0
// out_of_range: FIELD or [FIELDS] — a number is outside the field's range.
#include <tuple>

#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

class OutOfRange final : public FieldRuleKind {
 public:
  OutOfRange() : FieldRuleKind("out_of_range", OperandShape::fields) {}

  bool limits_values() const override { return true; }

  std::vector<RuleMutation> mutations(const Rule& rule, const Interface& interface) const override {
    std::vector<RuleMutation> out;
    const auto off_by_one = {std::tuple(-1, 0, "low-end-too-low"), std::tuple(1, 0, "low-end-too-high"), std::tuple(0, 1, "high-end-too-high"),
                             std::tuple(0, -1, "high-end-too-low")};
    for (const RuleOperand& operand : rule.operands)
      for (const auto& [low, high, what] : off_by_one)
        out.push_back({interface.request[operand.field].name + "/" + what,
                       {"取值范围的一端偏移 1", "has one end of the range off by one"},
                       mutation_category::bound,
                       [field = operand.field, low = low, high = high](Interface& broken, Rule&) {
                         auto& range = *broken.request[field].range;
                         range = {range.first + low, range.second + high};
                       }});
    return out;
  }

 private:
  std::optional<LocalizedText> validate_operand(const RuleOperand&, const Field& field) const override {
    if (field.range) return std::nullopt;
    return LocalizedText{"没有取值范围（range: [low, high]）", "has no range (range: [low, high])"};
  }
  bool violates(const RuleOperand&, const Field& field, const Value& value) const override {
    const auto number = value.decimal();
    return number && (*number < core::Decimal(field.range->first, 0) || *number > core::Decimal(field.range->second, 0));
  }
  std::vector<InvalidValue> invalid_values(const RuleOperand&, const Field& field) const override {
    std::vector<InvalidValue> out;
    for (const long long outside : {field.range->first - 1, field.range->second + 1, field.range->second + 50})
      out.push_back(invalid_number(field, std::to_string(outside)));
    return out;
  }
  LocalizedText expected(const RuleOperand&, const Field& field) const override {
    const std::string range = std::to_string(field.range->first) + "-" + std::to_string(field.range->second);
    return {"应在 " + range + " 之间", "must be within " + range};
  }
};

}  // namespace

const RuleKind& out_of_range() {
  static const OutOfRange kind;
  return kind;
}

}  // namespace meterproof::rules
