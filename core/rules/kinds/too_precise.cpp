// too_precise: FIELD or [FIELDS] — a number has more decimal places than the field's scale.
#include <algorithm>

#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

class TooPrecise final : public FieldRuleKind {
 public:
  TooPrecise() : FieldRuleKind("too_precise", OperandShape::fields) {}

 private:
  std::string validate_operand(const RuleOperand&, const Field& field) const override { return field.scale ? "" : "has no scale (scale: N)"; }
  bool violates(const RuleOperand&, const Field& field, const Value& value) const override {
    const auto number = value.decimal();
    return number && number->places() > *field.scale;
  }
  std::vector<std::string> invalid_values(const RuleOperand&, const Field& field) const override {
    const auto example = core::Decimal::parse(field.example);
    const auto finer = core::Decimal::add(example.value_or(core::Decimal(1, 0)), {5, *field.scale + 1});
    return finer ? std::vector<std::string>{raw_value(field, finer->to_string())} : std::vector<std::string>();
  }
  LocalizedText expected(const RuleOperand&, const Field& field) const override {
    const std::string scale = std::to_string(*field.scale);
    return {"最多 " + scale + " 位小数", "at most " + scale + " decimal places"};
  }
};

}  // namespace

const RuleKind& too_precise() {
  static const TooPrecise word;
  return word;
}

}  // namespace meterproof::rules
