// SPDX-License-Identifier: Apache-2.0
#include "conformance/selection.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "core/diagnostics/diagnostic.hpp"
#include "core/i18n/message.hpp"
#include "core/text/text.hpp"
#include "reports/headline.hpp"

namespace meterproof::conformance {

using i18n::msg;

namespace {

std::string_view interface_of(std::string_view id) { return id.substr(0, id.find('/')); }

bool is_name(std::string_view pattern) { return !pattern.empty() && pattern.find_first_of("*?[/\\") == std::string_view::npos; }

bool matches_any(const std::vector<std::string>& patterns, std::string_view id) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) { return matches(pattern, id); });
}

/// The pattern that is most like this one and matches something; "" where none is like it.
std::string nearest(const std::string& pattern, const std::vector<std::string>& ids) {
  const std::string head(interface_of(pattern)), rest = pattern.substr(head.size());
  std::set<std::string> interfaces;
  for (const std::string& id : ids) interfaces.emplace(interface_of(id));
  const auto same = std::find_if(interfaces.begin(), interfaces.end(), [&](const std::string& one) { return core::equals_ignoring_case(one, head); });
  std::string near = same == interfaces.end() ? core::nearest(head, {interfaces.begin(), interfaces.end()}) : *same;
  if (near.empty() || std::any_of(ids.begin(), ids.end(), [&](const std::string& id) { return matches(near + rest, id); }))
    return near.empty() ? near : near + rest;
  // The interface is known: something behind it is not.
  std::set<std::string> candidates;
  for (const std::string& id : ids) {
    if (interface_of(id) != near) continue;
    candidates.insert(id);
    candidates.insert(id.substr(0, id.find('/', near.size() + 1)) + "/*");
  }
  return core::nearest(near + rest, {candidates.begin(), candidates.end()});
}

}  // namespace

bool matches(std::string_view pattern, std::string_view id) {
  if (is_name(pattern) && core::equals_ignoring_case(pattern, interface_of(id))) return true;
  return ::fnmatch(core::to_lower(pattern).c_str(), core::to_lower(id).c_str(), 0) == 0;
}

std::vector<std::string> with_names(const core::Spec& spec, const Scope& scope, const std::vector<std::string>& patterns) {
  std::vector<std::string> out;
  for (const std::string& pattern : patterns) {
    const std::size_t before = out.size();
    for (const core::Interface& one : spec.interfaces) {
      if (!scope.plays(one)) continue;
      const std::string_view path = one.path;
      const std::string_view folder = path.substr(0, path.rfind('/'));
      const std::string_view controller = folder.substr(folder.rfind('/') + 1);
      const auto is = [&](std::string_view text) { return core::equals_ignoring_case(pattern, text); };
      if (is(one.section) || is(path) || is(path.substr(1)) || is(controller)) out.push_back(one.name);
    }
    if (out.size() == before) out.push_back(pattern);
  }
  return out;
}

bool selects(const reports::SelectionRecord& selection, const std::string& id) {
  if (!selection.failed.empty() && std::find(selection.failed.begin(), selection.failed.end(), id) == selection.failed.end()) return false;
  return (selection.only.empty() || matches_any(selection.only, id)) && !matches_any(selection.except, id);
}

std::string in_a_line(const reports::SelectionRecord& selection) {
  if (selection.only.size() == 1 && selection.except.empty() && selection.failed.empty()) return selection.only.front();
  return reports::options_of(selection);
}

i18n::Message suggestion_for(const std::string& pattern, const std::vector<std::string>& ids) {
  const std::string near = nearest(pattern, ids);
  return near.empty() ? msg<"usage.list-names-them">() : msg<"usage.did-you-mean">(near);
}

}  // namespace meterproof::conformance
