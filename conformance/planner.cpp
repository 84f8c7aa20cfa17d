// SPDX-License-Identifier: Apache-2.0
#include "conformance/planner.hpp"

#include <algorithm>
#include <cassert>
#include <set>

namespace meterproof::conformance {
namespace {

using AddCases = void (*)(const PlanContext&, const core::Interface&, CaseList&);

const std::vector<AddCases>& kinds() {
  static const std::vector<AddCases> all = {
#define CASE_KIND(name) add_##name##_cases,
#include "conformance/cases/case_kinds.inc"
#undef CASE_KIND
  };
  return all;
}

[[maybe_unused]] bool ids_are_unique(const CaseList& cases) {
  std::set<std::string> ids;
  return std::all_of(cases.begin(), cases.end(), [&](const auto& one) { return ids.insert(one->info().id).second; });
}

}  // namespace

CaseInfo case_info(const core::Interface& interface, const std::string& slug, const std::string& section, CaseGroup group, Phase phase) {
  CaseInfo info;
  info.id = interface.name + "/" + slug;
  info.interface = &interface;
  info.section = section;
  info.group = group;
  info.phase = phase;
  return info;
}

std::string code_prefix(core::Code code) { return std::to_string(code.value) + "/"; }

CaseInfo success_info(const core::Spec& spec, const core::Interface& interface, const std::string& slug, Phase phase) {
  CaseInfo info = case_info(interface, code_prefix(spec.success) + slug, interface.section + ".3", CaseGroup::business, phase);
  if (const core::ResultRow* row = interface.result(spec.success)) info.requirement = row->title;
  info.expected = {spec.success};
  return info;
}

CaseInfo refusal_info(const core::Interface& interface, const core::ResultRow& row, const std::string& slug, const std::string& section, CaseGroup group,
                      Phase phase) {
  CaseInfo info = case_info(interface, code_prefix(row.code) + slug, section, group, phase);
  info.requirement = row.title;
  info.expected = {row.code};
  if (interface.refusal) info.expected.push_back(*interface.refusal);
  info.clauses = {clause::code(interface, row.code)};
  return info;
}

std::vector<std::size_t> all_variants(const core::Interface& interface) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < interface.variants.size(); ++i) out.push_back(i);
  return out;
}

core::LocalizedText title_of(const core::LocalizedText& requirement, const core::LocalizedText& variation) {
  return {requirement.zh + "：" + variation.zh, requirement.en + ": " + variation.en};
}

CaseList plan(const core::Spec& spec, const Scope& scope, const std::map<std::string, std::string>& fixtures,
              const std::vector<reports::DescribedRowRecord>& rows) {
  const Scope sides = scope.sides();
  const PlanContext context{spec, sides, fixtures, rows};
  CaseList cases;
  for (const core::Interface& interface : spec.interfaces)
    if (sides.has(interface))
      for (const AddCases add : kinds()) add(context, interface, cases);
  assert(ids_are_unique(cases));
  return cases;
}

}  // namespace meterproof::conformance
