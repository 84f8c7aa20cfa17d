// SPDX-License-Identifier: Apache-2.0
// The kinds of cases: each file of this folder adds the cases of its kind for one interface. A new kind is a new
// file here and one line in case_kinds.inc.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conformance/case.hpp"
#include "conformance/clauses.hpp"
#include "conformance/scope.hpp"
#include "conformance/spec_queries.hpp"

namespace meterproof::conformance {

/// What the cases are made from. Only the specification must outlive them.
struct PlanContext {
  const core::Spec& spec;
  const Scope& scope;
  const std::map<std::string, std::string>& fixtures;    // keys that the vendor has named, by table or table.state
  const std::vector<reports::DescribedRowRecord>& rows;  // that the vendor has described
};

using CaseList = std::vector<std::unique_ptr<TestCase>>;

// Each kind's file defines its own: add_NAME_cases.
#define CASE_KIND(name) void add_##name##_cases(const PlanContext& plan, const core::Interface& interface, CaseList& out);
#include "conformance/cases/case_kinds.inc"
#undef CASE_KIND

/// The part of every case that does not depend on its kind. `slug` follows the interface's name in the id.
CaseInfo case_info(const core::Interface& interface, const std::string& slug, const std::string& section, CaseGroup group, Phase phase);
/// The same for a refusal by a row of the common codes: an interface that lists none may answer with its own.
CaseInfo refusal_info(const core::Interface& interface, const core::ResultRow& row, const std::string& slug, const std::string& section, CaseGroup group,
                      Phase phase);
/// The same for a valid request, which must succeed.
CaseInfo success_info(const core::Spec& spec, const core::Interface& interface, const std::string& slug, Phase phase);
/// Every variant of the interface's valid request.
std::vector<std::size_t> all_variants(const core::Interface& interface);
/// The requirement, and what is sent: "the amount must be above 0: Money is 0".
core::LocalizedText title_of(const core::LocalizedText& requirement, const core::LocalizedText& variation);
/// "-4/" and the like.
std::string code_prefix(core::Code code);

}  // namespace meterproof::conformance
