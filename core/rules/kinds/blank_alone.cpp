// blank_alone: FIELD — the request's only key is this field, and it is blank.
#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

class BlankAlone final : public RuleKind {
 public:
  BlankAlone() : RuleKind("blank_alone", OperandShape::fields) {}

  bool matches(const Rule& rule, const Request& request, const DataLookup&) const override {
    for (std::size_t i = 0; i < request.values.size(); ++i) {
      const bool present = request[i].kind != Value::Kind::absent;
      if (present != (i == rule.operands[0].field)) return false;
    }
    return request[rule.operands[0].field].empty();
  }

  // The request lacks everything else, too.
  bool is_always_also_matched(const Rule& rule) const override { return !rule.also_accepted.empty(); }

  std::vector<Counterexample> counterexamples(const Rule& rule, const RequestBuilder& control, FixtureProvider&) const override {
    const std::size_t only = rule.operands[0].field;
    const auto alone = [&](const std::string& label, const std::string& raw) {
      Counterexample made{control.interface->request[only].name + "=" + label + " alone", {}};
      for (std::size_t i = 0; i < control.raw.size(); ++i) made.edits.emplace_back(i, i == only ? std::optional(raw) : std::nullopt);
      return made;
    };
    return {alone("\"\"", "\"\""), alone("blanks", "\"  \"")};
  }

  LocalizedText explain(const Rule& rule, const Request& request) const override {
    const std::string found = shown(field_of(rule, request), request[rule.operands[0].field]);
    return {"请求中只有 " + found, "the request has nothing but " + found};
  }
};

}  // namespace

const RuleKind& blank_alone() {
  static const BlankAlone word;
  return word;
}

}  // namespace meterproof::rules
