// SPDX-License-Identifier: Apache-2.0
#include "conformance/named_row_trial.hpp"

#include <algorithm>

#include "conformance/case.hpp"
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

struct Trial {
  i18n::Message unknown;  // why the target does not know the row; empty where it knows it, or where that cannot be told
  i18n::Message lacking;  // where no request that refers to the row can be made: which other row must be named
};

Trial try_row(FixtureFactory& fixtures, const Keys& keys, std::size_t table, const std::string& key) {
  FixtureSet rows;
  if (fixtures.get_or_create(rows, table) != key) return {};  // we make rows of our own
  const core::Spec& spec = fixtures.session().spec();
  Trial out;
  bool tried = false;
  for (const Interface& interface : spec.interfaces) {
    if (!fixtures.scope().has(interface) || ends_rows(spec, interface)) continue;
    const auto field = field_that_refers(interface, interface.variants.front(), table);
    if (!field || interface.request[*field].fresh) continue;
    if (const auto missing = missing_rows(spec, fixtures.scope(), keys, interface); !missing.empty()) {
      if (out.lacking.empty()) out.lacking = msg<"check.named-row-alone">(spec.tables[table].name, key, interface.name, spec.tables[missing.front()].name);
      continue;
    }
    const std::vector<core::Code> codes = codes_of_unknown(interface, *field);
    if (codes.empty()) continue;
    tried = true;
    const Sent sent = fixtures.send_and_track(fixtures.make_request(interface, 0, rows), rows);
    if (sent.answered(spec.success)) return {};
    if (has(codes, sent.reply.code) && accepts_without(fixtures, interface, *field)) return {msg<"check.answers-code">(interface.name, code_of(sent)), {}};
  }
  return tried ? Trial() : out;
}

}  // namespace

void try_unverified_rows(FixtureFactory& fixtures, const Keys& keys, NamedRows& named) {
  const core::Spec& spec = fixtures.session().spec();
  const bool can_test = std::any_of(spec.interfaces.begin(), spec.interfaces.end(),
                                    [&](const Interface& one) { return fixtures.scope().has(one) && missing_rows(spec, fixtures.scope(), keys, one).empty(); });
  for (const auto& [name, key] : named.unverified) {
    const auto table = spec.table(name);
    if (!table) continue;  // it is named for its state
    try {
      Trial trial = try_row(fixtures, keys, *table, key);
      if (!trial.unknown.empty()) named.mistakes.push_back(msg<"check.named-row-unknown">(name, key, std::move(trial.unknown)));
      if (!trial.lacking.empty() && !can_test) named.mistakes.push_back(std::move(trial.lacking));
    } catch (const Inconclusive&) {  // no such request can be made
      continue;
    }
  }
}

}  // namespace meterproof::conformance
