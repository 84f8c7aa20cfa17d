// SPDX-License-Identifier: Apache-2.0
#include "loadgen/run.hpp"

#include <gtest/gtest.h>

namespace meterproof::loadgen {
namespace run_test {

// --threads auto: as many as the rate needs, and no more than there are cores, connections, meters and appIds for. A target of this machine gets its half.
TEST(Threads, AreAsManyAsTheRateNeeds) {
  constexpr std::size_t plenty = 1000;
  const struct {
    const char *what, *host;
    double rate;  // of the last stage; 0: a closed loop
    std::size_t cores, connections, meters, apps, shards;
    bool unique;
    std::size_t threads;
  } table[] = {
      {"a rate that one thread sends", "10.0.0.1", 40'000, 8, plenty, plenty, plenty, 1, true, 1},
      {"a rate that it does not", "10.0.0.1", 40'001, 8, plenty, plenty, plenty, 1, true, 2},
      {"a rate that all cores do not send", "10.0.0.1", 1e6, 8, plenty, plenty, plenty, 1, true, 8},
      {"as fast as replies come", "10.0.0.1", 0, 8, plenty, plenty, plenty, 1, true, 8},
      {"the same of a target on this machine", "127.0.0.1", 0, 8, plenty, plenty, plenty, 1, true, 4},
      {"on a machine with one core", "127.0.0.1", 0, 1, plenty, plenty, plenty, 1, true, 1},
      {"few connections", "10.0.0.1", 0, 8, 3, plenty, plenty, 1, true, 3},
      {"few meters", "10.0.0.1", 0, 8, plenty, 2, plenty, 1, true, 2},
      {"few appIds", "10.0.0.1", 0, 8, plenty, plenty, 2, 1, true, 2},
      {"few appIds, whose seconds are shared", "10.0.0.1", 0, 8, plenty, plenty, 2, 1, false, 8},
      {"a shard of four", "10.0.0.1", 200'000, 8, plenty, plenty, plenty, 4, true, 2},
  };
  for (const auto& row : table) {
    LoadOptions options;
    options.address.host = row.host;
    if (row.rate > 0) options.stages = {{10, 20, std::chrono::seconds(1)}, {0, row.rate, std::chrono::seconds(1)}};
    options.connections = row.connections;
    options.devices.count = row.meters;
    options.apps.resize(row.apps);
    options.timestamps.unique = row.unique;
    options.timestamps.shard.count = row.shards;
    EXPECT_EQ(threads_for(options, row.cores), row.threads) << row.what;
  }
}

}  // namespace run_test
}  // namespace meterproof::loadgen
