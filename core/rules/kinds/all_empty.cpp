// all_empty: [FIELDS] — at least one of the fields must have a value, and none has.
#include <algorithm>

#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

class AllEmpty final : public RuleKind {
 public:
  AllEmpty() : RuleKind("all_empty", OperandShape::fields) {}

  bool can_handle_missing() const override { return true; }

  bool matches(const Rule& rule, const Request& request, const DataLookup&) const override {
    return std::all_of(rule.operands.begin(), rule.operands.end(), [&](const RuleOperand& operand) { return request[operand.field].empty(); });
  }

  std::vector<NeverMatches> never_matches_where(const Rule& rule, const Interface&) const override { return {{rule.operands[0].field, value_class::present}}; }

  std::vector<Counterexample> counterexamples(const Rule& rule, const RequestBuilder& control, FixtureProvider&) const override {
    std::string names;
    for (const RuleOperand& operand : rule.operands) names += (names.empty() ? "" : "+") + control.interface->request[operand.field].name;
    const auto all = [&](const std::string& label, const std::optional<std::string>& raw) {
      Counterexample made{names + "=" + label, {}};
      for (const RuleOperand& operand : rule.operands) made.edits.emplace_back(operand.field, raw);
      return made;
    };
    return {all("missing", std::nullopt), all("null", "null"), all("\"\"", "\"\""), all("blanks", "\"  \"")};
  }

  LocalizedText explain(const Rule& rule, const Request& request) const override {
    std::string found;
    for (const RuleOperand& operand : rule.operands)
      found += (found.empty() ? "" : ", ") + shown(request.interface->request[operand.field], request[operand.field]);
    return {found + "，至少填写一项", found + ", at least one of them is required"};
  }
};

}  // namespace

const RuleKind& all_empty() {
  static const AllEmpty word;
  return word;
}

}  // namespace meterproof::rules
