// SPDX-License-Identifier: Apache-2.0
// not_above: { FIELD: BOUND } — a number is not above the bound.
#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

class NotAbove final : public FieldRuleKind {
 public:
  NotAbove() : FieldRuleKind("not_above", OperandShape::bounds) {}

  bool can_handle_missing() const override { return true; }
  bool limits_values() const override { return true; }

  std::vector<RuleMutation> mutations(const Rule& rule, const Interface& interface) const override {
    std::vector<RuleMutation> out;
    for (std::size_t i = 0; i < rule.operands.size(); ++i) {
      const bool whole = interface.request[rule.operands[i].field].type == core::Type::integer;
      for (const auto& [by, what] : {std::pair(whole ? "-1" : "-0.01", "takes-the-bound"), std::pair(whole ? "1" : "0.01", "refuses-the-smallest"),
                                     std::pair("-1000000", "takes-negative")})
        out.push_back({interface.request[rule.operands[i].field].name + "/" + what,
                       {std::string("界限偏移 ") + by, std::string("has its bound off by ") + by},
                       mutation_category::bound,
                       [i, by = std::string(by)](Interface&, Rule& broken) {
                         std::string& bound = broken.operands[i].bound;
                         bound = core::Decimal::add(*core::Decimal::parse(bound), *core::Decimal::parse(by))->to_string();
                       }});
    }
    return out;
  }

 private:
  std::optional<LocalizedText> validate_operand(const RuleOperand& operand, const Field& field) const override {
    if (field.type == core::Type::text) return LocalizedText{"是文本，不是数字", "is a text, not a number"};
    const auto bound = core::Decimal::parse(operand.bound);
    if (bound && field.type == core::Type::integer && !bound->as_integer())
      return LocalizedText{"的界限不是整数：\"" + operand.bound + "\"", "has a bound that is not a whole number: \"" + operand.bound + "\""};
    if (bound) return std::nullopt;
    return LocalizedText{"的界限不是数字：\"" + operand.bound + "\"", "has a bound that is not a number: \"" + operand.bound + "\""};
  }
  bool violates(const RuleOperand& operand, const Field&, const Value& value) const override {
    if (value.empty()) return operand.handles_missing;
    const auto number = value.decimal();
    return number && *number <= *core::Decimal::parse(operand.bound);
  }
  std::vector<InvalidValue> invalid_values(const RuleOperand& operand, const Field& field) const override {
    const core::Decimal bound = *core::Decimal::parse(operand.bound);
    const bool whole = field.type == core::Type::integer;
    std::vector<InvalidValue> out = {invalid_number(field, bound.to_string())};
    if (!whole) out.push_back(invalid_number(field, bound.to_string() + (bound.scale() == 0 ? ".00" : "00")));
    for (const core::Decimal below : {whole ? core::Decimal(1, 0) : core::Decimal(1, 2), core::Decimal(50, 0)})
      if (const auto value = core::Decimal::subtract(bound, below)) out.push_back(invalid_number(field, value->to_string()));
    if (operand.handles_missing) append_empty_values(out, field);
    return out;
  }
  LocalizedText expected(const RuleOperand& operand, const Field&) const override { return {"必须大于 " + operand.bound, "must be above " + operand.bound}; }
};

}  // namespace

const RuleKind& not_above() {
  static const NotAbove kind;
  return kind;
}

}  // namespace meterproof::rules
