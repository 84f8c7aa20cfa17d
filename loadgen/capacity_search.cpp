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

constexpr std::size_t most_tries = 3;          // of a rate that could not be judged by chance
constexpr double tolerated_starvation = 0.01;  // of the time: without a timestamp

enum class Outcome { sustained, failed, not_judged };

struct Judgement {
  Outcome outcome = Outcome::sustained;
  Message why;
  bool chance = false;  // of what was not judged: another try may be
};

Judgement judge(const std::vector<Threshold>& thresholds, const LoadResult& result) {
  const LoadRecord& record = result.record;
  if (record.exit_code == 3) return {Outcome::not_judged, msg<"load.step-unreachable">()};
  if (!record.ended.empty()) return {Outcome::not_judged, record.ended};
  if (record.exit_code == 4 && record.requests == 0) return {Outcome::not_judged, record.verdict};  // the rate could not be tried
  if ((record.clock_step_s > 0 || record.target_clock_step_s > 0) && record.failures() > 0) return {Outcome::not_judged, record.verdict, true};
  std::vector<reports::ThresholdRecord> found;
  found.reserve(thresholds.size());
  for (const Threshold& threshold : thresholds) found.push_back(evaluate(threshold, record));
  const auto missed = [&](bool (*counts)(const Threshold&)) -> const reports::ThresholdRecord* {
    for (std::size_t i = 0; i < found.size(); ++i)
      if (found[i].missed() && counts(thresholds[i])) return &found[i];
    return nullptr;
  };
  const auto failed = [](const reports::ThresholdRecord& one) { return Judgement{Outcome::failed, msg<"load.step-threshold">(one.text, one.found)}; };
  // Wrong replies are the target's, however late the requests were; latencies and rates are the generator's where it was late.
  if (const auto* one = missed([](const Threshold& threshold) { return threshold.metric == "errors"; })) return failed(*one);
  if (generator_was_late(record)) return {Outcome::not_judged, msg<"load.step-generator">(), true};
  if (result.starvation > tolerated_starvation) return {Outcome::not_judged, msg<"load.step-no-timestamps">()};
  if (const auto* one = missed([](const Threshold&) { return true; })) return failed(*one);
  for (const reports::ThresholdRecord& one : found)
    if (one.unknown) return {Outcome::not_judged, msg<"load.step-unknown">(one.text, one.found), true};
  if (!is_on_schedule(record)) return {Outcome::failed, msg<"load.step-rate">()};
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
    Outcome last = Outcome::sustained;
    while (rate <= options_.highest_rate && (last = try_rate(rate)) == Outcome::sustained) rate *= 2;
    // The first rate failed: halve it until one is sustained.
    while (out_.sustained == 0 && last == Outcome::failed && !finished_ && rate > 2) last = try_rate(rate /= 2);
    narrow();
    confirm();
    return std::move(out_);
  }

 private:
  /// `again`: a confirmation; its failure does not move failed_at, and nothing depends on what could not be judged of it.
  Outcome try_rate(double rate, bool again = false) {
    Judgement judgement;
    for (std::size_t tried = 0; tried < most_tries && !finished_; ++tried) {
      judgement = try_once(rate, again);
      if (judgement.outcome != Outcome::not_judged || !judgement.chance) break;
    }
    if (finished_) return Outcome::not_judged;
    if (judgement.outcome == Outcome::not_judged && !again) out_.unjudged_at = rate, out_.unjudged = judgement.why;
    return judgement.outcome;
  }

  Judgement try_once(double rate, bool again) {
    LoadResult result = at_rate_(rate);
    Judgement judgement = judge(thresholds_, result);
    reports::LoadRun step = to_run_summary(result.record);
    step.intended_rate = rate;
    step.verdict = judgement.outcome == Outcome::sustained ? msg<"load.step-sustained">() : judgement.why;
    out_.steps.push_back(step);
    if (on_step_) on_step_(step);
    out_.interrupted = result.record.interrupted;
    out_.unreachable = result.record.exit_code == 3;
    finished_ = out_.interrupted || out_.unreachable;
    const bool sustained = judgement.outcome == Outcome::sustained && !finished_;
    if (sustained) passed_.insert(rate), out_.sustained = std::max(out_.sustained, rate);
    else if (judgement.outcome == Outcome::failed && !again && !finished_) out_.failed_at = out_.failed_at == 0 ? rate : std::min(out_.failed_at, rate);
    if (sustained || out_.sustained == 0) out_.last = std::move(result);
    return judgement;
  }

  void narrow() {
    while (!finished_ && out_.sustained > 0 && out_.failed_at > out_.sustained * (1 + options_.precision))
      if (try_rate((out_.sustained + out_.failed_at) / 2) == Outcome::not_judged) return;
  }

  /// Runs the answer again. If most runs fail, the next lower rate that passed takes its place.
  void confirm() {
    while (!finished_ && out_.sustained > 0) {
      const double rate = out_.sustained;
      out_.confirmed = 1;
      out_.tried = 1;
      while (out_.tried < options_.confirmations && !finished_) {
        const Outcome outcome = try_rate(rate, true);
        if (outcome == Outcome::not_judged) return;  // what was found stands, with fewer confirmations
        ++out_.tried;
        if (outcome == Outcome::sustained) ++out_.confirmed;
      }
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
  if (result.sustained == 0) {
    if (result.interrupted) return msg<"load.no-rate-interrupted">();
    return result.unjudged.empty() ? msg<"load.no-rate">() : msg<"load.not-judged">(result.unjudged);
  }
  if (result.unreachable) return msg<"load.search-unreachable">(number(result.sustained));
  if (result.failed_at == 0 && result.interrupted) return msg<"load.search-interrupted-at">(number(result.sustained));
  std::vector<Message> out;
  if (result.failed_at > 0)
    out.push_back(msg<"load.sustained">(number(result.sustained), result.confirmed, result.tried, number(result.failed_at),
                                        number(100 * (result.failed_at - result.sustained) / result.sustained)));
  else if (result.unjudged.empty()) out.push_back(msg<"load.sustained-all">(number(result.sustained), result.confirmed, result.tried));
  else out.push_back(msg<"load.sustained-at-least">(number(result.sustained), result.confirmed, result.tried));
  if (!result.unjudged.empty()) out.push_back(msg<"load.search-unjudged">(number(result.unjudged_at), result.unjudged));
  if (result.interrupted) out.push_back(msg<"load.search-interrupted">());
  return out.size() == 1 ? out.front() : i18n::list(std::move(out));
}

int exit_code(const SearchResult& result) {
  if (result.unreachable) return 3;
  if (result.interrupted) return 4;
  if (result.sustained > 0) return 0;
  return result.unjudged.empty() ? 1 : 4;
}

}  // namespace meterproof::loadgen
