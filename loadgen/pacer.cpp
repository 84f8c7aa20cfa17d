#include "loadgen/pacer.hpp"

namespace meterproof::load {

Pacer::Time Pacer::due(Time now) const {
  if (!open()) return now < end_ ? now : Time::max();
  const auto offset = std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(count_) * 1e9 / rate_));
  const Time moment = begin_ + offset;
  return moment < end_ ? moment : Time::max();
}

}  // namespace meterproof::load
