// SPDX-License-Identifier: Apache-2.0
// all_empty: [FIELDS] — at least one of the fields must have a value, and none has.
#include <algorithm>

#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {
namespace {

class AllEmpty final : public RuleKind {
 public:
  AllEmpty() : RuleKind("all_empty", OperandShape::fields) {}

  bool can_handle_missing() const override { return true; }
  bool needs_all_operands() const override { return true; }

  bool matches(const Rule& rule, const Request& request, const DataLookup&) const override {
    return std::all_of(rule.operands.begin(), rule.operands.end(), [&](const RuleOperand& operand) { return request[operand.field].empty(); });
  }

  std::vector<NeverMatches> never_matches_where(const Rule& rule, const Interface&) const override { return {{rule.operands[0].field, value_class::present}}; }

  std::vector<Variation> variations(const Rule& rule, const Interface& interface) const override {
    std::vector<Variation> out;
    for (const InvalidValue& value : empty_values()) out.push_back(variation_of(interface, fields_of(rule), value.slug, value.description));
    return out;
  }

  std::optional<Edits> make(const Rule& rule, std::string_view slug, const RequestBuilder& control, FixtureProvider&) const override {
    for (const InvalidValue& value : empty_values()) {
      if (variation_of(*control.interface, fields_of(rule), value.slug, value.description).slug != slug) continue;
      Edits edits;
      for (const RuleOperand& operand : rule.operands) edits.emplace_back(operand.field, value.raw);
      return edits;
    }
    return std::nullopt;
  }

  /// Who insists on a field that is marked as required refuses the request for that one.
  Leniency leniency(const Rule& rule, const Interface& interface, const Variation& variation, bool) const override {
    const auto fields = fields_of(rule);
    const bool insists = std::any_of(fields.begin(), fields.end(), [&](std::size_t field) { return interface.request[field].required.value_or(false); });
    for (const InvalidValue& value : empty_values()) {
      if (variation_of(interface, fields, value.slug, value.description).slug != variation.slug) continue;
      Leniency out = leniency_of_empty(value.slug, false);
      out.unparsable = out.unparsable || insists;
      return out;
    }
    return {};
  }

  LocalizedText explain(const Rule& rule, const Request& request) const override {
    LocalizedText found;
    for (const RuleOperand& operand : rule.operands) {
      const LocalizedText one = shown(request.interface->request[operand.field], request[operand.field]);
      found.zh += (found.zh.empty() ? "" : "、") + one.zh;
      found.en += (found.en.empty() ? "" : ", ") + one.en;
    }
    return {found.zh + "，至少填写一项", found.en + ", at least one of them is required"};
  }

 private:
  static std::vector<std::size_t> fields_of(const Rule& rule) {
    std::vector<std::size_t> out;
    for (const RuleOperand& operand : rule.operands) out.push_back(operand.field);
    return out;
  }
};

}  // namespace

const RuleKind& all_empty() {
  static const AllEmpty kind;
  return kind;
}

}  // namespace meterproof::rules
