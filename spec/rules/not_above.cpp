// not_above: { FIELD: BOUND } — a number is not above the bound.
#include <algorithm>

#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

class NotAbove final : public Word {
 public:
  NotAbove() : Word("not_above", Parameters::bounds) {}

  bool may_cover_missing() const override { return true; }

  std::string misfit(const Rule& rule, const Interface& interface) const override {
    for (const FieldUse& use : rule.uses) {
      const Field& field = interface.request[use.field];
      if (field.type == spec::Type::text) return field.name + " is a text, not a number";
      if (!spec::Decimal::parse(use.bound)) return "the bound \"" + use.bound + "\" is not a number";
    }
    return {};
  }

  bool sees(const Rule& rule, const Request& request, const Facts&) const override {
    return std::any_of(rule.uses.begin(), rule.uses.end(), [&](const FieldUse& use) { return at_fault(use, request); });
  }

  std::vector<Counterexample> makes(const Rule& rule, const Draft& control, Scene&) const override {
    std::vector<Counterexample> out;
    for (const FieldUse& use : rule.uses) {
      const spec::Decimal bound = *spec::Decimal::parse(use.bound);
      const auto below = spec::Decimal::subtract(bound, {1, 2});
      const auto far_below = spec::Decimal::subtract(bound, {50, 0});
      out.push_back(edited(*control.interface, use.field, bound.to_string()));
      out.push_back(edited(*control.interface, use.field, bound.to_string() + ".00"));
      if (below) out.push_back(edited(*control.interface, use.field, below->to_string()));
      if (far_below) out.push_back(edited(*control.interface, use.field, far_below->to_string()));
      if (use.covers_missing) append_empties(out, *control.interface, use.field);
    }
    return out;
  }

  Text explain(const Rule& rule, const Request& request) const override {
    for (const FieldUse& use : rule.uses) {
      if (!at_fault(use, request)) continue;
      const std::string found = shown(request.interface->request[use.field], request[use.field]);
      return {found + "，必须大于 " + use.bound, found + ", must be above " + use.bound};
    }
    return {};
  }

 private:
  static bool at_fault(const FieldUse& use, const Request& request) {
    const Value& value = request[use.field];
    if (value.empty()) return use.covers_missing;
    const auto number = value.decimal();
    return number && *number <= *spec::Decimal::parse(use.bound);
  }
};

}  // namespace

const Word& not_above() {
  static const NotAbove word;
  return word;
}

}  // namespace meterproof::rules
