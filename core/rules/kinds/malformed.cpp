// SPDX-License-Identifier: Apache-2.0
// malformed: FIELD, [FIELDS] or `any` — a value is not of the field's type or format.
#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

LocalizedText expected_form(const Field& field) {
  switch (field.type) {
    case core::Type::integer: return {"Int", "Int"};
    case core::Type::decimal: return {"Decimal", "Decimal"};
    case core::Type::text: break;
  }
  switch (field.format) {
    case core::Format::none: return {"String", "String"};
    case core::Format::date: return {"yyyy-MM-dd", "yyyy-MM-dd"};
    case core::Format::datetime: return {"yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss"};
    case core::Format::decimal: return {"数字形式的 String", "numeric String"};
  }
  return {};
}

constexpr std::string_view impossible_day = "impossible-day", impossible_time = "impossible-time", no_leap_day = "no-leap-day";

class Malformed final : public FieldRuleKind {
 public:
  Malformed() : FieldRuleKind("malformed", OperandShape::fields) {}

  bool is_about_form() const override { return true; }

  /// Whether a server looks at the type of what it receives is its own business, but where the values are printed. A parser that takes 30 February for
  /// 2 March (java.text's SimpleDateFormat does unless told otherwise) reads another moment, and answers for that one.
  Leniency leniency(const Rule&, const Interface& interface, const Variation& variation, bool) const override {
    const std::string& slug = variation.slug;
    const bool is_read_otherwise = slug.ends_with(impossible_day) || slug.ends_with(impossible_time) || slug.ends_with(no_leap_day);
    return {.success = may_take_any_form(interface, variation.field), .same_field = is_read_otherwise};
  }

 private:
  bool violates(const RuleOperand&, const Field& field, const Value& value) const override { return !is_well_formed(field, value); }
  ValueClasses never_matching_classes(const RuleOperand&, const Field& field) const override {
    constexpr ValueClasses numbers = value_class::integer | value_class::fraction;
    if (field.type == core::Type::integer) return value_class::empty | value_class::integer;
    if (field.type == core::Type::decimal || field.format == core::Format::decimal) return value_class::empty | numbers;
    return field.format == core::Format::none ? value_class::empty | numbers | value_class::text : value_class::empty;
  }
  // Only what no sensible reader takes for the type: a text of letters, an object, a day that does not exist.
  std::vector<InvalidValue> invalid_values(const RuleOperand&, const Field& field) const override {
    if (field.type != core::Type::text || field.format == core::Format::decimal) return {{"text", "\"abc\"", {"为文本 \"abc\"", "is the text \"abc\""}}};
    const InvalidValue no_date = {"not-a-date", "\"someday\"", {"不是日期", "is no date"}};
    const LocalizedText no_day = {"为不存在的日期", "is a day that does not exist"};
    const LocalizedText no_time = {"为不存在的时刻", "is a time that does not exist"};
    const LocalizedText no_leap_year = {"为平年的 2 月 29 日", "is 29 February of a common year"};
    if (field.format == core::Format::date)
      return {no_date, {std::string(impossible_day), "\"2026-02-30\"", no_day}, {std::string(no_leap_day), "\"2026-02-29\"", no_leap_year, false, true}};
    if (field.format == core::Format::datetime)
      return {no_date,
              {std::string(impossible_day), "\"2026-02-30 10:30:00\"", no_day},
              {std::string(impossible_time), "\"2026-01-15 25:61:00\"", no_time},
              {std::string(no_leap_day), "\"2026-02-29 10:30:00\"", no_leap_year, false, true}};
    return {{"object", R"({"a":1})", {"为对象", "is an object"}}};
  }
  LocalizedText expected(const RuleOperand&, const Field& field) const override {
    const LocalizedText form = expected_form(field);
    return {"应为 " + form.zh, "expected " + form.en};
  }
};

}  // namespace

const RuleKind& malformed() {
  static const Malformed kind;
  return kind;
}

}  // namespace meterproof::rules
