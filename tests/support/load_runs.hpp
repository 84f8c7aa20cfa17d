// SPDX-License-Identifier: Apache-2.0
// What the tests of the load generator share: a mock as a process, and a load of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "net/client/http_client.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sanitized.hpp"

namespace meterproof::test {

/// How many requests of a record failed for that cause.
inline std::uint64_t errors_of(const nlohmann::json& record, const std::string& cause) {
  for (const auto& one : record["errors"])
    if (one["cause"]["id"] == cause) return one["count"];
  return 0;
}

/// The path of a new file with that content.
inline std::string written(const std::string& name, const std::string& content) {
  const std::string path = temporary(name);
  std::ofstream(path) << content;
  return path;
}

/// The program's mock.
class Mock {
 public:
  explicit Mock(std::vector<std::string> more = {"--app", "a:s", "--replay-protection", "off"})
      : process_([&] {
          more.insert(more.begin(), {"mock", "--port", "0"});
          return more;
        }()),
        port_(process_.port()) {}

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  nlohmann::json admin(const std::string& path) const {
    net::HttpClient client({"127.0.0.1", port_, ""}, longest_answer);
    return nlohmann::json::parse(client.exchange({"GET", "/_mock/" + path, {}, ""}).body);
  }
  /// Until reports of the schedule have come: the first exchange is none, and neither are queries before it.
  void wait_for_load() const {
    const auto answered = [this] {
      std::uint64_t sum = 0;
      for (const auto& count : admin("counters").value("ReportData", nlohmann::json::object())) sum += count.get<std::uint64_t>();
      return sum;
    };
    while (answered() < 3) std::this_thread::yield();
  }

 private:
  Process process_;
  std::uint16_t port_;
};

/// By one appId, in whatever time this machine needs.
inline Finished load(const std::string& url, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"load", url, "--app", "a:s", "--timestamps", "shared", "--connections", "8", "--max-generator-lag", "1m"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments);
}

/// The same, with its record; null where none was written.
struct Loaded {
  Finished done;
  nlohmann::json record;
};
inline Loaded loaded(const std::string& url, std::vector<std::string> more) {
  const std::string file = temporary("loaded.json");
  std::filesystem::remove(file);
  more.insert(more.end(), {"--json", file});
  Loaded out{load(url, more), {}};
  if (std::filesystem::exists(file)) out.record = nlohmann::json::parse(read_file(file));
  std::filesystem::remove(file);
  return out;
}

/// A workload of payments alone, and how they are looked for afterwards.
inline const std::string payments_by_number = R"(
workload: payments
mix:
  - call: RemotePay
    with:
      MeterAddr: { numbered: "99##########" }
      Money:     { uniform: [1, 10], scale: 2 }
      PayDate:   { now: yes }
      TransId:   { unique: "T##################" }
      PayWay:    { one_of: [1, 2] }
reconcile:
  - of: RemotePay
    each: TransId
    ask: GetPayList
    with: { MeterAddr: { numbered: "99##########" }, BeginDate: { today: -1 }, EndDate: { today: 1 } }
    shown: TransId
)";

/// The same, and that each is shown with its amount.
inline const std::string payments = payments_by_number + "    compare: { Money: Money }\n";

/// For platforms: a second may be used again.
inline mockserver::MockOptions with_replays() {
  mockserver::MockOptions out = settings_for(specification());
  out.refuse_replays = false;
  return out;
}

}  // namespace meterproof::test
