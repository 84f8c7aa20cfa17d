// unlisted: FIELD or [FIELDS] — a value is not in the field's vocabulary.
#include <algorithm>

#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

class Unlisted final : public FieldRuleKind {
 public:
  Unlisted() : FieldRuleKind("unlisted", OperandShape::fields) {}

  bool can_handle_missing() const override { return true; }

 private:
  std::string validate_operand(const RuleOperand&, const Field& field) const override { return field.values.empty() ? "has no vocabulary (values:)" : ""; }
  bool violates(const RuleOperand& operand, const Field& field, const Value& value) const override {
    return value.empty() ? operand.handles_missing : !is_listed(field, value);
  }
  /// Neighbours of the listed numbers that are not listed themselves: just outside, and in the gaps.
  std::vector<std::string> invalid_values(const RuleOperand&, const Field& field) const override {
    constexpr std::size_t enough = 4;
    std::vector<std::string> out;
    const auto offer = [&](std::int64_t number) {
      const std::string text = std::to_string(number);
      const std::string raw = raw_value(field, text);
      const bool known = std::any_of(field.values.begin(), field.values.end(), [&](const core::Choice& choice) { return choice.value == text; });
      if (!known && out.size() < enough && std::find(out.begin(), out.end(), raw) == out.end()) out.push_back(raw);
    };
    offer(-1);
    for (const core::Choice& choice : field.values) {
      const auto number = core::Decimal::parse(choice.value);
      const auto integer = number ? number->as_integer() : std::nullopt;
      if (!integer) continue;
      offer(*integer + 1);
      offer(*integer - 1);
    }
    offer(99);
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
  static const Unlisted word;
  return word;
}

}  // namespace meterproof::rules
