// SPDX-License-Identifier: Apache-2.0
// too_precise: FIELD or [FIELDS] — a number has more decimal places than the field's scale.
#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

class TooPrecise final : public FieldRuleKind {
 public:
  TooPrecise() : FieldRuleKind("too_precise", OperandShape::fields) {}

 private:
  std::optional<LocalizedText> validate_operand(const RuleOperand&, const Field& field) const override {
    if (field.scale) return std::nullopt;
    return LocalizedText{"没有小数位数（scale: N）", "has no scale (scale: N)"};
  }
  bool violates(const RuleOperand&, const Field& field, const Value& value) const override {
    const auto number = value.decimal();
    return number && number->places() > *field.scale;
  }
  std::vector<InvalidValue> invalid_values(const RuleOperand&, const Field& field) const override {
    const auto example = core::Decimal::parse(field.example);
    const auto finer = core::Decimal::add(example.value_or(core::Decimal(1, 0)), {5, *field.scale + 1});
    return finer ? std::vector{invalid_number(field, finer->to_string())} : std::vector<InvalidValue>();
  }
  LocalizedText expected(const RuleOperand&, const Field& field) const override {
    const std::string scale = std::to_string(*field.scale);
    return {"最多 " + scale + " 位小数", "at most " + scale + " decimal places"};
  }
};

}  // namespace

const RuleKind& too_precise() {
  static const TooPrecise kind;
  return kind;
}

}  // namespace meterproof::rules
