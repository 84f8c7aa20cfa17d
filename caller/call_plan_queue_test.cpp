// SPDX-License-Identifier: Apache-2.0
#include "caller/call_plan_queue.hpp"

#include <gtest/gtest.h>

#include <string>

namespace meterproof::caller {
namespace call_plan_queue_test {

using core::DateTime;
using std::chrono::seconds;

core::CallPlan plan() {
  core::CallPlan out;
  out.steps.resize(3);
  out.steps[0].first = seconds(10);
  out.steps[1].first = seconds(0);
  out.steps[1].every = seconds(10);
  out.steps[1].last = seconds(25);
  out.steps[2].first = seconds(20);
  return out;
}

/// What is due by then, as "seconds/step/customer/nth".
std::string all_until(CallPlanQueue& queue, std::int64_t end) {
  std::string out;
  while (const auto due = queue.take(DateTime{end}))
    out += std::to_string(due->at.seconds) + "/" + std::to_string(due->step) + "/" + std::to_string(due->customer) + "/" + std::to_string(due->nth) + " ";
  return out;
}

TEST(CallPlanQueue, GoesByTimeThenByThePlanThenByTheCustomer) {
  const core::CallPlan steps = plan();
  CallPlanQueue queue(steps, 2, DateTime{100}, DateTime{100});
  EXPECT_EQ(queue.next(), DateTime{100});
  EXPECT_EQ(all_until(queue, 99), "");
  EXPECT_EQ(all_until(queue, 110), "100/1/1/0 100/1/2/0 110/0/1/0 110/0/2/0 110/1/1/1 110/1/2/1 ");
  EXPECT_EQ(all_until(queue, 1000), "120/1/1/2 120/1/2/2 120/2/1/0 120/2/2/0 ") << "nothing comes after its last moment";
  EXPECT_FALSE(queue.next());
}

TEST(CallPlanQueue, GoesOnWhereItWas) {
  const core::CallPlan steps = plan();
  const std::vector<std::pair<std::int64_t, std::string>> table = {
      {105, "110/0/1/0 110/1/1/1 120/1/1/2 120/2/1/0 "}, {110, "120/1/1/2 120/2/1/0 "}, {119, "120/1/1/2 120/2/1/0 "}, {120, ""}, {5000, ""}};
  for (const auto& [now, rest] : table) {
    CallPlanQueue queue(steps, 1, DateTime{100}, DateTime{now});
    EXPECT_EQ(all_until(queue, 10'000), rest) << now;
  }
}

}  // namespace call_plan_queue_test
}  // namespace meterproof::caller
