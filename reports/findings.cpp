// SPDX-License-Identifier: Apache-2.0
#include "reports/findings.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "core/text/text.hpp"

namespace meterproof::reports {

bool is_finding(const CaseRecord& one) { return one.verdict == Verdict::broken || one.verdict == Verdict::failed; }

FindingKind kind_of(const CaseRecord& one) { return {one.verdict, render(one.observed, Language::en), render(one.reason, Language::en)}; }

std::vector<Alike> findings_of(const CheckRecord& record) {
  std::vector<Alike> out;
  for (const Verdict shown : {Verdict::broken, Verdict::failed}) {
    std::map<FindingKind, std::size_t> places;
    for (const CaseRecord& one : record.cases) {
      if (one.verdict != shown) continue;
      const auto [place, is_new] = places.emplace(kind_of(one), out.size());
      if (is_new) out.emplace_back();
      out[place->second].push_back(&one);
    }
  }
  return out;
}

std::string count_by_interface(const std::vector<Alike>& findings) {
  std::map<std::string, std::size_t> counts;
  for (const Alike& alike : findings)
    for (const CaseRecord* one : alike) ++counts[one->interface];
  std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> out;
  out.reserve(sorted.size());
  for (const auto& [name, count] : sorted) out.push_back((name.empty() ? "" : name + " ") + std::to_string(count));
  return core::join(out);
}

}  // namespace meterproof::reports
