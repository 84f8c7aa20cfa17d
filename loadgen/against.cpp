// SPDX-License-Identifier: Apache-2.0
#include "loadgen/against.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "core/i18n/message.hpp"
#include "core/text/text.hpp"

namespace meterproof::loadgen {

using i18n::Message;
using i18n::msg;

namespace {

BlockValues values_of(const LoadResult& result) {
  const Histogram& times = result.latencies.response_time;
  const bool known = times.count() > 0;
  const auto at = [&](double quantile) { return known ? times.value_at_ms(quantile) : std::nan(""); };
  const reports::LoadRecord& record = result.record;
  const double errors = record.requests > 0 ? static_cast<double>(record.failures()) / static_cast<double>(record.requests) : 0;
  return {at(0.5), at(0.95), at(0.99), record.rate, errors};
}

std::string percent(double share) {
  char out[32];
  std::snprintf(out, sizeof out, "%.1f %%", share * 100);
  return out;
}

class Comparison {
 public:
  Comparison(const AgainstPlan& plan, const RunBlock& base, const RunBlock& current, std::uint64_t seed)
      : plan_(plan), base_(base), current_(current), seed_(seed) {}

  void run(const AgainstProgress& progress) {
    for (std::size_t i = 0; i < plan_.quads_of_base && !is_over(); ++i)
      if (const auto quad = run_quad(base_, false)) same_.push_back(*quad);
    if (const Message visible = visible_after(plan_.quads); progress.on_visible && !is_over() && !visible.empty()) progress.on_visible(visible);
    for (std::size_t i = 0; i < plan_.quads && !is_over(); ++i) {
      const auto quad = run_quad(current_, true);
      if (!quad) continue;
      quads_.push_back(*quad);
      if (progress.on_quad) progress.on_quad(i + 1, plan_.quads, *quad);
    }
  }

  LoadResult result(const std::string& base_target, double margin) {
    const bool was_over = is_over();
    LoadResult out;
    if (was_over && (results_.empty() || ended_->record.exit_code == 3)) out = *ended_;
    else if (results_.empty()) out = std::move(*discarded_block_);  // no group of both was judged
    else if (results_.size() == 1) out = std::move(results_.front());
    else out = combine(std::move(results_));
    reports::LoadRecord& record = out.record;
    if (!was_over) note_run(out);
    if (was_over && record.exit_code <= 1) {
      record.interrupted = record.interrupted || ended_->record.interrupted;
      record.ended = ended_->record.ended;
      record.ended_exit_code = ended_->record.ended_exit_code;
      set_verdict(record);
    }
    const bool closed = record.mode == "closed";
    record.notes.push_back(msg<"load.note-against">(base_target, quads_.size(), reports::number(std::chrono::duration<double>(plan_.block).count(), "%g")));
    if (Message visible = visible_after(quads_.size()); !visible.empty()) record.notes.push_back(std::move(visible));
    if (discarded_ > 0) record.notes.push_back(msg<"load.note-discarded">(discarded_, why_discarded_));
    if (was_over) return out;
    record.differences = compare_blocks(quads_, margin, closed);
    set_verdict(record);
    if (4 * discarded_ > discarded_ + quads_.size() + same_.size() && record.exit_code <= 1) {
      record.exit_code = 4;
      record.verdict = msg<"load.not-judged">(why_discarded_);
    }
    return out;
  }

 private:
  /// How large a change is found after so many quads of both targets; empty where that cannot be told.
  Message visible_after(std::size_t quads) const {
    std::vector<std::string> visible;
    for (const VisibleChange& one : smallest_visible_changes(same_, quads, is_closed_)) visible.push_back(one.metric + " " + percent(one.share));
    return visible.empty() ? Message() : msg<"load.note-visible">(core::join(visible));
  }

  /// One that gave up, or that nobody answered: no block after it would tell more.
  bool is_over() const { return ended_.has_value(); }

  /// Base, other, other, base. Nothing where a block could not be judged.
  std::optional<BlockQuad> run_quad(const RunBlock& other, bool is_current) {
    BlockValues values[4];
    bool judged = true;
    std::vector<LoadResult> of_current;
    for (std::size_t i = 0; i < std::size(values); ++i) {
      const bool is_other = i == 1 || i == 2;
      LoadResult result = (is_other ? other : base_)(seed_ + i / 2);
      values[i] = values_of(result);
      const reports::LoadRecord& record = result.record;
      is_closed_ = record.mode == "closed";
      if (record.exit_code == 3 || record.interrupted || !record.ended.empty()) {
        ended_ = std::move(result);
        return std::nullopt;
      }
      const bool starved = result.is_starved();
      if ((record.exit_code > 1 || starved) && judged) {
        judged = false;
        why_discarded_ = starved ? msg<"load.step-no-timestamps">() : record.verdict;
      }
      if (is_other && is_current) of_current.push_back(std::move(result));
    }
    seed_ += 2;
    if (!judged) {
      ++discarded_;
      if (!discarded_block_ && !of_current.empty()) discarded_block_ = std::move(of_current.front());
      return std::nullopt;
    }
    for (LoadResult& one : of_current) {
      // Of each block apart they would be told over and over; of the whole they are told once.
      std::erase_if(one.record.notes, [](const Message& note) {
        constexpr std::string_view of_a_run[] = {"load.note-waited",          "load.note-generator-lag",  "load.note-no-timestamp",
                                                 "load.note-few-connections", "load.note-generator-busy", "load.note-off-schedule"};
        return std::find(std::begin(of_a_run), std::end(of_a_run), note.id) != std::end(of_a_run);
      });
      results_.push_back(std::move(one));
    }
    return BlockQuad{mean_of(values[0], values[3]), mean_of(values[1], values[2])};
  }

  const AgainstPlan plan_;
  const RunBlock &base_, &current_;
  std::uint64_t seed_;
  std::vector<BlockQuad> same_, quads_;
  std::vector<LoadResult> results_;                    // of the current target
  std::optional<LoadResult> ended_, discarded_block_;  // the first block of the current target that was left out
  std::size_t discarded_ = 0;
  bool is_closed_ = false;  // the loop
  Message why_discarded_;
};

}  // namespace

AgainstPlan plan_against(std::chrono::milliseconds length) {
  constexpr std::chrono::milliseconds shortest{1000}, longest{5000};
  constexpr std::size_t part_of_base = 5, fewest_of_base = 3;
  constexpr int blocks = 300;
  AgainstPlan out;
  out.block = std::clamp(length / blocks, shortest, longest);
  const auto all = static_cast<std::size_t>(length / (4 * out.block));
  out.quads_of_base = std::max(fewest_of_base, all / part_of_base);
  out.quads = all > out.quads_of_base ? all - out.quads_of_base : 0;
  return out;
}

LoadResult run_against(const AgainstPlan& plan, const RunBlock& base, const RunBlock& current, const std::string& base_target, double margin,
                       std::uint64_t first_seed, const AgainstProgress& progress) {
  Comparison comparison(plan, base, current, first_seed);
  comparison.run(progress);
  return comparison.result(base_target, margin);
}

}  // namespace meterproof::loadgen
