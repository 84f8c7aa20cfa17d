// SPDX-License-Identifier: Apache-2.0
// What reads well but can't be right.
#include <algorithm>

#include "core/json/request_body_parser.hpp"
#include "core/loader/section_readers.hpp"
#include "core/rules/rule_kind.hpp"
#include "core/rules/valid_request.hpp"

namespace meterproof::loader {

using core::Interface;
using core::ResultRow;
using core::Rule;
using core::Spec;

namespace {

bool guards_missing(const Rule& rule, std::size_t field) {
  return std::any_of(rule.operands.begin(), rule.operands.end(), [&](const core::RuleOperand& use) { return use.field == field && use.handles_missing; });
}

bool same_guard(const std::optional<core::Guard>& a, const std::optional<core::Guard>& b) {
  if (a.has_value() != b.has_value()) return false;
  return !a || (a->field == b->field && a->value == b->value);
}

bool same_violation(const Rule& a, const Rule& b) {
  if (a.kind != b.kind || a.operands.size() != b.operands.size() || a.state != b.state) return false;
  for (std::size_t i = 0; i < a.operands.size(); ++i)
    if (a.operands[i].field != b.operands[i].field || a.operands[i].bound != b.operands[i].bound) return false;
  return same_guard(a.unless, b.unless) && same_guard(a.only_if, b.only_if);
}

std::optional<YamlNode> item_of(const std::optional<YamlNode>& list, std::size_t index) {
  const auto items = list ? list->items() : std::vector<YamlNode>();
  return index < items.size() ? std::optional(items[index]) : std::nullopt;
}

void check_required(const YamlNode& at, const Interface& interface) {
  const auto request = at.get("request");
  for (std::size_t field = 0; field < interface.request.size(); ++field) {
    if (!interface.request[field].required.value_or(false)) continue;
    const bool guarded = std::any_of(interface.results.begin(), interface.results.end(), [&](const ResultRow& row) {
      return std::any_of(row.when.begin(), row.when.end(), [&](const Rule& rule) { return guards_missing(rule, field); });
    });
    if (guarded || !request) continue;
    const auto where = request->get(interface.request[field].name);
    (where ? *where : *request).fail(msg<"spec.missing-unanswered">(interface.request[field].name), msg<"spec.add-empty-rule">());
  }
}

void check_codes(const YamlNode& at, const Spec& spec, const Interface& interface) {
  const auto list = at.get("results");
  bool has_success = false;
  for (std::size_t i = 0; i < interface.results.size(); ++i) {
    const ResultRow& row = interface.results[i];
    const YamlNode where = item_of(list, i).value_or(at);
    const int code = row.code.value;
    if (row.code == spec.success) has_success = true;
    else if (row.when.empty() && row.why.en.empty() && !where.get("when")) where.fail(msg<"spec.code-without-rule">(code), msg<"spec.give-rule">());
    for (std::size_t j = 0; j < i; ++j) {
      const ResultRow& earlier = interface.results[j];
      if (earlier.code == row.code) where.fail(msg<"spec.code-twice">(code), msg<"spec.one-under-code">("when: [ { … }, { … } ]"));
      else if (earlier.title.zh == row.title.zh) where.fail(msg<"spec.codes-alike">(earlier.code.value, code, row.title.zh), msg<"spec.drop-one">());
      for (const Rule& rule : row.when)
        for (const Rule& before : earlier.when)
          if (same_violation(rule, before)) where.fail(msg<"spec.code-unreachable">(code, earlier.code.value), msg<"spec.narrow-rule">());
    }
  }
  if (!has_success) at.fail(msg<"spec.no-success-code">(spec.success.value));
}

/// Rows that a valid request needs are there, all belong together, and new keys are new.
class SampleRows final : public rules::DataLookup, public rules::KeyProvider {
 public:
  std::string key(const core::Field&, bool existing) override { return existing ? "779654280012" : "779654280013"; }
  bool exists(std::size_t, std::string_view key) const override { return key == "779654280012"; }
  bool belong_together(std::size_t, std::string_view, std::size_t, std::string_view) const override { return true; }
  bool in_state(std::size_t, std::string_view, const core::State&) const override { return false; }
};

/// A rule that every valid request breaks leaves nothing to test.
void check_valid_requests(const YamlNode& at, const Interface& interface) {
  const core::DateTime any_time = *core::DateTime::parse("2026-01-15 10:30:00");
  for (const core::Variant& variant : interface.variants) {
    SampleRows rows;
    json::RequestBodyParser parser;
    core::Request valid;
    if (!parser.parse(rules::make_valid_request(interface, variant, rows, 1, any_time).body())) {
      at.get("request").value_or(at).fail(msg<"spec.valid-request-no-json">(variant.name, parser.error()), msg<"spec.repair-example">());
      continue;
    }
    json::map_to_fields(parser.members(), interface, valid);
    const auto of_form = rules::first_match(interface.body, valid, rows);
    const auto match = of_form ? of_form : rules::first_match(interface.results, valid, rows);
    if (!match) continue;
    const auto where = of_form ? at.get("request") : item_of(at.get("results"), static_cast<std::size_t>(match->row - interface.results.data()));
    where.value_or(at).fail(msg<"spec.valid-request-breaks">(variant.name, match->row->code.value, rules::kind_of(*match->rule).explain(*match->rule, valid)),
                            msg<"spec.repair-example">());
  }
}

}  // namespace

void lint(const YamlNode& at, const Spec& spec, const Interface& interface) {
  check_required(at, interface);
  check_codes(at, spec, interface);
  if (at.no_problem_yet()) check_valid_requests(at, interface);  // rules with a fault of their own cannot be evaluated
}

}  // namespace meterproof::loader
