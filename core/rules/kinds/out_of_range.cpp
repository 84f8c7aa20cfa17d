// out_of_range: FIELD or [FIELDS] — a number is outside the field's range.
#include <algorithm>

#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

class OutOfRange final : public FieldRuleKind {
 public:
  OutOfRange() : FieldRuleKind("out_of_range", OperandShape::fields) {}

 private:
  std::string validate_operand(const RuleOperand&, const Field& field) const override { return field.range ? "" : "has no range (range: [low, high])"; }
  bool violates(const RuleOperand&, const Field& field, const Value& value) const override {
    const auto number = value.decimal();
    return number && (*number < core::Decimal(field.range->first, 0) || *number > core::Decimal(field.range->second, 0));
  }
  std::vector<std::string> invalid_values(const RuleOperand&, const Field& field) const override {
    std::vector<std::string> out;
    for (const long long outside : {field.range->first - 1, field.range->second + 1, field.range->second + 50})
      out.push_back(raw_value(field, std::to_string(outside)));
    return out;
  }
  LocalizedText expected(const RuleOperand&, const Field& field) const override {
    const std::string range = std::to_string(field.range->first) + "-" + std::to_string(field.range->second);
    return {"应在 " + range + " 之间", "must be within " + range};
  }
};

}  // namespace

const RuleKind& out_of_range() {
  static const OutOfRange word;
  return word;
}

}  // namespace meterproof::rules
