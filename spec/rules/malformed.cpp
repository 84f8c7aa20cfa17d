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

class Malformed final : public Word {
 public:
  Malformed() : Word("malformed", Parameters::fields) {}

  bool sees(const Rule& rule, const Request& request, const Facts&) const override {
    return std::any_of(rule.uses.begin(), rule.uses.end(), [&](const FieldUse& use) { return at_fault(use, request); });
  }

  // Only what no sensible reader takes for the type: a text of letters, an object, a day that does not exist.
  std::vector<Counterexample> makes(const Rule& rule, const Draft& control, Scene&) const override {
    std::vector<Counterexample> out;
    for (const FieldUse& use : rule.uses) {
      const Field& field = control.interface->request[use.field];
      if (field.type != spec::Type::text || field.format == spec::Format::decimal) {
        out.push_back(edited(*control.interface, use.field, "\"abc\""));
      } else if (field.format == spec::Format::date) {
        out.push_back(edited(*control.interface, use.field, "\"someday\""));
        out.push_back(edited(*control.interface, use.field, "\"2026-02-30\""));
      } else if (field.format == spec::Format::datetime) {
        out.push_back(edited(*control.interface, use.field, "\"someday\""));
        out.push_back(edited(*control.interface, use.field, "\"2026-02-30 10:30:00\""));
        out.push_back(edited(*control.interface, use.field, "\"2026-01-15 25:61:00\""));
      } else {
        out.push_back(edited(*control.interface, use.field, R"({"a":1})"));
      }
    }
    return out;
  }

  Text explain(const Rule& rule, const Request& request) const override {
    for (const FieldUse& use : rule.uses) {
      if (!at_fault(use, request)) continue;
      const Field& field = request.interface->request[use.field];
      const std::string found = shown(field, request[use.field]);
      const std::string form(expected_form(field));
      return {found + "，应为 " + form, found + ", expected " + form};
    }
    return {};
  }

 private:
  static bool at_fault(const FieldUse& use, const Request& request) { return !well_formed(request.interface->request[use.field], request[use.field]); }
};

}  // namespace

const Word& malformed() {
  static const Malformed word;
  return word;
}

}  // namespace meterproof::rules
