#include "loadgen/compare.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <random>

#include "loadgen/run.hpp"

namespace meterproof::load {

using reports::LoadRecord;
using reports::LoadRun;

namespace {

constexpr std::size_t resamplings = 2000;
constexpr std::size_t block = 3;  // seconds
constexpr std::size_t fewest_seconds = 5;
constexpr double confidence = 0.95;
constexpr std::uint64_t seed = 1;  // the same records, the same verdict

using Seconds = std::vector<double>;

/// The mean of a run's seconds: a median would not see that a few of them were terrible.
double mean(const Seconds& values) { return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); }

/// A metric's seconds, run by run.
class Sample {
 public:
  Sample(const LoadRecord& record, Seconds LoadRun::*metric) {
    for (const LoadRun& run : record.runs)
      if (!(run.*metric).empty()) runs_.push_back(run.*metric);
    if (record.runs.empty()) runs_.push_back(as_run(record).*metric);
  }

  std::size_t size() const {
    std::size_t sum = 0;
    for (const Seconds& run : runs_) sum += run.size();
    return sum;
  }
  double centre() const {
    Seconds means;
    for (const Seconds& run : runs_) means.push_back(mean(run));
    return mean(means);
  }
  /// The centre of a resampling: runs are drawn with replacement, and in each of them blocks of neighbouring seconds.
  double resampled(std::mt19937_64& chance) const {
    Seconds means;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      const Seconds& run = runs_[chance() % runs_.size()];
      Seconds drawn;
      const std::size_t length = std::min(block, run.size());
      while (drawn.size() < run.size()) {
        const std::size_t from = chance() % (run.size() - length + 1);
        drawn.insert(drawn.end(), run.begin() + static_cast<std::ptrdiff_t>(from), run.begin() + static_cast<std::ptrdiff_t>(from + length));
      }
      means.push_back(mean(drawn));
    }
    return mean(means);
  }

 private:
  std::vector<Seconds> runs_;
};

Difference compare(const std::string& metric, const Sample& base, const Sample& current, bool more_is_worse, double margin) {
  Difference out;
  out.metric = metric;
  if (base.size() < fewest_seconds || current.size() < fewest_seconds) {
    out.verdict = Difference::Verdict::unsure;
    return out;
  }
  out.base = base.centre();
  out.current = current.centre();
  out.ratio = out.base > 0 ? out.current / out.base : 1;
  std::mt19937_64 chance(seed);
  Seconds ratios;
  for (std::size_t i = 0; i < resamplings; ++i) {
    const double then = base.resampled(chance);
    ratios.push_back(then > 0 ? current.resampled(chance) / then : 1);
  }
  std::sort(ratios.begin(), ratios.end());
  const auto at = [&](double quantile) { return ratios[static_cast<std::size_t>(quantile * (resamplings - 1))]; };
  out.low = at((1 - confidence) / 2);
  out.high = at((1 + confidence) / 2);
  const bool above = out.low > 1 + margin, below = out.high < 1 - margin;
  if (above || below) out.verdict = above == more_is_worse ? Difference::Verdict::worse : Difference::Verdict::better;
  return out;
}

}  // namespace

std::vector<Difference> compared(const LoadRecord& base, const LoadRecord& current, double margin) {
  const auto of = [&](const char* name, Seconds LoadRun::*metric, bool more_is_worse) {
    return compare(name, Sample(base, metric), Sample(current, metric), more_is_worse, margin);
  };
  return {of("p50", &LoadRun::p50_by_interval, true), of("p99", &LoadRun::p99_by_interval, true), of("rate", &LoadRun::rate_by_interval, false)};
}

std::string to_text(const Difference& difference) {
  char out[200];
  const bool rate = difference.metric == "rate";
  const char* unit = rate ? "/s" : " ms";
  if (difference.verdict == Difference::Verdict::unsure) {
    std::snprintf(out, sizeof out, "%-5s not compared: fewer than %zu seconds were measured", difference.metric.c_str(), fewest_seconds);
    return out;
  }
  const char* verdict = difference.verdict == Difference::Verdict::worse    ? "WORSE"
                        : difference.verdict == Difference::Verdict::better ? "better"
                                                                            : "no real difference";
  std::snprintf(out, sizeof out, "%-5s %.3f%s, was %.3f%s: x%.3f (95 %% between %.3f and %.3f), %s", difference.metric.c_str(), difference.current, unit,
                difference.base, unit, difference.ratio, difference.low, difference.high, verdict);
  return out;
}

}  // namespace meterproof::load
