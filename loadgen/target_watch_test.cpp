// SPDX-License-Identifier: Apache-2.0
#include "loadgen/target_watch.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace meterproof::loadgen {
namespace target_watch_test {

TEST(TargetWatch, ReadsWhatPagesHaveInCommon) {
  const struct {
    const char* what;
    std::string page;
    std::optional<double> cpu, cores, memory;
  } table[] = {
      {"of Go and Python",
       "# HELP process_cpu_seconds_total x\n# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 12.5\nprocess_resident_memory_bytes "
       "1.048576e+06\n",
       12.5,
       {},
       1048576},
      {"with labels and a timestamp", "process_cpu_seconds_total{instance=\"a b\"} 1 1700000000000\nprocess_cpu_seconds_total{instance=\"}\"} 2\n", 3, {}, {}},
      {"of Micrometer",
       "process_cpu_usage 0.25\nsystem_cpu_count 4.0\njvm_memory_used_bytes{area=\"heap\"} 100\njvm_memory_used_bytes{area=\"nonheap\"} 50.0\n",
       {},
       1,
       150},
      {"half of Micrometer", "process_cpu_usage 0.25\n", {}, {}, {}},
      {"a longer name", "process_cpu_seconds_total_more 5\nmy_process_resident_memory_bytes 5\n", {}, {}, {}},
      {"no number", "process_cpu_seconds_total\nprocess_cpu_seconds_total{\nprocess_resident_memory_bytes abc\n", {}, {}, {}},
      {"no line end", "process_cpu_seconds_total 7", 7, {}, {}},
      {"HTML", "<html><body>process_cpu_seconds_total 5</body></html>", {}, {}, {}},
      {"nothing", "", {}, {}, {}},
  };
  for (const auto& row : table) {
    const TargetUse use = use_of_page(row.page);
    EXPECT_EQ(use.cpu_s, row.cpu) << row.what;
    EXPECT_EQ(use.cores, row.cores) << row.what;
    EXPECT_EQ(use.memory_b, row.memory) << row.what;
  }
}

TEST(TargetWatch, LooksAtAProcess) {
  const auto use = TargetWatch::of_process(::getpid())->look();
  ASSERT_TRUE(use.has_value());
  EXPECT_GT(use->memory_b.value_or(0), 1e6);
  EXPECT_GE(use->cpu_s.value_or(-1), 0);
  EXPECT_FALSE(TargetWatch::of_process(0x7fffffff)->look().has_value());
}

}  // namespace target_watch_test
}  // namespace meterproof::loadgen
