// SPDX-License-Identifier: Apache-2.0
// When whose step of a plan is due. No clock and no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <tuple>

#include "core/model/call_plan.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::caller {

/// One step of one customer, from 1; `nth`: how often the customer came to it before.
struct DueStep {
  core::DateTime at;
  std::size_t step = 0, customer = 0;
  std::uint64_t nth = 0;

  friend auto operator<=>(const DueStep&, const DueStep&) = default;  // NOLINT(modernize-use-nullptr): as in datetime.hpp
};

/// Of one moment the plan's order comes first, then the customers'. `plan` must outlive it.
class CallPlanQueue {
 public:
  /// `now`: of a plan that began before, what was due by then has been done.
  CallPlanQueue(const core::CallPlan& plan, std::size_t customers, core::DateTime began, core::DateTime now) : plan_(&plan), began_(began) {
    for (std::size_t step = 0; step < plan.steps.size(); ++step)
      for (std::size_t customer = 1; customer <= customers; ++customer) {
        DueStep one{began + plan.steps[step].first, step, customer, 0};
        if (now > began && one.at <= now) {
          if (!plan.steps[step].every) continue;
          one.nth = static_cast<std::uint64_t>((now - one.at) / *plan.steps[step].every) + 1;
          one.at = one.at + *plan.steps[step].every * static_cast<std::int64_t>(one.nth);
        }
        add(one);
      }
  }

  /// When the next one is due; nothing where all is done.
  std::optional<core::DateTime> next() const { return due_.empty() ? std::nullopt : std::optional(due_.begin()->at); }
  /// Takes the next one, where it is due by then; it comes again where the plan says so.
  std::optional<DueStep> take(core::DateTime now) {
    if (due_.empty() || due_.begin()->at > now) return std::nullopt;
    const DueStep out = due_.extract(due_.begin()).value();
    if (const auto every = plan_->steps[out.step].every) add({out.at + *every, out.step, out.customer, out.nth + 1});
    return out;
  }

 private:
  void add(const DueStep& one) {
    const auto last = plan_->steps[one.step].last;
    if (!last || one.at <= began_ + *last) due_.insert(one);
  }

  const core::CallPlan* plan_;
  core::DateTime began_;
  std::set<DueStep> due_;
};

}  // namespace meterproof::caller
