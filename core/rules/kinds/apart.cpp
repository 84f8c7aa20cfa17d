// SPDX-License-Identifier: Apache-2.0
// apart: [FIELD, FIELD] — two rows that exist, but do not belong together.
#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

class Apart final : public RuleKind {
 public:
  Apart() : RuleKind("apart", OperandShape::pair) {}

  std::optional<LocalizedText> validate(const Rule& rule, const Interface& interface) const override {
    for (const RuleOperand& operand : rule.operands)
      if (const Field& field = interface.request[operand.field]; !field.refers)
        return about(field, {"未引用任何表（refers:）", "refers to no table (refers:)"});
    return std::nullopt;
  }

  bool matches(const Rule& rule, const Request& request, const DataLookup& data) const override {
    const Value& first = request[rule.operands[0].field];
    const Value& second = request[rule.operands[1].field];
    if (first.empty() || second.empty()) return false;
    return !data.belong_together(*field_of(rule, request, 0).refers, first.text, *field_of(rule, request, 1).refers, second.text);
  }

  std::vector<Variation> variations(const Rule& rule, const Interface& interface) const override {
    return {variation_of(interface, {rule.operands[1].field}, "of-another", {"属于另一对象", "is another's"})};
  }

  std::optional<Edits> make(const Rule& rule, std::string_view, const RequestBuilder& control, FixtureProvider& fixtures) const override {
    const std::size_t field = rule.operands[1].field;
    const Field& about = control.interface->request[field];
    const std::string key = fixtures.unrelated_row(*about.refers);
    return key.empty() ? std::nullopt : std::optional(Edits{{field, raw_value(about, key)}});
  }

  LocalizedText explain(const Rule& rule, const Request& request) const override {
    const LocalizedText first = shown(field_of(rule, request, 0), request[rule.operands[0].field]);
    const LocalizedText second = shown(field_of(rule, request, 1), request[rule.operands[1].field]);
    return {first.zh + " 与 " + second.zh + " 不匹配", first.en + " and " + second.en + " do not belong together"};
  }
};

}  // namespace

const RuleKind& apart() {
  static const Apart kind;
  return kind;
}

}  // namespace meterproof::rules
