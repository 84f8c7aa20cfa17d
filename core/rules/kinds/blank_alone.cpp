// SPDX-License-Identifier: Apache-2.0
// blank_alone: FIELD — the request's only key is this field, and it is blank.
#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

constexpr const char* empty_text = "empty-alone";
constexpr const char* blanks = "blanks-alone";

class BlankAlone final : public RuleKind {
 public:
  BlankAlone() : RuleKind("blank_alone", OperandShape::field) {}

  bool matches(const Rule& rule, const Request& request, const DataLookup&) const override {
    for (std::size_t i = 0; i < request.values.size(); ++i) {
      const bool present = request[i].kind != Value::Kind::absent;
      if (present != (i == rule.operands[0].field)) return false;
    }
    return request[rule.operands[0].field].empty();
  }

  // The request lacks everything else, too.
  bool is_always_also_matched(const Rule& rule) const override { return !rule.also_accepted.empty(); }

  std::vector<Variation> variations(const Rule& rule, const Interface& interface) const override {
    const std::vector<std::size_t> only = {rule.operands[0].field};
    return {variation_of(interface, only, empty_text, {"为空文本，且无其他字段", "is an empty text, and nothing else is there"}),
            variation_of(interface, only, blanks, {"为空白，且无其他字段", "is a text of blanks, and nothing else is there"})};
  }

  std::optional<Edits> make(const Rule& rule, std::string_view slug, const RequestBuilder& control, FixtureProvider&) const override {
    const std::size_t only = rule.operands[0].field;
    const std::string raw = slug.ends_with(blanks) ? "\"  \"" : "\"\"";
    Edits edits;
    for (std::size_t i = 0; i < control.raw.size(); ++i) edits.emplace_back(i, i == only ? std::optional(raw) : std::nullopt);
    return edits;
  }

  /// Blanks may be taken for a value: then for an unknown key.
  Leniency leniency(const Rule&, const Interface&, const Variation& variation, bool) const override {
    const bool is_value = variation.slug.ends_with(blanks);
    return {.success = is_value, .unparsable = is_value, .unknown_row = is_value};
  }

  LocalizedText explain(const Rule& rule, const Request& request) const override {
    const LocalizedText found = shown(field_of(rule, request), request[rule.operands[0].field]);
    return {"请求中只有 " + found.zh, "the request has nothing but " + found.en};
  }
};

}  // namespace

const RuleKind& blank_alone() {
  static const BlankAlone kind;
  return kind;
}

}  // namespace meterproof::rules
