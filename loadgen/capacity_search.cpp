// SPDX-License-Identifier: Apache-2.0
#include "loadgen/capacity_search.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <utility>

#include "core/i18n/message.hpp"

namespace meterproof::loadgen {

using i18n::Message;
using i18n::msg;
using reports::LoadRecord;

namespace {

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
  if (result.is_starved()) return {Outcome::not_judged, msg<"load.step-no-timestamps">()};
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

/// The outcomes of the steps at one rate, of one goal.
struct Outcomes {
  std::size_t sustained = 0, failed = 0;

  void add(Outcome outcome) {
    if (outcome == Outcome::sustained) ++sustained;
    if (outcome == Outcome::failed) ++failed;
  }
  std::size_t judged() const { return sustained + failed; }
  bool passes() const { return sustained > failed; }
};

using ByRate = std::map<double, Outcomes>;

/// The highest rate that passed below the lowest one that failed, and that; 0 for none.
struct Bounds {
  double sustained = 0, failed = 0;

  explicit Bounds(const ByRate& rates) {
    for (const auto& [rate, outcomes] : rates) {
      if (outcomes.judged() == 0) continue;
      if (!outcomes.passes()) {
        failed = rate;
        return;
      }
      sustained = rate;
    }
  }
  bool within(double precision) const { return failed <= sustained * (1 + precision); }
  double middle() const { return (sustained + failed) / 2; }
};

class Search {
 public:
  Search(const SearchOptions& options, const std::vector<SearchGoal>& goals, const AtRate& at_rate, const std::function<void(const reports::LoadRun&)>& on_step)
      : options_(options), goals_(goals), at_rate_(at_rate), on_step_(on_step), brief_(goals.size()), whole_(goals.size()) {
    out_.goals.resize(goals.size());
  }

  SearchResult result() {
    explores_ = true;
    explore();
    for (std::size_t goal = 0; goal < goals_.size(); ++goal) narrow_briefly(goal);
    explores_ = false;
    // The steps of one goal may have changed what another one's come to: a second time over, which runs nothing where they have not.
    for (std::size_t times = 0; times < std::min<std::size_t>(2, goals_.size()); ++times)
      for (std::size_t goal = 0; goal < goals_.size(); ++goal) answer(goal);
    for (std::size_t goal = 0; goal < goals_.size(); ++goal) fill(goal);
    const auto kept = kept_.find(out_.goals.front().sustained);
    out_.last = std::move(kept != kept_.end() ? kept->second : last_);
    return std::move(out_);
  }

 private:
  /// Doubles the rate until every goal has failed, and halves it until each was met.
  void explore() {
    std::vector<bool> stopped(goals_.size());  // a goal that said nothing of a rate goes no higher
    for (double rate = options_.first_rate; rate <= options_.highest_rate; rate *= 2) {
      bool any = false;
      for (std::size_t goal = 0; goal < goals_.size() && !finished_; ++goal)
        if (!stopped[goal] && Bounds(brief_[goal]).failed == 0) {
          const Outcome outcome = try_rate(rate, StepLength::brief, goal);
          stopped[goal] = outcome == Outcome::not_judged;
          any = any || outcome == Outcome::sustained;
        }
      if (!any) break;
    }
    for (std::size_t goal = 0; goal < goals_.size(); ++goal)
      for (Bounds found(brief_[goal]); !finished_ && found.sustained == 0 && found.failed > 2; found = Bounds(brief_[goal]))
        if (try_rate(found.failed / 2, StepLength::brief, goal) == Outcome::not_judged) break;
  }

  void narrow_briefly(std::size_t goal) {
    for (Bounds found(brief_[goal]); !finished_ && found.sustained > 0 && !found.within(options_.precision); found = Bounds(brief_[goal]))
      if (try_rate(found.middle(), StepLength::brief, goal) == Outcome::not_judged) return;
  }

  /// By whole steps, from where the brief ones point. If most steps at an answer fail, the next lower rate that passed takes its place.
  void answer(std::size_t goal) {
    while (!finished_ && settle(goal)) {
      const double rate = Bounds(whole_[goal]).sustained;
      while (whole_[goal][rate].judged() < options_.confirmations && !finished_)
        if (try_rate(rate, StepLength::whole, goal, true) == Outcome::not_judged) break;  // what was found stands, with fewer confirmations
      if (whole_[goal][rate].passes()) break;
    }
  }

  void fill(std::size_t goal) {
    GoalAnswer& out = out_.goals[goal];
    const Bounds found(whole_[goal]);
    out.failed_at = found.failed > 0 ? found.failed : found.sustained == 0 ? Bounds(brief_[goal]).failed : 0;
    out.sustained = found.sustained;
    if (found.sustained == 0) return;
    out.confirmed = whole_[goal][found.sustained].sustained;
    out.tried = whole_[goal][found.sustained].judged();
  }

  /// False where there is no answer to confirm.
  bool settle(std::size_t goal) {
    const Bounds hint(brief_[goal]);
    double step = options_.precision;
    const auto wider = [&] { return 1 + (step *= 2); };
    for (;;) {
      const Bounds found(whole_[goal]);
      double rate = 0;
      if (found.sustained == 0 && found.failed == 0) {
        if (!begin(goal, std::numeric_limits<double>::infinity())) return false;
        continue;
      }
      if (found.sustained > 0 && found.failed > 0 && found.within(options_.precision)) return true;
      // Where a brief step passed a higher rate, one whole step that failed may have had bad luck: most of several decide.
      if (found.failed > 0 && found.failed < hint.sustained && !whole_[goal].contains(hint.sustained) &&
          whole_[goal][found.failed].judged() < options_.confirmations && try_rate(found.failed, StepLength::whole, goal, true) != Outcome::not_judged)
        continue;
      const auto is_open = [&](double hinted) { return hinted > found.sustained && (found.failed == 0 || hinted < found.failed); };
      if (is_open(hint.sustained)) {
        rate = hint.sustained;
      } else if (is_open(hint.failed)) {
        rate = hint.failed;
      } else if (found.sustained > 0 && found.failed > 0) {
        rate = found.middle();
      } else if (found.failed > 0) {
        if (found.failed <= 2) return false;
        rate = found.failed / wider();
      } else {
        if (hint.failed == 0 || found.sustained >= options_.highest_rate) return true;
        rate = std::min(options_.highest_rate, found.sustained * wider());
      }
      if (try_rate(rate, StepLength::whole, goal) != Outcome::not_judged) continue;
      if (Bounds(whole_[goal]).sustained > 0) return true;
      if (!begin(goal, rate)) return false;
    }
  }

  /// A whole step at the highest rate below that which a brief one passed and that can be judged. False where none can.
  bool begin(std::size_t goal, double below) {
    std::vector<double> rates;
    const double highest = Bounds(brief_[goal]).sustained;
    for (const auto& [rate, outcomes] : brief_[goal])
      if (outcomes.passes() && rate <= highest && rate < below) rates.push_back(rate);
    while (!rates.empty() && !finished_) {
      if (try_rate(rates.back(), StepLength::whole, goal) != Outcome::not_judged) return true;
      rates.pop_back();
    }
    return false;
  }

  /// What the goal says of it; a rate that was tried so is not tried again, unless that is `again`, a confirmation.
  Outcome try_rate(double rate, StepLength length, std::size_t goal, bool again = false) {
    const auto& known = length == StepLength::brief ? brief_[goal] : whole_[goal];
    if (const auto before = known.find(rate); before != known.end() && before->second.judged() > 0 && !again)
      return before->second.passes() ? Outcome::sustained : Outcome::failed;
    Judgement judgement{Outcome::not_judged, {}, false};
    for (std::size_t tried = 0; tried < most_tries && !finished_; ++tried) {
      judgement = try_once(rate, length, goal);
      if (judgement.outcome != Outcome::not_judged || !judgement.chance) break;
    }
    if (finished_) return Outcome::not_judged;
    GoalAnswer& out = out_.goals[goal];
    if (judgement.outcome == Outcome::not_judged && !again) out.unjudged_at = rate, out.unjudged = judgement.why;
    return judgement.outcome;
  }

  /// Runs a step and returns what this goal says of it.
  Judgement try_once(double rate, StepLength length, std::size_t goal) {
    Step step = at_rate_(rate, length);
    std::vector<Judgement> judgements;
    for (const SearchGoal& one : goals_) judgements.push_back(judge(one.thresholds, step.result));
    const reports::LoadRecord& record = step.result.record;
    reports::LoadRun summary = to_run_summary(record);
    summary.intended_rate = rate;
    summary.verdict = verdict_of(judgements, step.length);
    out_.steps.push_back(summary);
    if (on_step_) on_step_(summary);
    out_.interrupted = record.interrupted;
    out_.unreachable = record.exit_code == 3;
    finished_ = out_.interrupted || out_.unreachable;
    if (!finished_)
      for (std::size_t i = 0; i < goals_.size(); ++i) {
        GoalAnswer& out = out_.goals[i];
        if (judgements[i].outcome != Outcome::not_judged && rate >= out.unjudged_at) out.unjudged_at = 0, out.unjudged = {};
        if (explores_) brief_[i][rate].add(judgements[i].outcome);
        if (step.length == StepLength::whole) whole_[i][rate].add(judgements[i].outcome);
      }
    keep(rate, std::move(step), judgements.front().outcome);
    return judgements[goal];
  }

  /// The whole steps that the first goal sustains, one of each rate: the record is of its answer; and the last step, which it is of where there is none.
  void keep(double rate, Step step, Outcome outcome) {
    if (outcome == Outcome::sustained && step.length == StepLength::whole && !finished_) kept_[rate] = step.result;
    last_ = std::move(step.result);
  }

  Message verdict_of(const std::vector<Judgement>& judgements, StepLength length) const {
    const auto text_of = [](const Judgement& one) { return one.outcome == Outcome::sustained ? msg<"load.step-sustained">() : one.why; };
    Message out = text_of(judgements.front());
    if (goals_.size() > 1) {
      std::vector<Message> all;
      for (std::size_t i = 0; i < goals_.size(); ++i) all.push_back(msg<"load.goal">(goals_[i].text, text_of(judgements[i])));
      out = i18n::list(std::move(all));
    }
    return length == StepLength::brief ? msg<"load.step-brief">(std::move(out)) : out;
  }

  SearchOptions options_;
  const std::vector<SearchGoal>& goals_;
  const AtRate& at_rate_;
  const std::function<void(const reports::LoadRun&)>& on_step_;
  SearchResult out_;
  std::vector<ByRate> brief_, whole_;  // by goal: what was found while the search explored, and by whole steps
  std::map<double, LoadResult> kept_;
  LoadResult last_;
  bool explores_ = false, finished_ = false;
};

}  // namespace

SearchResult search(const SearchOptions& options, const std::vector<SearchGoal>& goals, const AtRate& at_rate,
                    const std::function<void(const reports::LoadRun&)>& on_step) {
  return Search(options, goals, at_rate, on_step).result();
}

Message to_message(const SearchResult& result, const GoalAnswer& goal) {
  if (goal.sustained == 0) {
    if (goal.failed_at == 0 && result.unreachable) return msg<"load.no-rate-unreachable">();
    if (goal.failed_at == 0 && result.interrupted) return msg<"load.no-rate-interrupted">();
    if (goal.unjudged.empty()) return msg<"load.no-rate">();
    if (goal.failed_at == 0) return msg<"load.not-judged">(goal.unjudged);
    return i18n::list({msg<"load.no-rate">(), msg<"load.search-unjudged">(number(goal.unjudged_at), goal.unjudged)});
  }
  if (result.unreachable) return msg<"load.search-unreachable">(number(goal.sustained));
  if (goal.failed_at == 0 && result.interrupted) return msg<"load.search-interrupted-at">(number(goal.sustained));
  std::vector<Message> out;
  if (goal.failed_at > 0)
    out.push_back(msg<"load.sustained">(number(goal.sustained), goal.confirmed, goal.tried, number(goal.failed_at),
                                        number(100 * (goal.failed_at - goal.sustained) / goal.sustained)));
  else if (goal.unjudged.empty()) out.push_back(msg<"load.sustained-all">(number(goal.sustained), goal.confirmed, goal.tried));
  else out.push_back(msg<"load.sustained-at-least">(number(goal.sustained), goal.confirmed, goal.tried));
  if (!goal.unjudged.empty()) out.push_back(msg<"load.search-unjudged">(number(goal.unjudged_at), goal.unjudged));
  if (result.interrupted) out.push_back(msg<"load.search-interrupted">());
  return out.size() == 1 ? out.front() : i18n::list(std::move(out));
}

Message to_message(const SearchResult& result, const std::vector<SearchGoal>& goals) {
  if (goals.size() == 1) return to_message(result, result.goals.front());
  std::vector<Message> out;
  for (std::size_t i = 0; i < goals.size(); ++i) out.push_back(msg<"load.goal">(goals[i].text, to_message(result, result.goals[i])));
  return i18n::list(std::move(out));
}

int exit_code(const SearchResult& result) {
  if (result.unreachable) return 3;
  if (result.interrupted) return 4;
  int out = 0;
  for (const GoalAnswer& one : result.goals)
    if (one.sustained == 0) {
      if (one.unjudged.empty() || one.failed_at > 0) return 1;
      out = 4;
    }
  return out;
}

}  // namespace meterproof::loadgen
