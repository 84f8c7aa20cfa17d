// SPDX-License-Identifier: Apache-2.0
#include "reports/findings.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/text/text.hpp"

namespace meterproof::reports {

bool is_finding(const CaseRecord& one) { return one.verdict == Verdict::broken || one.verdict == Verdict::failed; }

FindingKind kind_of(const CaseRecord& one) { return {one.verdict, render(one.observed, Language::en), render(one.reason, Language::en)}; }

namespace {

/// Those of the causes, in their order. A record may come from somebody else: every failure is there once, whatever its causes say.
void add_by_cause(const CheckRecord& record, std::set<const CaseRecord*>& told, std::vector<Alike>& out) {
  std::map<std::string, std::vector<const CaseRecord*>> failed;  // by cause
  for (const CaseRecord& one : record.cases)
    if (one.verdict == Verdict::failed && !one.cause.empty()) failed[one.cause].push_back(&one);
  for (const CauseRecord& cause : record.causes) {
    const auto found = failed.find(cause.id);
    if (found == failed.end()) continue;
    std::map<std::string, std::size_t> places;
    for (const std::string& id : cause.cases) places.emplace(id, places.size());
    Alike alike = std::move(found->second);
    failed.erase(found);
    const auto place_of = [&](const CaseRecord* one) {
      const auto place = places.find(one->id);
      return place == places.end() ? places.size() : place->second;
    };
    std::stable_sort(alike.begin(), alike.end(), [&](const CaseRecord* a, const CaseRecord* b) { return place_of(a) < place_of(b); });
    told.insert(alike.begin(), alike.end());
    out.push_back(std::move(alike));
  }
}

}  // namespace

const CauseRecord* cause_of(const CheckRecord& record, const Alike& alike) {
  const std::string& id = alike.front()->cause;
  const auto found = std::find_if(record.causes.begin(), record.causes.end(), [&](const CauseRecord& one) { return !id.empty() && one.id == id; });
  return found == record.causes.end() ? nullptr : &*found;
}

std::vector<Alike> findings_of(const CheckRecord& record) {
  std::vector<Alike> out;
  std::set<const CaseRecord*> told;
  for (const Verdict shown : {Verdict::broken, Verdict::failed}) {
    if (shown == Verdict::failed) add_by_cause(record, told, out);
    std::map<FindingKind, std::size_t> places;
    for (const CaseRecord& one : record.cases) {
      if (one.verdict != shown || told.count(&one) > 0) continue;
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
