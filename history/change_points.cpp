// SPDX-License-Identifier: Apache-2.0
#include "history/change_points.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace meterproof::history {

namespace {

constexpr std::size_t shortest = 3;  // values of a segment
constexpr std::size_t permutations = 999;
constexpr std::size_t by_chance = 9;       // of these; one of a hundred, the series itself counted
constexpr std::size_t most_values = 2000;  // of a series: of a longer one, the newest
constexpr std::uint64_t seed = 1;          // fixed: the same series always gives the same answer

using Values = std::vector<double>;

double median(Values values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

struct Split {
  std::size_t at = 0;
  double distance = 0;
};

/// Where both sides' means differ most, weighed by how many values each has. Permutations have the same variance as the series, so that it needs no dividing
/// by.
Split best_split(const Values& values) {
  Split best;
  const auto n = static_cast<double>(values.size());
  const double all = std::accumulate(values.begin(), values.end(), 0.0);
  double sum = 0;
  for (std::size_t at = 1; at + shortest <= values.size(); ++at) {
    sum += values[at - 1];
    if (at < shortest) continue;
    const auto left = static_cast<double>(at);
    const double distance = std::abs(sum / left - (all - sum) / (n - left)) * std::sqrt(left * (n - left) / n);
    if (distance > best.distance) best = {at, distance};
  }
  return best;
}

bool is_chance(Values values, double distance) {
  std::mt19937_64 rng(seed);
  std::size_t as_large = 0;
  for (std::size_t i = 0; i < permutations; ++i) {
    for (std::size_t left = values.size(); left > 1; --left) std::swap(values[left - 1], values[rng() % left]);
    if (best_split(values).distance >= distance && ++as_large > by_chance) return true;
  }
  return false;
}

/// Adds where the part from `from` on to before `to` is split, and its parts in their turn.
void split(const Values& values, std::size_t from, std::size_t to, std::vector<std::size_t>& out) {
  if (to - from < 2 * shortest) return;
  const Values part(values.begin() + static_cast<std::ptrdiff_t>(from), values.begin() + static_cast<std::ptrdiff_t>(to));
  const Split best = best_split(part);
  if (best.at == 0 || is_chance(part, best.distance)) return;
  split(values, from, from + best.at, out);
  out.push_back(from + best.at);
  split(values, from + best.at, to, out);
}

double level(const Values& values, std::size_t from, std::size_t to) {
  return median(Values(values.begin() + static_cast<std::ptrdiff_t>(from), values.begin() + static_cast<std::ptrdiff_t>(to)));
}

}  // namespace

std::vector<ChangePoint> change_points(const std::vector<double>& values, double least) {
  const std::size_t older = values.size() > most_values ? values.size() - most_values : 0;
  std::vector<std::size_t> edges = {older};
  split(values, older, values.size(), edges);
  edges.push_back(values.size());
  std::vector<ChangePoint> out;
  for (std::size_t i = 1; i + 1 < edges.size();) {
    const ChangePoint point{edges[i], level(values, edges[i - 1], edges[i]), level(values, edges[i], edges[i + 1])};
    if (point.after == point.before || std::abs(point.after - point.before) < least * std::abs(point.before)) {
      edges.erase(edges.begin() + static_cast<std::ptrdiff_t>(i));  // both are one segment to its other neighbours
      continue;
    }
    out.push_back(point);
    ++i;
  }
  return out;
}

}  // namespace meterproof::history
