// SPDX-License-Identifier: Apache-2.0
// taken: FIELD — a row of that key exists already.
#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

class Taken final : public RuleKind {
 public:
  Taken() : RuleKind("taken", OperandShape::field) {}

  std::optional<LocalizedText> validate(const Rule& rule, const Interface& interface) const override {
    const Field& field = interface.request[rule.operands[0].field];
    if (field.names) return std::nullopt;
    return about(field, {"未命名任何表的数据行（names:）", "names no row of a table (names:)"});
  }

  bool matches(const Rule& rule, const Request& request, const DataLookup& data) const override {
    const Value& value = request[rule.operands[0].field];
    return !value.empty() && data.exists(*field_of(rule, request).names, value.text);
  }

  std::vector<NeverMatches> never_matches_where(const Rule& rule, const Interface&) const override { return {{rule.operands[0].field, value_class::empty}}; }

  std::vector<Variation> variations(const Rule& rule, const Interface& interface) const override {
    return {variation_of(interface, {rule.operands[0].field}, "taken", {"已存在", "exists already"})};
  }

  std::optional<Edits> make(const Rule& rule, std::string_view, const RequestBuilder& control, FixtureProvider& fixtures) const override {
    const std::size_t field = rule.operands[0].field;
    const Field& about = control.interface->request[field];
    const std::string key = fixtures.existing_row(*about.names);
    return key.empty() ? std::nullopt : std::optional(Edits{{field, raw_value(about, key)}});
  }

  LocalizedText explain(const Rule& rule, const Request& request) const override {
    const LocalizedText found = shown(field_of(rule, request), request[rule.operands[0].field]);
    return {found.zh + " 已存在", found.en + " exists already"};
  }
};

}  // namespace

const RuleKind& taken() {
  static const Taken kind;
  return kind;
}

}  // namespace meterproof::rules
