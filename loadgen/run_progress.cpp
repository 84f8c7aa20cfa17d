// SPDX-License-Identifier: Apache-2.0
#include "loadgen/run_progress.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <utility>

#include "core/i18n/message.hpp"
#include "loadgen/load_worker.hpp"
#include "loadgen/shard_merge.hpp"

namespace meterproof::loadgen {

namespace {

constexpr double plain_line_period_s = 10;

/// "-" if the sample is too small.
std::string format_milliseconds(double milliseconds) {
  if (std::isnan(milliseconds)) return "-";
  char out[32];
  std::snprintf(out, sizeof out, "%.3f", milliseconds);
  return out;
}

i18n::Message line_of(const reports::LoadInterval& second, const Histogram& response_time) {
  char line[80];
  std::snprintf(line, sizeof line, "%7.1f s %9.0f/s", second.begin_s + second.length_s, static_cast<double>(second.good) / std::max(1e-9, second.length_s));
  std::string latency = line;
  for (const auto& [name, quantile] : {std::pair("  p50 ", 0.5), std::pair("  p95 ", 0.95), std::pair("  p99 ", 0.99)})
    latency += name + format_milliseconds(response_time.percentile_ms(quantile));
  latency += "  max " + format_milliseconds(second.max) + " ms";
  std::string codes;
  for (const auto& [code, count] : second.result_codes) codes += " " + code + ":" + std::to_string(count);
  return i18n::msg<"load.progress">(latency, second.late_sends, second.errors, codes);
}

}  // namespace

RunProgress::RunProgress(const LoadOptions& options, std::size_t parts, std::ostream* log)
    : progress_(options.progress),
      terminal_(options.terminal),
      metrics_(options.metrics),
      log_(log),
      told_(parts, 0),
      totals_(parts),
      next_plain_line_s_(plain_line_period_s) {}

void RunProgress::begin(double started_at) {
  const std::scoped_lock lock(mutex_);
  if (log_ != nullptr && !histogram_log_) histogram_log_.emplace(*log_, started_at);
}

void RunProgress::add(std::size_t part, const reports::LoadInterval& second, const Histogram& response_time, const LoggedHistograms& logged,
                      LoadTotals totals) {
  const std::scoped_lock lock(mutex_);
  if (metrics_ != nullptr) totals_[part] = std::move(totals);
  const std::size_t at = told_[part]++;
  if (told_.size() == 1) return tell(second, response_time, &logged);
  add_to(seconds_[at], second, response_time, logged);
  tell_whole();
}

void RunProgress::leave(std::size_t part) {
  const std::scoped_lock lock(mutex_);
  told_[part] = std::numeric_limits<std::size_t>::max();
  tell_whole();
}

void RunProgress::tell_whole() {
  const std::size_t by_all = *std::min_element(told_.begin(), told_.end());
  while (!seconds_.empty() && seconds_.begin()->first < by_all) {
    const Second& sum = seconds_.begin()->second;
    tell(sum.interval, sum.response_time, sum.logged ? &*sum.logged : nullptr);
    seconds_.erase(seconds_.begin());
  }
}

void RunProgress::finish() {
  const std::scoped_lock lock(mutex_);
  for (const auto& [at, sum] : seconds_) tell(sum.interval, sum.response_time, sum.logged ? &*sum.logged : nullptr);
  seconds_.clear();
}

void RunProgress::add_to(Second& into, const reports::LoadInterval& second, const Histogram& response_time, const LoggedHistograms& logged) const {
  if (into.parts++ == 0) {
    into.interval.begin_s = second.begin_s;
    into.interval.length_s = second.length_s;
    if (log_ != nullptr) into.logged.emplace();
  }
  (void)add_second(into.interval, second);  // of this process: the sums fit
  into.response_time.add(response_time);
  summarize(into.interval, into.response_time);
  if (into.logged)
    for (std::size_t i = 0; i < logged.size(); ++i) (*into.logged)[i].add(logged[i]);
}

void RunProgress::tell(const reports::LoadInterval& second, const Histogram& response_time, const LoggedHistograms* logged) {
  const double end = second.begin_s + second.length_s;
  if (progress_ && (terminal_ || end >= next_plain_line_s_)) {
    progress_(line_of(second, response_time));
    next_plain_line_s_ += plain_line_period_s;
  }
  if (metrics_ != nullptr) metrics_->publish(snapshot_of(totals_));
  if (histogram_log_ && logged != nullptr)
    for (std::size_t i = 0; i < logged->size(); ++i) histogram_log_->add(logged_histograms[i], second.begin_s, second.length_s, (*logged)[i]);
}

}  // namespace meterproof::loadgen
