// apart: [FIELD, FIELD] — two rows that exist, but do not belong together.
#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

class Apart final : public RuleKind {
 public:
  Apart() : RuleKind("apart", OperandShape::pair) {}

  std::string validate(const Rule& rule, const Interface& interface) const override {
    for (const RuleOperand& operand : rule.operands)
      if (!interface.request[operand.field].refers) return interface.request[operand.field].name + " refers to no table (refers:)";
    return {};
  }

  bool matches(const Rule& rule, const Request& request, const DataLookup& facts) const override {
    const Value& first = request[rule.operands[0].field];
    const Value& second = request[rule.operands[1].field];
    if (first.empty() || second.empty()) return false;
    return !facts.belong_together(*field_of(rule, request, 0).refers, first.text, *field_of(rule, request, 1).refers, second.text);
  }

  std::vector<Counterexample> counterexamples(const Rule& rule, const RequestBuilder& control, FixtureProvider& scene) const override {
    const std::size_t field = rule.operands[1].field;
    const Field& about = control.interface->request[field];
    return {{about.name + "=another's", {{field, raw_value(about, scene.unrelated_row(*about.refers))}}}};
  }

  LocalizedText explain(const Rule& rule, const Request& request) const override {
    const std::string first = shown(field_of(rule, request, 0), request[rule.operands[0].field]);
    const std::string second = shown(field_of(rule, request, 1), request[rule.operands[1].field]);
    return {first + " 与 " + second + " 不匹配", first + " and " + second + " do not belong together"};
  }
};

}  // namespace

const RuleKind& apart() {
  static const Apart word;
  return word;
}

}  // namespace meterproof::rules
