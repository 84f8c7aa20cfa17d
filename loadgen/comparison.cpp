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
constexpr std::size_t most_values = 3600, most_runs = 1000;  // of a resampling
constexpr double confidence = 0.95;
constexpr std::uint64_t seed = 1;  // fixed: the same records always give the same verdict

using Seconds = std::vector<double>;

/// Not the median: it would not notice a few very bad seconds.
double mean(const Seconds& values) { return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); }

/// The values of a metric by second, for each run of a record. The work of a resampling is bounded, however long the runs are: of more than an hour, several
/// seconds are taken together.
class Sample {
 public:
  Sample(const LoadRecord& record, Seconds LoadRun::*metric) {
    std::vector<const Seconds*> runs;
    std::vector<LoadRun> alone;
    if (record.runs.empty()) alone.push_back(to_run_summary(record));
    for (const LoadRun& run : record.runs.empty() ? alone : record.runs)
      if (!(run.*metric).empty() && runs.size() < most_runs) runs.push_back(&(run.*metric));
    for (const Seconds* run : runs) size_ += run->size();
    const std::size_t together = (size_ + most_values - 1) / most_values;
    for (const Seconds* run : runs) {
      means_.push_back(mean(*run));
      // Sums from the beginning, so that the mean of a block is a subtraction.
      Seconds& sums = sums_.emplace_back(1, 0.0);
      for (std::size_t at = 0; at < run->size(); at += together) {
        const auto begin = run->begin() + static_cast<std::ptrdiff_t>(at);
        const auto end = run->begin() + static_cast<std::ptrdiff_t>(std::min(at + together, run->size()));
        sums.push_back(sums.back() + mean(Seconds(begin, end)));
      }
    }
  }

  std::size_t size() const { return size_; }
  double centre() const { return mean(means_); }
  /// The centre of one resample: runs are drawn with replacement, and in each run blocks of neighbouring seconds.
  double resampled(std::mt19937_64& rng) const {
    double sum_of_means = 0;
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      const Seconds& sums = sums_[rng() % sums_.size()];
      const std::size_t values = sums.size() - 1;
      const std::size_t length = std::min(block, values);
      double sum = 0;
      std::size_t taken = 0;
      for (; taken < values; taken += length) {
        const std::size_t from = rng() % (values - length + 1);
        sum += sums[from + length] - sums[from];
      }
      sum_of_means += sum / static_cast<double>(taken);
    }
    return sums_.empty() ? 0 : sum_of_means / static_cast<double>(sums_.size());
  }

 private:
  std::vector<Seconds> sums_;  // by run
  Seconds means_;              // by run
  std::size_t size_ = 0;       // seconds
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
                              {"p95", &LoadRun::p95_by_interval, true, true},
                              {"p99", &LoadRun::p99_by_interval, true, true},
                              {"rate", &LoadRun::rate_by_interval, false, true},
                              {"errors", &LoadRun::errors_by_interval, true, false}};

reports::DifferenceRecord compare(const Metric& metric, const Sample& base, const Sample& current, double margin) {
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
  for (const Metric& metric : metrics) {
    const Sample then(base, metric.seconds), now(current, metric.seconds);
    const bool unknown_once = metric.seconds == &LoadRun::p95_by_interval && (then.size() == 0 || now.size() == 0);  // in records of earlier releases
    if (!unknown_once) out.push_back(compare(metric, then, now, margin));
  }
  return out;
}

}  // namespace meterproof::loadgen
