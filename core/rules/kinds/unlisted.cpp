// SPDX-License-Identifier: Apache-2.0
// unlisted: FIELD or [FIELDS] — a value is not in the field's vocabulary.
#include <algorithm>

#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

/// Neighbours of the listed numbers that are not listed themselves: just outside, and in the gaps; and one that is further off, of as many digits.
std::vector<std::int64_t> unlisted_neighbours(const Field& field) {
  constexpr std::size_t enough = 4;
  std::int64_t largest = 0;
  std::vector<std::int64_t> out;
  const auto offer = [&](std::int64_t number) {
    const std::string text = std::to_string(number);
    const bool known = std::any_of(field.values.begin(), field.values.end(), [&](const core::Choice& choice) { return choice.value == text; });
    if (!known && out.size() < enough && std::find(out.begin(), out.end(), number) == out.end()) out.push_back(number);
  };
  offer(-1);
  for (const core::Choice& choice : field.values) {
    const auto number = core::Decimal::parse(choice.value);
    const auto integer = number ? number->as_integer() : std::nullopt;
    if (!integer) continue;
    largest = std::max(largest, *integer);
    offer(*integer + 1);
    offer(*integer - 1);
  }
  if (const std::int64_t far = largest < 9 ? 9 : 99; largest < far) {
    if (out.size() == enough) out.pop_back();
    offer(far);
  }
  return out;
}

class Unlisted final : public FieldRuleKind {
 public:
  Unlisted() : FieldRuleKind("unlisted", OperandShape::fields) {}

  bool can_handle_missing() const override { return true; }

  bool limits_values() const override { return true; }

  std::vector<RuleMutation> mutations(const Rule& rule, const Interface& interface) const override {
    std::vector<RuleMutation> out;
    for (const RuleOperand& operand : rule.operands) {
      const Field& field = interface.request[operand.field];
      for (std::size_t value = 0; value < field.values.size(); ++value)
        out.push_back({field.name + "=" + field.values[value].value + "/refused",
                       {"拒绝 " + field.name + " 为 " + field.values[value].value, "refuses " + field.name + " " + field.values[value].value},
                       mutation_category::vocabulary,
                       [which = operand.field, value](Interface& broken, Rule&) {
                         auto& values = broken.request[which].values;
                         values.erase(values.begin() + static_cast<std::ptrdiff_t>(value));
                       }});
    }
    return out;
  }

 private:
  std::optional<LocalizedText> validate_operand(const RuleOperand&, const Field& field) const override {
    if (!field.values.empty()) return std::nullopt;
    return LocalizedText{"没有取值列表（values:）", "has no vocabulary (values:)"};
  }
  bool violates(const RuleOperand& operand, const Field& field, const Value& value) const override {
    return value.empty() ? operand.handles_missing : !is_listed(field, value);
  }
  std::vector<InvalidValue> invalid_values(const RuleOperand& operand, const Field& field) const override {
    std::vector<InvalidValue> out;
    for (const std::int64_t number : unlisted_neighbours(field)) out.push_back(invalid_number(field, std::to_string(number)));
    if (field.type == core::Type::integer) {
      out.push_back(invalid_number(field, field.values.back().value + ".5"));
      out.back().is_of_other_type = true;
    }
    if (operand.handles_missing) append_empty_values(out, field);
    return out;
  }
  LocalizedText expected(const RuleOperand&, const Field& field) const override {
    std::string zh, en;
    for (const core::Choice& choice : field.values) {
      zh += (zh.empty() ? "" : "、") + choice.value + choice.label.zh;
      en += (en.empty() ? "" : ", ") + choice.value + " " + choice.label.en;
    }
    return {"应为 " + zh, "expected " + en};
  }
};

}  // namespace

const RuleKind& unlisted() {
  static const Unlisted kind;
  return kind;
}

}  // namespace meterproof::rules
