// not_above: { FIELD: BOUND } — a number is not above the bound.
#include <algorithm>

#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

class NotAbove final : public PerFieldWord {
 public:
  NotAbove() : PerFieldWord("not_above", Parameters::bounds) {}

  bool may_cover_missing() const override { return true; }

 private:
  std::string misfit_of(const FieldUse& use, const Field& field) const override {
    if (field.type == spec::Type::text) return "is a text, not a number";
    return spec::Decimal::parse(use.bound) ? "" : "has a bound that is no number: \"" + use.bound + "\"";
  }
  bool at_fault(const FieldUse& use, const Field&, const Value& value) const override {
    if (value.empty()) return use.covers_missing;
    const auto number = value.decimal();
    return number && *number <= *spec::Decimal::parse(use.bound);
  }
  std::vector<std::string> wrong_values(const FieldUse& use, const Field&) const override {
    const spec::Decimal bound = *spec::Decimal::parse(use.bound);
    std::vector<std::string> out = {bound.to_string(), bound.to_string() + ".00"};
    for (const spec::Decimal below : {spec::Decimal(1, 2), spec::Decimal(50, 0)})
      if (const auto value = spec::Decimal::subtract(bound, below)) out.push_back(value->to_string());
    return out;
  }
  Text expected(const FieldUse& use, const Field&) const override { return {"必须大于 " + use.bound, "must be above " + use.bound}; }
};

}  // namespace

const Word& not_above() {
  static const NotAbove word;
  return word;
}

}  // namespace meterproof::rules
