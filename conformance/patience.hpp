// SPDX-License-Identifier: Apache-2.0
// Looking for what may come late: with growing pauses, until the effect timeout is over.
#pragma once

#include <algorithm>
#include <chrono>

#include "conformance/target_session.hpp"
#include "core/i18n/message.hpp"

namespace meterproof::conformance {

/// One wait: `Patience patience(session, timeout, query, about); do { look } while (!seen && patience.again());`. Looks once where the timeout is 0. Where that
/// query was waited for in vain before, it is waited for only as long as it is known to be late: a run of many cases would take hours. A meter may obey, and
/// a price show, only with its next reading.
class Patience {
 public:
  /// What is waited for. Who never shows a first row may show all else in time, so that the two are given up separately.
  enum class For {
    what_is_due,
    first_row,       // where none need be shown
    what_may_not_be  // it need not come at all: others do not depend on whether it did
  };

  /// `query`: what is asked. `about`: the interface whose effect is looked for. All but the timeout must outlive it.
  Patience(TargetSession& session, std::chrono::milliseconds timeout, const core::Interface& query, const core::Interface& about, For what = For::what_is_due)
      : session_(session), timeout_(timeout), query_(query), about_(about), what_(what) {}

  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;
  /// What was seen at last came late.
  ~Patience() {
    if (began_ && !over_) session_.note_delay(query_, waited_);
  }

  /// From now on that is waited for. What has been waited already counts.
  void wait_for(For what) { what_ = what; }

  /// Whether to look once more, after a pause. Where the time is over the query is not waited for again.
  bool again() {
    using std::chrono::milliseconds;
    if (!began_ && was_in_vain()) timeout_ = std::min(timeout_, session_.usual_delay(query_));
    if (timeout_.count() <= 0) return false;
    const auto now = session_.clock();
    if (!began_) {
      began_ = true;
      deadline_ = now + timeout_;
      session_.progress(i18n::msg<"progress.waiting-for-effect">(query_.name, about_.name));
    } else if (now >= deadline_) {
      over_ = true;
      if (what_ != For::what_may_not_be) session_.give_up_on(query_, what_ == For::first_row);
      return false;
    }
    // Every look takes a timestamp: about a dozen of them for each wait of up to 100 s.
    constexpr milliseconds at_least(1000), at_most(10'000);
    constexpr int parts = 10;
    const milliseconds longest = std::clamp(timeout_ / parts, at_least, at_most);
    const auto left = std::max(std::chrono::ceil<milliseconds>(deadline_ - now), milliseconds(1));
    const milliseconds pause = std::min(pause_, left);
    session_.sleep(pause);
    waited_ += pause;
    pause_ = std::min(2 * pause_, longest);
    return true;
  }

 private:
  bool was_in_vain() const { return what_ != For::what_may_not_be && session_.gave_up_on(query_, what_ == For::first_row); }

  TargetSession& session_;
  std::chrono::milliseconds timeout_;
  const core::Interface& query_;
  const core::Interface& about_;
  For what_;
  bool began_ = false, over_ = false;
  std::chrono::milliseconds pause_{250};
  std::chrono::milliseconds waited_{0};
  std::chrono::steady_clock::time_point deadline_;  // once it was begun
};

}  // namespace meterproof::conformance
