// SPDX-License-Identifier: Apache-2.0
// Computes when requests are due. Times are absolute: if one request is late, the next is still due at its time. Pure functions over a seed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/i18n/message_value.hpp"

namespace meterproof::loadgen {

/// A rate that changes linearly from `from` to `to`, in requests per second.
struct LoadStage {
  double from = 0, to = 0;
  std::chrono::nanoseconds length{0};
};

/// RATE:TIME, FROM-TO:TIME (a ramp), FROM-TO/N:TIME (N equal steps), burst COUNT:TIME (COUNT requests, most of them
/// at the beginning: a ramp down to 0); several stages separated by commas. On failure returns nothing and sets `why` to a message with advice.
std::optional<std::vector<LoadStage>> parse_stages(const std::string& text, i18n::Message& why);
i18n::Message to_message(const LoadStage& stage);

/// Even gaps, or exponentially distributed ones, as independent clients cause them.
enum class ArrivalProcess { even, poisson };

/// Which part of a run this process executes.
struct Shard {
  std::size_t index = 0, count = 1;
};

class ArrivalSchedule {
 public:
  using Offset = std::chrono::nanoseconds;  // since the beginning of the run

  /// Of all requests this shard gets every count-th. With Poisson arrivals each shard draws its own gaps.
  ArrivalSchedule(std::vector<LoadStage> stages, ArrivalProcess arrival, Shard shard, std::uint64_t seed);

  /// When the next request is due; Offset::max() after the last.
  Offset due() const { return due_; }
  /// Moves on to the request after that.
  void advance();

  Offset end() const { return ends_.empty() ? Offset(0) : ends_.back(); }
  /// The number of requests of all shards that are due before `offset`.
  double count_until(Offset offset) const;
  const std::vector<LoadStage>& stages() const { return stages_; }

 private:
  Offset time_of(double count);
  double draw_gap();

  std::vector<LoadStage> stages_;
  std::vector<Offset> ends_;
  std::vector<double> counts_;  // requests due until the end of each stage
  std::size_t stage_ = 0;       // that contains the next request
  ArrivalProcess arrival_;
  Shard shard_;
  std::mt19937_64 rng_;
  double next_ = 0;  // the next request's number; with Poisson arrivals not an integer: gaps are drawn in units of requests, then mapped to time
  Offset due_{0};
};

/// Requests a second that the stages want at that time since the begin; 0 behind the last one.
double rate_at(const std::vector<LoadStage>& stages, std::chrono::duration<double> at);

}  // namespace meterproof::loadgen
