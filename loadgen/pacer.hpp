// When requests are due. Moments are absolute: being late for one does not move the next.
#pragma once

#include <chrono>
#include <cstdint>

namespace meterproof::load {

class Pacer {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `rate` per second; 0 is a closed loop, in which a request is due whenever a connection is idle.
  Pacer(double rate, Time begin, std::chrono::nanoseconds duration) : rate_(rate), begin_(begin), end_(begin + duration) {}

  /// The moment of the next request, Time::max() after the last. In a closed loop that is now.
  Time due(Time now) const;
  void sent() { ++count_; }
  bool open() const { return rate_ > 0; }

 private:
  double rate_;
  Time begin_, end_;
  std::uint64_t count_ = 0;
};

}  // namespace meterproof::load
