// SPDX-License-Identifier: Apache-2.0
// empty: FIELD or [FIELDS] — a field that must have a value has none.
#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

class Empty final : public FieldRuleKind {
 public:
  Empty() : FieldRuleKind("empty", OperandShape::fields) {}

  bool can_handle_missing() const override { return true; }
  bool is_about_missing() const override { return true; }

  std::vector<Variation> variations(const Rule& rule, const Interface& interface) const override {
    // Every way for every field of a short list. Of a long one (a price has eighteen) each field is left out, and the other
    // ways take turns: a target answers one request a second and appId.
    constexpr std::size_t short_list = 3;
    const bool all = rule.operands.size() <= short_list;
    std::vector<Variation> out;
    for (std::size_t i = 0; i < rule.operands.size(); ++i) {
      const std::size_t field = rule.operands[i].field;
      const std::vector<InvalidValue> ways = invalid_values(rule.operands[i], interface.request[field]);
      const std::size_t in_turn = 1 + i % (ways.size() - 1);
      for (std::size_t way = 0; way < ways.size(); ++way)
        if (all || way == 0 || way == in_turn) out.push_back(variation_of(interface, {field}, ways[way].slug, ways[way].description));
    }
    return out;
  }

  /// A rule that finds every empty value but one: who forgets null, or blanks.
  std::vector<RuleMutation> mutations(const Rule& rule, const Interface& interface) const override {
    using Kind = Value::Kind;
    std::vector<RuleMutation> out;
    if (rule.operands.size() != 1) return out;  // a long list of fields takes turns with the values: no field meets them all
    const std::size_t field = rule.operands[0].field;
    const Field& about = interface.request[field];
    const auto miss = [&](const std::string& what, const std::string& zh, std::string_view category, bool (*overlooks)(const Value&)) {
      out.push_back({about.name + "/misses-" + what,
                     {"未发现 " + about.name + " " + zh, "does not see that " + about.name + " is " + what},
                     category,
                     {},
                     [field, overlooks](const Request& request) { return overlooks(request[field]); }});
    };
    miss("missing", "缺失", mutation_category::form, [](const Value& value) { return value.kind == Kind::absent; });
    miss("null", "为 null", mutation_category::form, [](const Value& value) { return value.kind == Kind::null; });
    if (about.type != core::Type::text) return out;  // a text where a number belongs may as well be called unparsable
    miss("empty", "为空", mutation_category::form, [](const Value& value) { return value.kind == Kind::text && value.text.empty(); });
    miss("blanks", "全是空格", may_take_any_form(interface, field) ? mutation_category::leniency : mutation_category::form,
         [](const Value& value) { return value.kind == Kind::text && !value.text.empty() && value.empty(); });
    return out;
  }

 private:
  bool violates(const RuleOperand&, const Field&, const Value& value) const override { return value.empty(); }
  ValueClasses never_matching_classes(const RuleOperand&, const Field&) const override { return value_class::present; }
  std::vector<InvalidValue> invalid_values(const RuleOperand&, const Field& field) const override { return empty_values(field.type == core::Type::text); }
  LocalizedText expected(const RuleOperand&, const Field& field) const override { return {field.title.zh + "不能为空", "a value is required"}; }
};

}  // namespace

const RuleKind& empty() {
  static const Empty kind;
  return kind;
}

}  // namespace meterproof::rules
