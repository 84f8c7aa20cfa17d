// SPDX-License-Identifier: Apache-2.0
// Which cases are chosen by patterns: globs of case ids, or names of interfaces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conformance/scope.hpp"
#include "core/i18n/message_value.hpp"
#include "core/model/interface.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

/// Whether a case id matches a pattern, in any letter case: * stands for any characters, ? for one (fnmatch(3), POSIX). The name of an interface alone
/// stands for all its cases.
bool matches(std::string_view pattern, std::string_view id);

/// The patterns, with the names of the interfaces on the side under test in place of a section (`3.1`), a path (`/api/Users/GetUserInfo`) or the folder of
/// one (`Users`).
std::vector<std::string> with_names(const core::Spec& spec, const Scope& scope, const std::vector<std::string>& patterns);

/// Whether the case of that id is to be run.
bool selects(const reports::SelectionRecord& selection, const std::string& id);

/// The selection in a line, for CheckRecord::filter: its one pattern, or the options that make it; "" for all cases.
std::string in_a_line(const reports::SelectionRecord& selection);

/// What to write in place of a pattern that matches none of `ids`: `did you mean "…"?`, or how to list them.
i18n::Message suggestion_for(const std::string& pattern, const std::vector<std::string>& ids);

}  // namespace meterproof::conformance
