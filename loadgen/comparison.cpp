// SPDX-License-Identifier: Apache-2.0
#include "loadgen/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "loadgen/run.hpp"

namespace meterproof::loadgen {

using reports::LoadRecord;
using reports::LoadRun;

namespace {

constexpr std::size_t resamplings = 2000;
constexpr std::size_t block = 3;  // seconds
constexpr std::size_t min_seconds = 5;
constexpr double confidence = 0.95;
constexpr std::uint64_t seed = 1;  // fixed: the same records always give the same verdict

using Seconds = std::vector<double>;

/// Not the median: it would not notice a few very bad seconds.
double mean(const Seconds& values) { return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); }

/// The values of a metric by second, for each run of a record.
class Sample {
 public:
  Sample(const LoadRecord& record, Seconds LoadRun::*metric) {
    for (const LoadRun& run : record.runs)
      if (!(run.*metric).empty()) runs_.push_back(run.*metric);
    if (record.runs.empty()) runs_.push_back(to_run_summary(record).*metric);
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
  /// The centre of one resample: runs are drawn with replacement, and in each run blocks of neighbouring seconds.
  double resampled(std::mt19937_64& rng) const {
    Seconds means;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      const Seconds& run = runs_[rng() % runs_.size()];
      Seconds resample;
      const std::size_t length = std::min(block, run.size());
      while (resample.size() < run.size()) {
        const std::size_t from = rng() % (run.size() - length + 1);
        resample.insert(resample.end(), run.begin() + static_cast<std::ptrdiff_t>(from), run.begin() + static_cast<std::ptrdiff_t>(from + length));
      }
      means.push_back(mean(resample));
    }
    return mean(means);
  }

 private:
  std::vector<Seconds> runs_;
};

/// How a metric's change is measured, and which direction is worse.
struct Metric {
  const char* name;
  Seconds LoadRun::*seconds;
  bool more_is_worse;
  bool ratio;  // otherwise a difference: a share of errors may have been 0

  double change(double then, double now) const { return !ratio ? now - then : then > 0 ? now / then : 1; }
};

constexpr Metric metrics[] = {{"p50", &LoadRun::p50_by_interval, true, true},
                              {"p99", &LoadRun::p99_by_interval, true, true},
                              {"rate", &LoadRun::rate_by_interval, false, true},
                              {"errors", &LoadRun::errors_by_interval, true, false}};

reports::DifferenceRecord compare(const Metric& metric, const LoadRecord& then, const LoadRecord& now, double margin) {
  const Sample base(then, metric.seconds), current(now, metric.seconds);
  reports::DifferenceRecord out;
  out.metric = metric.name;
  out.change = out.low = out.high = metric.ratio ? 1 : 0;
  out.verdict = "unsure";
  if (base.size() < min_seconds || current.size() < min_seconds) return out;
  out.base = base.centre();
  out.current = current.centre();
  out.change = metric.change(out.base, out.current);
  std::mt19937_64 rng(seed);
  Seconds changes;
  for (std::size_t i = 0; i < resamplings; ++i) {
    const double resampled = base.resampled(rng);
    changes.push_back(metric.change(resampled, current.resampled(rng)));
  }
  std::sort(changes.begin(), changes.end());
  const auto at = [&](double quantile) { return changes[static_cast<std::size_t>(quantile * (resamplings - 1))]; };
  out.low = at((1 - confidence) / 2);
  out.high = at((1 + confidence) / 2);
  const double neutral = metric.ratio ? 1 : 0;
  const double tolerated = metric.ratio ? margin : 0;
  const bool above = out.low > neutral + tolerated, below = out.high < neutral - tolerated;
  out.verdict = !above && !below ? "same" : above == metric.more_is_worse ? "worse" : "better";
  return out;
}

}  // namespace

std::vector<reports::DifferenceRecord> compare(const LoadRecord& base, const LoadRecord& current, double margin) {
  std::vector<reports::DifferenceRecord> out;
  for (const Metric& metric : metrics) out.push_back(compare(metric, base, current, margin));
  return out;
}

}  // namespace meterproof::loadgen
