// SPDX-License-Identifier: Apache-2.0
#include "loadgen/paired_comparison.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>

namespace meterproof::loadgen {

namespace {

using Values = std::vector<double>;

constexpr std::size_t resamplings = 2000;
constexpr double chance = 1.0 / 800;      // four metrics and more: together less than one alarm in 200
constexpr double chance_of_a_half = 0.1;  // each half alone has fewer quads
constexpr std::uint64_t seed = 1;         // fixed: the same quads always give the same answer

struct Metric {
  const char *name, *in_records;
  double BlockValues::*value;
  bool more_is_worse;
  bool ratio;  // otherwise a difference
};

constexpr std::array<Metric, 5> metrics = {{{"p50", "p50_of_blocks", &BlockValues::p50_ms, true, true},
                                            {"p95", "p95_of_blocks", &BlockValues::p95_ms, true, true},
                                            {"p99", "p99_of_blocks", &BlockValues::p99_ms, true, true},
                                            {"rate", "rate", &BlockValues::rate, false, true},
                                            {"errors", "errors", &BlockValues::errors, true, false}}};

bool is_of(const Metric& metric, bool closed) { return closed || metric.value != &BlockValues::rate; }

double mean(const Values& values) { return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(std::max<std::size_t>(1, values.size())); }

/// The mean without the fifth part that lies farthest out: one quad that something else disturbed counts little.
double centre(Values values) {
  const std::size_t cut = values.size() / 10;
  std::sort(values.begin(), values.end());
  return mean(Values(values.begin() + static_cast<std::ptrdiff_t>(cut), values.end() - static_cast<std::ptrdiff_t>(cut)));
}

/// By quad, the change from base to current: of ratios, its logarithm. Without quads that did not measure it.
Values changes_of(const std::vector<BlockQuad>& quads, const Metric& metric) {
  Values out;
  for (const BlockQuad& quad : quads) {
    const double base = quad.base.*metric.value, current = quad.current.*metric.value;
    if (std::isnan(base) || std::isnan(current) || (metric.ratio && (base <= 0 || current <= 0))) continue;
    out.push_back(metric.ratio ? std::log(current / base) : current - base);
  }
  return out;
}

/// How probable such changes are where base and current are alike: then each quad's sign is as good as the other. Wilcoxon's signed ranks, by their exact
/// distribution, both sides.
double probability_by_chance(const Values& changes) {
  Values sizes;
  for (const double one : changes)
    if (one != 0) sizes.push_back(std::abs(one));
  std::sort(sizes.begin(), sizes.end());
  // Twice the rank, so that equal sizes have whole numbers too.
  const auto rank_of = [&](double size) {
    const auto [first, last] = std::equal_range(sizes.begin(), sizes.end(), size);
    return static_cast<std::size_t>((first - sizes.begin()) + (last - sizes.begin()) + 1);
  };
  std::size_t all = 0, above = 0;
  std::vector<double> ways = {1};  // of the ranks so far, the share of all signs by the sum of those above zero
  for (const double one : changes) {
    if (one == 0) continue;
    const std::size_t rank = rank_of(std::abs(one));
    all += rank;
    if (one > 0) above += rank;
    std::vector<double> next(ways.size() + rank, 0.0);
    for (std::size_t sum = 0; sum < ways.size(); ++sum) {
      next[sum] += ways[sum] / 2;
      next[sum + rank] += ways[sum] / 2;
    }
    ways = std::move(next);
  }
  const std::size_t farther = std::max(above, all - above);
  double tail = 0;
  for (std::size_t sum = farther; sum < ways.size(); ++sum) tail += ways[sum];
  return std::min(1.0, 2 * tail);
}

/// What is far out is drawn in, so that one disturbed quad hides no change: three times the usual distance from the middle at the most.
Values drawn_in(const Values& changes) {
  if (changes.empty()) return changes;
  const auto median_of = [](Values values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
  };
  constexpr double usual_to_deviation = 1.4826, widest = 3;  // of a normal distribution
  const double middle = median_of(changes);
  Values distances;
  for (const double one : changes) distances.push_back(std::abs(one - middle));
  const double reach = widest * usual_to_deviation * median_of(distances);
  if (reach == 0) return changes;
  Values out;
  for (const double one : changes) out.push_back(std::clamp(one, middle - reach, middle + reach));
  return out;
}

/// Both halves of the run show it for themselves.
bool recurs(const Values& changes, double found) {
  const auto half = changes.begin() + static_cast<std::ptrdiff_t>(changes.size() / 2);
  for (const Values& part : {Values(changes.begin(), half), Values(half, changes.end())})
    if (mean(part) * found <= 0 || probability_by_chance(part) > chance_of_a_half) return false;
  return true;
}

}  // namespace

BlockValues mean_of(const BlockValues& a, const BlockValues& b) {
  const auto both = [](double one, double other) { return std::sqrt(one * other); };
  return {both(a.p50_ms, b.p50_ms), both(a.p95_ms, b.p95_ms), both(a.p99_ms, b.p99_ms), both(a.rate, b.rate), (a.errors + b.errors) / 2};
}

std::vector<reports::DifferenceRecord> compare_blocks(const std::vector<BlockQuad>& quads, double margin, bool closed) {
  std::vector<reports::DifferenceRecord> out;
  for (const Metric& metric : metrics) {
    if (!is_of(metric, closed)) continue;
    reports::DifferenceRecord one;
    one.metric = metric.in_records;
    one.change = one.low = one.high = metric.ratio ? 1 : 0;
    one.verdict = "unsure";
    const Values changes = drawn_in(changes_of(quads, metric));
    if (changes.size() >= fewest_quads) {
      const auto shown = [&](double change) { return metric.ratio ? std::exp(change) : change; };
      Values bases;
      for (const BlockQuad& quad : quads)
        if (const double base = quad.base.*metric.value; !std::isnan(base)) bases.push_back(metric.ratio ? std::log(base) : base);
      const double middle = centre(changes);
      one.base = shown(centre(bases));
      one.change = shown(middle);
      one.current = metric.ratio ? one.base * one.change : one.base + one.change;
      std::mt19937_64 rng(seed);
      Values centres;
      for (std::size_t i = 0; i < resamplings; ++i) {
        Values drawn(changes.size());
        for (double& value : drawn) value = changes[rng() % changes.size()];
        centres.push_back(centre(std::move(drawn)));
      }
      std::sort(centres.begin(), centres.end());
      one.low = shown(centres[resamplings / 40]);
      one.high = shown(centres[resamplings - 1 - resamplings / 40]);
      const double tolerated = metric.ratio ? std::log(1 + margin) : 0;
      const bool found = std::abs(middle) > tolerated && probability_by_chance(changes) <= chance && recurs(changes, middle);
      one.verdict = !found ? "same" : (middle > 0) == metric.more_is_worse ? "worse" : "better";
    }
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<VisibleChange> smallest_visible_changes(const std::vector<BlockQuad>& of_one_target, std::size_t quads, bool closed) {
  constexpr double found_nine_times_in_ten = 3.23 + 1.28;  // standard errors: the test's bound, and how far chance takes nine of ten from the change itself
  std::vector<VisibleChange> out;
  for (const Metric& metric : metrics) {
    if (!metric.ratio || !is_of(metric, closed)) continue;
    const Values changes = drawn_in(changes_of(of_one_target, metric));
    if (changes.size() < 3 || quads == 0) continue;
    double squares = 0;
    for (const double one : changes) squares += one * one;  // their mean is known: nothing
    const double deviation = std::sqrt(squares / static_cast<double>(changes.size()));
    out.push_back({metric.name, std::exp(found_nine_times_in_ten * deviation / std::sqrt(static_cast<double>(quads))) - 1});
  }
  return out;
}

}  // namespace meterproof::loadgen
