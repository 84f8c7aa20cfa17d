// out_of_range: FIELD or [FIELDS] — a number is outside the field's range.
#include <algorithm>

#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

class OutOfRange final : public Word {
 public:
  OutOfRange() : Word("out_of_range", Parameters::fields) {}

  std::string misfit(const Rule& rule, const Interface& interface) const override {
    for (const FieldUse& use : rule.uses)
      if (!interface.request[use.field].range) return interface.request[use.field].name + " has no range (range: [low, high])";
    return {};
  }

  bool sees(const Rule& rule, const Request& request, const Facts&) const override {
    return std::any_of(rule.uses.begin(), rule.uses.end(), [&](const FieldUse& use) { return at_fault(use, request); });
  }

  std::vector<Counterexample> makes(const Rule& rule, const Draft& control, Scene&) const override {
    std::vector<Counterexample> out;
    for (const FieldUse& use : rule.uses) {
      const Field& field = control.interface->request[use.field];
      for (const long long outside : {field.range->first - 1, field.range->second + 1, field.range->second + 50})
        out.push_back(edited(*control.interface, use.field, raw_value(field, std::to_string(outside))));
    }
    return out;
  }

  Text explain(const Rule& rule, const Request& request) const override {
    for (const FieldUse& use : rule.uses) {
      if (!at_fault(use, request)) continue;
      const Field& field = request.interface->request[use.field];
      const std::string found = shown(field, request[use.field]);
      const std::string range = std::to_string(field.range->first) + "-" + std::to_string(field.range->second);
      return {found + "，应在 " + range + " 之间", found + ", must be within " + range};
    }
    return {};
  }

 private:
  static bool at_fault(const FieldUse& use, const Request& request) {
    const auto number = request[use.field].decimal();
    if (!number) return false;
    const auto& range = *request.interface->request[use.field].range;
    return *number < spec::Decimal(range.first, 0) || *number > spec::Decimal(range.second, 0);
  }
};

}  // namespace

const Word& out_of_range() {
  static const OutOfRange word;
  return word;
}

}  // namespace meterproof::rules
