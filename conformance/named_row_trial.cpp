// SPDX-License-Identifier: Apache-2.0
#include "conformance/named_row_trial.hpp"

#include <algorithm>

#include "conformance/case.hpp"
#include "conformance/spec_queries.hpp"
#include "core/i18n/message.hpp"
#include "core/rules/rule_kind.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::Variant;
using i18n::msg;

namespace {

std::optional<std::size_t> field_that_refers(const Interface& interface, const Variant& variant, std::size_t table) {
  for (const std::size_t field : variant.fields)
    if (interface.request[field].refers == table) return field;
  return std::nullopt;
}

/// The codes that the specification states, or allows, for a row in that field that does not exist.
std::vector<core::Code> codes_of_unknown(const Interface& interface, std::size_t field) {
  const auto is_about = [&](const core::Rule& rule) {
    return rules::kind_of(rule).answers_unknown_row() && !rule.operands.empty() && rule.operands.front().field == field;
  };
  std::vector<core::Code> out;
  for (const core::ResultRow& row : interface.results)
    if (std::any_of(row.when.begin(), row.when.end(), is_about)) out.push_back(row.code);
  for (const core::OpenQuestion& question : interface.open_questions)
    if (question.when && is_about(*question.when)) out.insert(out.end(), question.accepted_codes.begin(), question.accepted_codes.end());
  return out;
}

/// Whether the interface takes a valid request that does without the row: what refuses the other one is the row then. True where it has no such request.
bool accepts_without(FixtureFactory& fixtures, const Interface& interface, std::size_t field) {
  for (const Variant& variant : interface.variants) {
    if (std::find(variant.fields.begin(), variant.fields.end(), field) != variant.fields.end()) continue;
    FixtureSet own;
    return fixtures.send_and_track(fixtures.make_request(interface, variant, own), own).answered(fixtures.session().spec().success);
  }
  return true;
}

using Keys = std::map<std::string, std::string>;

/// Whether requests to the interface refer to a row of that table that must be there.
bool is_meant_for(const core::Spec& spec, const Scope& scope, const Interface& interface, std::size_t table) {
  if (!scope.has(interface) || ends_rows(spec, interface)) return false;
  const auto field = field_that_refers(interface, interface.variants.front(), table);
  return field && !interface.request[*field].fresh;
}

/// Why the target does not know the row; empty where it knows it, or where that cannot be told.
i18n::Message try_row(FixtureFactory& fixtures, const Keys& keys, std::size_t table, const std::string& key) {
  FixtureSet rows;
  if (fixtures.get_or_create(rows, table) != key) return {};  // we make rows of our own
  const core::Spec& spec = fixtures.session().spec();
  for (const Interface& interface : spec.interfaces) {
    if (!is_meant_for(spec, fixtures.scope(), interface, table) || !missing_rows(spec, fixtures.scope(), keys, interface).empty()) continue;
    const std::size_t field = *field_that_refers(interface, interface.variants.front(), table);
    const std::vector<core::Code> codes = codes_of_unknown(interface, field);
    if (codes.empty()) continue;
    const Sent sent = fixtures.send_and_track(fixtures.make_request(interface, 0, rows), rows);
    if (sent.answered(spec.success)) return {};
    if (has(codes, sent.reply.code) && accepts_without(fixtures, interface, field)) return msg<"check.answers-code">(interface.name, code_of(sent));
  }
  return {};
}

}  // namespace

std::vector<i18n::Message> rows_useless_alone(const core::Spec& spec, const Scope& scope, const Keys& keys) {
  const bool can_test = std::any_of(spec.interfaces.begin(), spec.interfaces.end(),
                                    [&](const Interface& one) { return scope.has(one) && missing_rows(spec, scope, keys, one).empty(); });
  std::vector<i18n::Message> out;
  for (const auto& [name, key] : can_test ? Keys() : keys) {
    const auto table = spec.table(name);
    if (!table || maker_of(spec, scope, *table) != nullptr) continue;
    const auto found =
        std::find_if(spec.interfaces.begin(), spec.interfaces.end(), [&](const Interface& one) { return is_meant_for(spec, scope, one, *table); });
    if (found == spec.interfaces.end()) continue;
    const std::size_t missing = missing_rows(spec, scope, keys, *found).front();
    out.push_back(msg<"check.named-row-alone">(name, key, found->name, spec.tables[missing].name));
  }
  return out;
}

void try_unverified_rows(FixtureFactory& fixtures, const Keys& keys, NamedRows& named) {
  for (const auto& [name, key] : named.unverified) {
    const auto table = fixtures.session().spec().table(name);
    if (!table) continue;  // it is named for its state
    try {
      if (i18n::Message unknown = try_row(fixtures, keys, *table, key); !unknown.empty())
        named.mistakes.push_back(msg<"check.named-row-unknown">(name, key, std::move(unknown)));
    } catch (const Inconclusive&) {  // no such request can be made
      continue;
    }
  }
}

}  // namespace meterproof::conformance
