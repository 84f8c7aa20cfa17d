// unknown: FIELD — no row has the key that the field refers to.
#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

std::optional<std::size_t> table_of(const Field& field) { return field.refers ? field.refers : field.names; }

class Unknown final : public RuleKind {
 public:
  Unknown() : RuleKind("unknown", OperandShape::fields) {}

  std::string validate(const Rule& rule, const Interface& interface) const override {
    for (const RuleOperand& operand : rule.operands)
      if (!table_of(interface.request[operand.field])) return interface.request[operand.field].name + " refers to no table (refers: or names:)";
    return {};
  }

  bool matches(const Rule& rule, const Request& request, const DataLookup& facts) const override {
    const Value& value = request[rule.operands[0].field];
    return !value.empty() && !facts.exists(*table_of(field_of(rule, request)), value.text);
  }

  std::vector<NeverMatches> never_matches_where(const Rule& rule, const Interface&) const override { return {{rule.operands[0].field, value_class::empty}}; }

  std::vector<Counterexample> counterexamples(const Rule& rule, const RequestBuilder& control, FixtureProvider& scene) const override {
    const std::size_t field = rule.operands[0].field;
    const Field& about = control.interface->request[field];
    const std::size_t table = *table_of(about);
    std::vector<Counterexample> out;
    out.push_back({about.name + "=unknown", {{field, raw_value(about, scene.unused_key(table))}}});
    const std::string known = scene.existing_row(table);
    if (known.size() < 2) return out;
    out.push_back({about.name + "=a digit more", {{field, raw_value(about, known + "0")}}});
    out.push_back({about.name + "=a digit less", {{field, raw_value(about, known.substr(0, known.size() - 1))}}});
    return out;
  }

  LocalizedText explain(const Rule& rule, const Request& request) const override {
    const Field& field = field_of(rule, request);
    const std::string found = shown(field, request[rule.operands[0].field]);
    return {found + "，" + field.title.zh + "未建档", found + ", no such " + field.title.en};
  }
};

}  // namespace

const RuleKind& unknown() {
  static const Unknown word;
  return word;
}

}  // namespace meterproof::rules
