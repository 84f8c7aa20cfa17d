// SPDX-License-Identifier: Apache-2.0
// What a run in progress tells Prometheus: an HTTP server of its own, on a thread of its own, that answers GET /metrics.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "loadgen/histogram.hpp"
#include "net/server/http_server.hpp"

namespace meterproof::loadgen {

/// A run so far.
struct LoadSnapshot {
  std::uint64_t sent = 0, replies = 0, errors = 0, late_sends = 0, generator_late_sends = 0;
  std::map<std::pair<std::string, int>, std::uint64_t> codes;  // by interface and code
  double intended_rate = 0;                                    // of the schedule; 0 in a closed loop
  std::size_t connections = 0;
  // In seconds, by quantile; and how many requests were measured. Without the warm-up.
  struct Latency {
    std::map<double, double> quantiles;
    std::uint64_t count = 0;
    double sum = 0;
  };
  Latency response_time, service_time;
};
LoadSnapshot::Latency latency_of(const Histogram& histogram);

/// A thread's run so far.
struct LoadTotals {
  LoadSnapshot counts;  // without latencies
  Histogram response_time, service_time;
};
/// Of all threads.
LoadSnapshot snapshot_of(const std::vector<LoadTotals>& parts);

class LiveMetrics {
 public:
  /// Listens before it returns; throws i18n::MessageError, with advice, where it cannot. `target`, `workload`: for the labels of meterproof_load_info.
  LiveMetrics(const std::string& host, std::uint16_t port, std::string target, std::string workload, std::string version);
  ~LiveMetrics();
  LiveMetrics(const LiveMetrics&) = delete;
  LiveMetrics& operator=(const LiveMetrics&) = delete;

  std::uint16_t port() const { return server_.port(); }
  /// From here on that is told. May be called from any thread.
  void publish(LoadSnapshot snapshot);

 private:
  void answer(const net::HttpParser& request, net::Response& response);
  std::string page() const;

  const std::string target_, workload_, version_;
  mutable std::mutex mutex_;  // guards the snapshot
  LoadSnapshot snapshot_;
  net::HttpServer server_;
  std::thread thread_;
};

}  // namespace meterproof::loadgen
