// SPDX-License-Identifier: Apache-2.0
#include "loadgen/arrival_schedule.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "core/i18n/message.hpp"
#include "core/model/request.hpp"
#include "core/text/split.hpp"
#include "core/text/text.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::loadgen {
namespace {

constexpr double max_rate = 1e7;

std::optional<double> parse_number(std::string_view text) {
  double out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size() || !(out >= 0) || out > 1e12) return std::nullopt;
  return out;
}

double seconds(std::chrono::nanoseconds span) { return std::chrono::duration<double>(span).count(); }

double count_of(const LoadStage& stage) { return (stage.from + stage.to) / 2 * seconds(stage.length); }

/// Parses one stage, which may become several (steps). Empty on failure.
std::vector<LoadStage> parse_stage(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const auto length = colon == std::string_view::npos ? std::nullopt : core::parse_duration(text.substr(colon + 1));
  if (!length || length->count() == 0) return {};
  std::string_view rate = text.substr(0, colon);
  constexpr std::string_view burst = "burst ";
  if (rate.starts_with(burst)) {
    const auto count = parse_number(rate.substr(burst.size()));
    if (!count || *count <= 0 || 2 * *count / seconds(*length) > max_rate) return {};
    // A ramp from r to 0 has r/2 · time requests.
    return {{2 * *count / seconds(*length), 0, *length}};
  }
  // FROM-TO/STEPS
  std::size_t steps = 0;
  if (const std::size_t slash = rate.find('/'); slash != std::string_view::npos) {
    const auto number = parse_number(rate.substr(slash + 1));
    if (!number || *number < 2 || *number > 1000 || *number != std::floor(*number)) return {};
    steps = static_cast<std::size_t>(*number);
    rate = rate.substr(0, slash);
  }
  const std::size_t dash = rate.find('-');
  const auto from = parse_number(rate.substr(0, dash));
  const auto to = dash == std::string_view::npos ? from : parse_number(rate.substr(dash + 1));
  if (!from || !to || std::max(*from, *to) > max_rate || (steps > 0 && dash == std::string_view::npos)) return {};
  if (steps == 0) return {{*from, *to, *length}};
  std::vector<LoadStage> out;
  for (std::size_t i = 0; i < steps; ++i) {
    const double step = *from + (*to - *from) * static_cast<double>(i) / static_cast<double>(steps - 1);
    out.push_back({step, step, *length / static_cast<int>(steps)});
  }
  return out;
}

}  // namespace

std::optional<std::vector<LoadStage>> parse_stages(const std::string& text, i18n::Message& why) {
  std::vector<LoadStage> stages;
  for (const std::string_view part : core::split_commas(text)) {
    const auto some = parse_stage(core::trimmed(part));
    if (some.empty()) {
      why = i18n::msg<"usage.stage">(part);
      return std::nullopt;
    }
    stages.insert(stages.end(), some.begin(), some.end());
  }
  double total = 0;
  for (const LoadStage& stage : stages) total += count_of(stage);
  if (total < 1) {
    why = i18n::msg<"usage.stages-empty">(text);
    return std::nullopt;
  }
  return stages;
}

i18n::Message to_message(const LoadStage& stage) {
  const auto number = [](double value) {
    char out[32];
    std::snprintf(out, sizeof out, "%g", value);
    return std::string(out);
  };
  return stage.from == stage.to ? i18n::msg<"load.stage-constant">(number(stage.from), number(seconds(stage.length)))
                                : i18n::msg<"load.stage-ramp">(number(stage.from), number(stage.to), number(seconds(stage.length)));
}

ArrivalSchedule::ArrivalSchedule(std::vector<LoadStage> stages, ArrivalProcess arrival, Shard shard, std::uint64_t seed)
    : stages_(std::move(stages)), arrival_(arrival), shard_(shard), rng_(seed * shard.count + shard.index) {
  Offset end{0};
  double count = 0;
  for (const LoadStage& stage : stages_) {
    end += stage.length;
    count += count_of(stage);
    ends_.push_back(end);
    counts_.push_back(count);
  }
  next_ = arrival_ == ArrivalProcess::even ? static_cast<double>(shard_.index) : draw_gap();
  due_ = time_of(next_);
}

// In units of requests of the whole run: the mean gap of one of `count` shards is `count` requests.
double ArrivalSchedule::draw_gap() { return std::exponential_distribution<double>(1.0 / static_cast<double>(shard_.count))(rng_); }

void ArrivalSchedule::advance() {
  next_ += arrival_ == ArrivalProcess::even ? static_cast<double>(shard_.count) : draw_gap();
  due_ = time_of(next_);
}

ArrivalSchedule::Offset ArrivalSchedule::time_of(double count) {
  // The tolerance absorbs rounding: the request that is due exactly at the end of a stage belongs to the next one.
  while (stage_ < stages_.size() && count >= counts_[stage_] - 1e-9) ++stage_;
  if (stage_ == stages_.size()) return Offset::max();
  const LoadStage& stage = stages_[stage_];
  const Offset begin = ends_[stage_] - stage.length;
  const double into = count - (stage_ == 0 ? 0 : counts_[stage_ - 1]);
  // Solve from·t + (to - from)/(2·length)·t² = into for t. The form below avoids cancellation, and division by 0 for a constant rate.
  const double slope = (stage.to - stage.from) / (2 * seconds(stage.length));
  const double root = std::sqrt(std::max(0.0, stage.from * stage.from + 4 * slope * into));
  const double after = into <= 0 ? 0 : 2 * into / (stage.from + root);
  return begin + std::chrono::duration_cast<Offset>(std::chrono::duration<double>(after));
}

double ArrivalSchedule::count_until(Offset offset) const {
  double count = 0;
  Offset begin{0};
  for (std::size_t i = 0; i < stages_.size() && begin < offset; ++i) {
    // The integral of the rate over the part of the stage before `offset`.
    const double in_stage = seconds(std::min(offset, ends_[i]) - begin);
    const double slope = (stages_[i].to - stages_[i].from) / (2 * seconds(stages_[i].length));
    count += stages_[i].from * in_stage + slope * in_stage * in_stage;
    begin = ends_[i];
  }
  return count;
}

double rate_at(const std::vector<LoadStage>& stages, std::chrono::duration<double> at) {
  for (const LoadStage& stage : stages) {
    const std::chrono::duration<double> length = stage.length;
    if (at < length) return stage.from + (stage.to - stage.from) * (at / length);
    at -= length;
  }
  return 0;
}

}  // namespace meterproof::loadgen
