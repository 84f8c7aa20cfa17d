// Which appId signs a request, and for which second: the paper lets an appId use each second once (section 2).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/time/datetime.hpp"
#include "loadgen/arrival_schedule.hpp"

namespace meterproof::loadgen {

struct TimestampPolicy {
  bool unique = true;                 // each second of an appId once; otherwise everybody signs for the current one
  std::chrono::seconds tolerance{0};  // how far a timestamp may be off
  Shard shard;                        // with fewer appIds than shards, the seconds are shared out
};

class TimestampAllocator {
 public:
  TimestampAllocator(const core::Authentication& authentication, std::vector<auth::App> apps, TimestampPolicy rules);

  /// From now on timestamps lie within the tolerance, oldest first: more than one a second and appId are to come.
  void use_whole_window() { whole_window_ = true; }

  /// Appends both headers' lines for a signature that was not used before. False where there is none left at this moment.
  bool append_signature(std::string& out, core::DateTime now);
  /// Whether one is left.
  bool available(core::DateTime now);

  std::size_t apps() const { return apps_.size(); }

 private:
  struct Account {
    auth::App app;
    std::int64_t last = 0;  // the second used last
    std::string lines;      // the signature of that second, where it may be used again
  };

  /// The next second that the account may use; nothing where it must wait.
  std::optional<std::int64_t> free_second(const Account& account, core::DateTime now) const;
  void sign(const Account& account, std::int64_t second, std::string& out);

  auth::Signer signer_;
  TimestampPolicy rules_;
  std::vector<Account> apps_;
  std::string token_name_, authorization_name_, stamp_;
  std::int64_t stamp_second_ = -1;
  std::size_t turn_ = 0;
  bool whole_window_ = false;
};

/// Margin to the edge of the tolerance, for clocks that differ and requests that wait.
inline constexpr std::chrono::seconds edge{10};

/// Whether so many requests can be signed at all. Empty where they can; otherwise the arithmetic, and what would make it possible.
i18n::Message check_feasible(const ArrivalSchedule& schedule, std::size_t apps, const TimestampPolicy& rules);
/// Whether one second and appId after the other is enough.
bool one_a_second_suffices(const ArrivalSchedule& schedule, std::size_t apps, Shard shard);

}  // namespace meterproof::loadgen
