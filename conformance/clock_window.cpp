// SPDX-License-Identifier: Apache-2.0
// TargetSession's window of timestamps, once it is measured: how the target's clock stands to ours, and how much of the window others have used.
#include "conformance/target_session.hpp"

namespace meterproof::conformance {

using core::DateTime;
using i18n::msg;
using std::chrono::seconds;

void TargetSession::note_date(const net::Exchange& exchange) {
  if (const auto date = core::parse_http_date(exchange.header("Date"))) date_ahead_ = *date - (now() + -seconds(clock_profile_.utc_offset));
}

/// A clock that is off, but not by more than the target tolerates, refuses nobody yet. Which of the two clocks is off is not known here.
void TargetSession::note_clock_difference() {
  constexpr seconds worth_telling(60), inexact(4);
  if (date_ahead_ && std::chrono::abs(*date_ahead_) > worth_telling)
    notes_.push_back(date_ahead_->count() > 0 ? msg<"check.date-ahead">(date_ahead_->count()) : msg<"check.date-behind">(-date_ahead_->count()));
  if (!seen_past_ || !seen_future_) return;
  // Seconds in use look like an end as well, but do not move the other one: a window that is as long as it should be, and lies aside, is moved.
  const seconds ahead = (*seen_future_ - *seen_past_) / 2, length = *seen_future_ + *seen_past_;
  if (std::chrono::abs(length - 2 * spec_->authentication.tolerance) > inexact || std::chrono::abs(ahead) <= worth_telling) return;
  notes_.push_back(ahead.count() > 0 ? msg<"check.window-ahead">(seen_past_->count(), seen_future_->count(), ahead.count())
                                     : msg<"check.window-behind">(seen_past_->count(), seen_future_->count(), -ahead.count()));
}

TargetSession::SampledTimestamps TargetSession::sample_timestamps() {
  SampledTimestamps out;
  if (!probe_answer_) return out;
  constexpr int samples = 10;
  const Probe probe = *probe_;
  try {
    for (int i = 0; i < samples; ++i) {
      DateTime at = now();
      {
        const std::scoped_lock lock(mutex_);
        const seconds length = timestamps_.past() + timestamps_.future();
        at = timestamps_.first_unused(first_app_, at + -timestamps_.past() + length * (2 * i + 1) / (2 * samples));
        if (!timestamps_.try_exclude(first_app_, at)) continue;
      }
      const Sent sent = exchange(probe_request(probe, {first_app_, at}));
      if (sent.no_reply()) continue;
      ++out.tried;
      if (refused_for_time(sent)) ++out.used;
    }
  } catch (const Inconclusive&) {  // cut off, or the target is gone: every case will find out
    return out;
  }
  return out;
}

}  // namespace meterproof::conformance
