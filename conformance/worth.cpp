// SPDX-License-Identifier: Apache-2.0
#include "conformance/worth.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "conformance/clauses.hpp"

namespace meterproof::conformance {

namespace {

using Levels = std::map<std::string, Level>;  // by clause

Levels levels_of(const core::Spec& spec) {
  Levels out;
  for (const Clause& clause : clauses(spec)) out.emplace(clause.id, clause.level);
  return out;
}

/// So many cases of a stated clause come before the first one of a clause of that level.
std::size_t delay_of(const Levels& levels, const std::string& clause) {
  const auto found = levels.find(clause);
  if (found == levels.end() || found->second == Level::open) return 3;
  return found->second == Level::implied ? 1 : 0;
}

std::size_t wave_of(const CaseInfo& info, std::size_t rank) {
  constexpr std::size_t few = 4;    // cases of a clause
  constexpr std::size_t dear = 15;  // timestamps: for as many, a dozen other cases can be run
  if (info.phase == Phase::baseline) return 0;
  if (info.group == CaseGroup::shared_rows) return waves - 1;  // the first of them makes the rows of all
  if (info.timestamps > dear) return waves - 1;
  return rank == 0 ? 1 : rank < few ? 2 : 3;
}

}  // namespace

double about_requests(const CaseInfo& info) {
  constexpr double with_looks = 1.24;  // measured against the mock
  return static_cast<double>(info.timestamps) * with_looks;
}

std::vector<RankedCase> by_worth(const core::Spec& spec, const std::vector<const TestCase*>& cases) {
  const Levels levels = levels_of(spec);
  std::vector<std::size_t> cheap_first(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) cheap_first[i] = i;
  const auto is_cheaper = [&](std::size_t a, std::size_t b) {
    const CaseInfo &first = cases[a]->info(), &second = cases[b]->info();
    const bool first_rests = first.phase != Phase::baseline, second_rests = second.phase != Phase::baseline;
    return std::tie(first_rests, first.timestamps, a) < std::tie(second_rests, second.timestamps, b);
  };
  std::sort(cheap_first.begin(), cheap_first.end(), is_cheaper);
  std::map<std::string, std::size_t> seen;  // cases of a clause
  std::vector<std::size_t> ranks(cases.size());
  std::vector<RankedCase> out;
  out.reserve(cases.size());
  for (const std::size_t place : cheap_first) {
    const CaseInfo& info = cases[place]->info();
    std::size_t rank = cases.size();
    for (const std::string& clause : info.clauses) rank = std::min(rank, seen[clause]++ + delay_of(levels, clause));
    ranks[place] = rank;
    out.push_back({place, wave_of(info, rank)});
  }
  std::stable_sort(out.begin(), out.end(), [&](const RankedCase& a, const RankedCase& b) {  // cheap ones come first already
    return std::tie(a.wave, ranks[a.place]) < std::tie(b.wave, ranks[b.place]);
  });
  return out;
}

Affordable affordable(const core::Spec& spec, const std::vector<const TestCase*>& cases, double requests) {
  const Levels levels = levels_of(spec);
  std::set<std::string> all, reached;
  Affordable out;
  double taken = 0;
  bool is_enough = true;
  for (const RankedCase& one : by_worth(spec, cases)) {
    const CaseInfo& info = cases[one.place]->info();
    taken += about_requests(info);
    is_enough = is_enough && taken <= requests;
    if (is_enough) ++out.cases;
    for (const std::string& clause : info.clauses) {
      if (const auto found = levels.find(clause); found == levels.end() || found->second != Level::stated) continue;
      all.insert(clause);
      if (is_enough) reached.insert(clause);
    }
  }
  out.clauses = reached.size();
  out.all_clauses = all.size();
  return out;
}

}  // namespace meterproof::conformance
