// too_precise: FIELD or [FIELDS] — a number has more decimal places than the field's scale.
#include <algorithm>

#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

class TooPrecise final : public PerFieldWord {
 public:
  TooPrecise() : PerFieldWord("too_precise", Parameters::fields) {}

 private:
  std::string misfit_of(const FieldUse&, const Field& field) const override { return field.scale ? "" : "has no scale (scale: N)"; }
  bool at_fault(const FieldUse&, const Field& field, const Value& value) const override {
    const auto number = value.decimal();
    return number && number->places() > *field.scale;
  }
  std::vector<std::string> wrong_values(const FieldUse&, const Field& field) const override {
    const auto example = spec::Decimal::parse(field.example);
    const auto finer = spec::Decimal::add(example.value_or(spec::Decimal(1, 0)), {5, *field.scale + 1});
    return finer ? std::vector<std::string>{raw_value(field, finer->to_string())} : std::vector<std::string>();
  }
  Text expected(const FieldUse&, const Field& field) const override {
    const std::string scale = std::to_string(*field.scale);
    return {"最多 " + scale + " 位小数", "at most " + scale + " decimal places"};
  }
};

}  // namespace

const Word& too_precise() {
  static const TooPrecise word;
  return word;
}

}  // namespace meterproof::rules
