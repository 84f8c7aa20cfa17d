// malformed: FIELD, [FIELDS] or `any` — a value is not of the field's type or format.
#include <algorithm>

#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

std::string_view expected_form(const Field& field) {
  switch (field.type) {
    case spec::Type::integer: return "Int";
    case spec::Type::decimal: return "Decimal";
    case spec::Type::text: break;
  }
  switch (field.format) {
    case spec::Format::none: return "String";
    case spec::Format::date: return "yyyy-MM-dd";
    case spec::Format::datetime: return "yyyy-MM-dd HH:mm:ss";
    case spec::Format::decimal: return "numeric String";
  }
  return {};
}

class Malformed final : public PerFieldWord {
 public:
  Malformed() : PerFieldWord("malformed", Parameters::fields) {}

 private:
  bool at_fault(const FieldUse&, const Field& field, const Value& value) const override { return !well_formed(field, value); }
  Sorts safe_sorts(const FieldUse&, const Field& field) const override {
    constexpr Sorts numbers = sort::whole | sort::pointed;
    if (field.type == spec::Type::integer) return sort::empty | sort::whole;
    if (field.type == spec::Type::decimal || field.format == spec::Format::decimal) return sort::empty | numbers;
    return field.format == spec::Format::none ? sort::empty | numbers | sort::text : sort::empty;
  }
  // Only what no sensible reader takes for the type: a text of letters, an object, a day that does not exist.
  std::vector<std::string> wrong_values(const FieldUse&, const Field& field) const override {
    if (field.type != spec::Type::text || field.format == spec::Format::decimal) return {"\"abc\""};
    if (field.format == spec::Format::date) return {"\"someday\"", "\"2026-02-30\""};
    if (field.format == spec::Format::datetime) return {"\"someday\"", "\"2026-02-30 10:30:00\"", "\"2026-01-15 25:61:00\""};
    return {R"({"a":1})"};
  }
  Text expected(const FieldUse&, const Field& field) const override {
    const std::string form(expected_form(field));
    return {"应为 " + form, "expected " + form};
  }
};

}  // namespace

const Word& malformed() {
  static const Malformed word;
  return word;
}

}  // namespace meterproof::rules
