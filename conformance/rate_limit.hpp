// SPDX-License-Identifier: Apache-2.0
// A target that wants fewer requests: no limit is stated, so that nobody is failed for one. What it refused for that is sent again after a while, and from then
// on requests are further apart.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "core/i18n/message.hpp"
#include "core/model/interface.hpp"

namespace meterproof::conformance {

struct Sent;

/// Thread-safe.
class RateLimit {
 public:
  /// Whether the reply says that there were too many requests: HTTP 429, 503 with Retry-After (RFC 9110, 10.2.3), or a refusal whose message says so.
  static bool is_meant_by(const Sent& sent, const core::Spec& spec);
  /// The same, or a refusal in the words of which it was learnt.
  bool is_reached(const Sent& sent, const core::Spec& spec) const;
  /// The target refuses everything in these words for a while.
  void learn(const Sent& limited, const core::Spec& spec);

  /// How long to wait before that request is sent again; nothing where waiting did not help before. `tries`: how often it was sent, 1 at the least. Of the
  /// requests that were on their way together, one makes the later ones be further apart.
  std::optional<std::chrono::milliseconds> wait_after(const Sent& limited, unsigned tries);
  /// Whether requests are as far apart as they will ever be.
  bool is_slowest() const;
  /// At the slowest pace a request was refused in words that were learnt; `answered`: several of its kind were answered right after it. Two of those in a
  /// row are an error that comes now and then, and nothing is waited for any more. Returns whether that is so.
  bool note_asked_at_once(bool answered);
  /// Increases whenever the pause does; of a request, as it was when that was sent.
  std::uint64_t pace() const;
  /// Whether it is worth waiting: false after a request that was refused for all that.
  bool is_worth_waiting() const;
  /// At the least, from one request to the next.
  std::chrono::microseconds pause() const;
  /// What there is to say of it at the end of a run; empty where the target had no limit.
  i18n::Message note() const;

 private:
  mutable std::mutex mutex_;
  std::chrono::microseconds pause_{0};
  std::size_t sent_again_ = 0, answered_at_once_ = 0;
  std::uint64_t pace_ = 0;
  std::set<std::string> words_;
  i18n::Message answer_;  // the first one
  bool is_hopeless_ = false;
};

}  // namespace meterproof::conformance
