// out_of_range: FIELD or [FIELDS] — a number is outside the field's range.
#include <algorithm>

#include "spec/rules/word.hpp"

namespace meterproof::rules {
namespace {

class OutOfRange final : public PerFieldWord {
 public:
  OutOfRange() : PerFieldWord("out_of_range", Parameters::fields) {}

 private:
  std::string misfit_of(const FieldUse&, const Field& field) const override { return field.range ? "" : "has no range (range: [low, high])"; }
  bool at_fault(const FieldUse&, const Field& field, const Value& value) const override {
    const auto number = value.decimal();
    return number && (*number < spec::Decimal(field.range->first, 0) || *number > spec::Decimal(field.range->second, 0));
  }
  std::vector<std::string> wrong_values(const FieldUse&, const Field& field) const override {
    std::vector<std::string> out;
    for (const long long outside : {field.range->first - 1, field.range->second + 1, field.range->second + 50})
      out.push_back(raw_value(field, std::to_string(outside)));
    return out;
  }
  Text expected(const FieldUse&, const Field& field) const override {
    const std::string range = std::to_string(field.range->first) + "-" + std::to_string(field.range->second);
    return {"应在 " + range + " 之间", "must be within " + range};
  }
};

}  // namespace

const Word& out_of_range() {
  static const OutOfRange word;
  return word;
}

}  // namespace meterproof::rules
