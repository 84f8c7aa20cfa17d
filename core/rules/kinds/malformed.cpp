// malformed: FIELD, [FIELDS] or `any` — a value is not of the field's type or format.
#include <algorithm>

#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

std::string_view expected_form(const Field& field) {
  switch (field.type) {
    case core::Type::integer: return "Int";
    case core::Type::decimal: return "Decimal";
    case core::Type::text: break;
  }
  switch (field.format) {
    case core::Format::none: return "String";
    case core::Format::date: return "yyyy-MM-dd";
    case core::Format::datetime: return "yyyy-MM-dd HH:mm:ss";
    case core::Format::decimal: return "numeric String";
  }
  return {};
}

class Malformed final : public FieldRuleKind {
 public:
  Malformed() : FieldRuleKind("malformed", OperandShape::fields) {}

 private:
  bool violates(const RuleOperand&, const Field& field, const Value& value) const override { return !is_well_formed(field, value); }
  ValueClasses never_matching_classes(const RuleOperand&, const Field& field) const override {
    constexpr ValueClasses numbers = value_class::integer | value_class::fraction;
    if (field.type == core::Type::integer) return value_class::empty | value_class::integer;
    if (field.type == core::Type::decimal || field.format == core::Format::decimal) return value_class::empty | numbers;
    return field.format == core::Format::none ? value_class::empty | numbers | value_class::text : value_class::empty;
  }
  // Only what no sensible reader takes for the type: a text of letters, an object, a day that does not exist.
  std::vector<std::string> invalid_values(const RuleOperand&, const Field& field) const override {
    if (field.type != core::Type::text || field.format == core::Format::decimal) return {"\"abc\""};
    if (field.format == core::Format::date) return {"\"someday\"", "\"2026-02-30\""};
    if (field.format == core::Format::datetime) return {"\"someday\"", "\"2026-02-30 10:30:00\"", "\"2026-01-15 25:61:00\""};
    return {R"({"a":1})"};
  }
  LocalizedText expected(const RuleOperand&, const Field& field) const override {
    const std::string form(expected_form(field));
    return {"应为 " + form, "expected " + form};
  }
};

}  // namespace

const RuleKind& malformed() {
  static const Malformed word;
  return word;
}

}  // namespace meterproof::rules
