// too_precise: FIELD or [FIELDS] — a number has more decimal places than the field's scale.
#include <algorithm>

#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

class TooPrecise final : public Word {
 public:
  TooPrecise() : Word("too_precise", Parameters::fields) {}

  std::string misfit(const Rule& rule, const Interface& interface) const override {
    for (const FieldUse& use : rule.uses)
      if (!interface.request[use.field].scale) return interface.request[use.field].name + " has no scale (scale: N)";
    return {};
  }

  bool sees(const Rule& rule, const Request& request, const Facts&) const override {
    return std::any_of(rule.uses.begin(), rule.uses.end(), [&](const FieldUse& use) { return at_fault(use, request); });
  }

  std::vector<Counterexample> makes(const Rule& rule, const Draft& control, Scene&) const override {
    std::vector<Counterexample> out;
    for (const FieldUse& use : rule.uses) {
      const Field& field = control.interface->request[use.field];
      const auto example = spec::Decimal::parse(field.example);
      const auto finer = spec::Decimal::add(example.value_or(spec::Decimal(1, 0)), {5, *field.scale + 1});
      if (finer) out.push_back(edited(*control.interface, use.field, raw_value(field, finer->to_string())));
    }
    return out;
  }

  Text explain(const Rule& rule, const Request& request) const override {
    for (const FieldUse& use : rule.uses) {
      if (!at_fault(use, request)) continue;
      const Field& field = request.interface->request[use.field];
      const std::string found = shown(field, request[use.field]);
      const std::string scale = std::to_string(*field.scale);
      return {found + "，最多 " + scale + " 位小数", found + ", at most " + scale + " decimal places"};
    }
    return {};
  }

 private:
  static bool at_fault(const FieldUse& use, const Request& request) {
    const auto number = request[use.field].decimal();
    return number && number->places() > *request.interface->request[use.field].scale;
  }
};

}  // namespace

const Word& too_precise() {
  static const TooPrecise word;
  return word;
}

}  // namespace meterproof::rules
