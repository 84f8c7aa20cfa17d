// SPDX-License-Identifier: Apache-2.0
// What one side does by itself while business time passes: calls of the other side, and changes of its own rows. Data of a file (spec/plans/).
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace meterproof::core {

/// A change of a row of one's own: money that was paid at the counter.
struct OwnChange {
  std::size_t table = 0;
  std::string key;                                       // a pattern, as in CallStep::with
  std::vector<std::pair<std::size_t, std::string>> set;  // columns; "now" for the moment
  std::vector<std::pair<std::size_t, std::string>> add;  // columns and numbers
};

/// Something that each customer does once, or again and again.
struct CallStep {
  std::chrono::seconds first{0};                    // after the plan's beginning
  std::optional<std::chrono::seconds> every, last;  // last: after the plan's beginning; it does not come later than that
  std::optional<std::size_t> interface;             // that is called; without one `own` is what happens
  std::size_t variant = 0;                          // of its valid requests
  /// By field; the others are examples that are valid. {customer} stands for the customer's number, {nth} for how often the customer has come to this step
  /// before, {days} for the whole days since the plan began, @N for a date as in examples.
  std::vector<std::pair<std::size_t, std::string>> with;
  bool compares = false;  // the rows of the reply with those that the calls before imply
  std::optional<OwnChange> own;
};

struct CallPlan {
  std::vector<CallStep> steps;  // of one moment in this order
};

}  // namespace meterproof::core
