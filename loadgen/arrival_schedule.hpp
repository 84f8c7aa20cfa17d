// When requests are due. Moments are absolute: being late for one does not move the next.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/i18n/message_value.hpp"

namespace meterproof::loadgen {

/// A rate that runs evenly from one value to another, in requests per second.
struct LoadStage {
  double from = 0, to = 0;
  std::chrono::nanoseconds lasting{0};
};

/// RATE:TIME, FROM-TO:TIME (a ramp), FROM-TO/N:TIME (N equal steps), herd COUNT:TIME (COUNT requests at once, then ever fewer);
/// several between commas. Nothing where the text is none of them; `why` says what is wrong.
std::optional<std::vector<LoadStage>> parse_stages(const std::string& text, std::string& why);
i18n::Message to_message(const LoadStage& stage);

enum class ArrivalProcess { even, poisson };

/// Which part of the whole work is ours.
struct Shard {
  std::size_t index = 0, count = 1;
};

class ArrivalSchedule {
 public:
  using Offset = std::chrono::nanoseconds;  // since the beginning

  /// Of the requests of all shards, this one takes every count-th.
  ArrivalSchedule(std::vector<LoadStage> stages, ArrivalProcess arrival, Shard shard, std::uint64_t seed);

  /// When the next request is due; Offset::max() after the last.
  Offset due() const { return due_; }
  /// That one is on its way.
  void advance();

  Offset end() const { return ends_.empty() ? Offset(0) : ends_.back(); }
  /// How many requests are due before that moment, over all shards.
  double count_until(Offset offset) const;
  /// Over all shards.
  double rate_at(Offset offset) const;
  const std::vector<LoadStage>& stages() const { return stages_; }

 private:
  Offset moment_of(double count);
  double drawn();

  std::vector<LoadStage> stages_;
  std::vector<Offset> ends_;
  std::vector<double> counts_;  // due by the end of each stage
  std::size_t stage_ = 0;       // of the next request
  ArrivalProcess arrival_;
  Shard shard_;
  std::mt19937_64 rng_;
  double next_ = 0;  // the number of the next request, or with Poisson arrivals its place on the time that flows with the rate
  Offset due_{0};
};

}  // namespace meterproof::loadgen
