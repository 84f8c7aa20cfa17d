#include "conformance/timestamps.hpp"

#include <algorithm>

namespace meterproof::conformance {

void Timestamps::set_window(std::chrono::seconds past, std::chrono::seconds future) {
  past_ = past;
  future_ = future;
}

// Seconds are handed out in rising order, so that "not used before" is one comparison.
std::optional<Timestamps::Slot> Timestamps::take(spec::DateTime now) {
  if (repeats_allowed_) return Slot{turn_++ % used_.size(), now};
  for (std::size_t tries = 0; tries < used_.size(); ++tries) {
    const std::size_t app = turn_++ % used_.size();
    std::int64_t next = std::max(used_[app].up_to, (now + -past_).seconds);
    while (excluded_.count(next) > 0) ++next;
    if (next > (now + future_).seconds) continue;
    used_[app].up_to = next + 1;
    return Slot{app, {next}};
  }
  return std::nullopt;
}

}  // namespace meterproof::conformance
