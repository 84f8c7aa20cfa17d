// SPDX-License-Identifier: Apache-2.0
#include "loadgen/capacity_search.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "core/i18n/message.hpp"

namespace meterproof::loadgen {

using i18n::Message;
using i18n::msg;
using reports::LoadRecord;

namespace {

constexpr double reached = 0.99;  // of the intended rate

/// Empty if the rate was sustained, otherwise the reason.
Message why_not_sustained(const std::vector<Threshold>& thresholds, const LoadRecord& record) {
  if (record.exit_code == 3) return msg<"load.step-unreachable">();
  if (record.exit_code == 4 && record.requests == 0) return record.verdict;  // the rate could not be tried
  for (const Threshold& threshold : thresholds)
    if (const auto judgement = evaluate(threshold, record); !judgement.met) return msg<"load.step-threshold">(threshold.text, judgement.found);
  if (record.rate < reached * record.intended_rate) return msg<"load.step-rate">();
  if (record.exit_code == 4) return msg<"load.step-generator">();
  return {};
}

std::string number(double value) {
  char out[32];
  std::snprintf(out, sizeof out, "%.1f", value);
  return out;
}

class Search {
 public:
  Search(const SearchOptions& options, const std::vector<Threshold>& thresholds, const AtRate& at_rate,
         const std::function<void(const reports::LoadRun&)>& on_step)
      : options_(options), thresholds_(thresholds), at_rate_(at_rate), on_step_(on_step) {}

  SearchResult result() {
    double rate = options_.first_rate;
    while (rate <= options_.highest_rate && try_rate(rate)) rate *= 2;
    // The first rate failed: halve it until one is sustained.
    while (out_.sustained == 0 && !finished_ && rate > 2) try_rate(rate /= 2);
    narrow();
    confirm();
    return std::move(out_);
  }

 private:
  /// Returns whether the rate was sustained. `again`: a confirmation; its failure does not move failed_at.
  bool try_rate(double rate, bool again = false) {
    if (finished_) return false;
    LoadResult result = at_rate_(rate);
    const Message why = why_not_sustained(thresholds_, result.record);
    reports::LoadRun step = to_run_summary(result.record);
    step.intended_rate = rate;
    step.verdict = why.empty() ? msg<"load.step-sustained">() : why;
    out_.steps.push_back(step);
    if (on_step_) on_step_(step);
    out_.interrupted = result.record.interrupted;
    out_.unreachable = result.record.exit_code == 3;
    finished_ = out_.interrupted || out_.unreachable;
    if (finished_) {
      if (out_.sustained == 0) out_.last = std::move(result);
      return false;
    }
    if (why.empty()) passed_.insert(rate), out_.sustained = std::max(out_.sustained, rate);
    else if (!again) out_.failed_at = out_.failed_at == 0 ? rate : std::min(out_.failed_at, rate);
    if (why.empty() || out_.sustained == 0) out_.last = std::move(result);
    return why.empty();
  }

  void narrow() {
    while (!finished_ && out_.sustained > 0 && out_.failed_at > out_.sustained * (1 + options_.precision)) try_rate((out_.sustained + out_.failed_at) / 2);
  }

  /// Runs the answer again. If most runs fail, the next lower rate that passed takes its place.
  void confirm() {
    while (!finished_ && out_.sustained > 0) {
      const double rate = out_.sustained;
      out_.confirmed = 1;
      out_.tried = 1;
      for (; out_.tried < options_.confirmations && !finished_; ++out_.tried)
        if (try_rate(rate, true)) ++out_.confirmed;
      if (finished_ || 2 * out_.confirmed > out_.tried) return;
      out_.failed_at = rate;
      passed_.erase(rate);
      out_.sustained = passed_.empty() ? 0 : *passed_.rbegin();
      narrow();
    }
  }

  SearchOptions options_;
  const std::vector<Threshold>& thresholds_;
  const AtRate& at_rate_;
  const std::function<void(const reports::LoadRun&)>& on_step_;
  SearchResult out_;
  std::set<double> passed_;
  bool finished_ = false;
};

}  // namespace

SearchResult search(const SearchOptions& options, const std::vector<Threshold>& thresholds, const AtRate& at_rate,
                    const std::function<void(const reports::LoadRun&)>& on_step) {
  return Search(options, thresholds, at_rate, on_step).result();
}

Message to_message(const SearchResult& result) {
  if (result.sustained == 0) return result.interrupted ? msg<"load.no-rate-interrupted">() : msg<"load.no-rate">();
  if (result.unreachable) return msg<"load.search-unreachable">(number(result.sustained));
  if (result.failed_at == 0 && result.interrupted) return msg<"load.search-interrupted-at">(number(result.sustained));
  if (result.failed_at == 0) return msg<"load.sustained-all">(number(result.sustained), result.confirmed, result.tried);
  Message out = msg<"load.sustained">(number(result.sustained), result.confirmed, result.tried, number(result.failed_at),
                                      number(100 * (result.failed_at - result.sustained) / result.sustained));
  return result.interrupted ? i18n::list({std::move(out), msg<"load.search-interrupted">()}) : out;
}

}  // namespace meterproof::loadgen
