// SPDX-License-Identifier: Apache-2.0
// Every result code of the specification comes out of the mock: by the checker's own requests, and -203 and -999 by injected faults.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "tests/support/in_process.hpp"

namespace meterproof {
namespace result_codes_test {

TEST(Codes, EveryOneIsReachable) {
  std::map<std::string, std::set<int>> seen;  // by interface
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  const net::Address address{"localhost", 80, ""};
  const auto exchange = [&](const net::HttpRequest& request) {
    net::Exchange reply = test::through(state, request.bytes(address), clock.now());
    const auto latest = state.latest(1);
    if (!latest.empty() && latest.front()[mockserver::LogEntry::target] == request.path)
      seen[std::string(latest.front().interface)].insert(latest.front().code);
    return reply;
  };
  const auto run = [&] { (void)conformance::check(test::specification(), test::options_for("both"), test::environment_for(exchange, clock)); };
  run();
  // One interface at a time: the others must go on making what it needs.
  for (const std::string& fault : test::specification().injectable_faults())
    for (const std::string& interface : test::specification().interface_names()) {
      clock.advance(std::chrono::hours(1));  // the seconds of the run before are free again
      exchange({"DELETE", "/_mock/faults", {}, ""});
      exchange({"POST", "/_mock/faults", {{"Content-Type", "application/json"}}, R"({"kind":")" + fault + R"(","interface":")" + interface + R"("})"});
      run();
    }
  std::ifstream tables(std::string(METERPROOF_SOURCE) + "/tests/data/specification.txt");
  std::size_t codes = 0;
  for (std::string line; std::getline(tables, line);) {
    std::stringstream cells(line);
    std::string section, kind, code;
    std::getline(cells, section, '|');
    std::getline(cells, kind, '|');
    std::getline(cells, code, '|');
    if (kind != "code") continue;
    ++codes;
    for (const core::Interface& interface : test::specification().interfaces)
      if (interface.section == section) EXPECT_EQ(seen[interface.name].count(std::stoi(code)), 1U) << interface.name << " never answers " << code;
  }
  EXPECT_GT(codes, 80U);
}

}  // namespace result_codes_test
}  // namespace meterproof
