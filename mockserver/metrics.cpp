// SPDX-License-Identifier: Apache-2.0
#include "mockserver/metrics.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "net/process_use.hpp"
#include "reports/prometheus_page.hpp"

namespace meterproof::mockserver {

using reports::prometheus_seconds;
using reports::quoted_label;

void LatencyHistogram::add(std::chrono::nanoseconds took) {
  const auto at = std::find_if(bounds.begin(), bounds.end(), [&](auto bound) { return took <= std::chrono::microseconds(bound); });
  ++counts_[static_cast<std::size_t>(at - bounds.begin())];
  sum_ += took;
}

LatencyHistogram& LatencyHistogram::operator+=(const LatencyHistogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  sum_ += other.sum_;
  return *this;
}

std::uint64_t LatencyHistogram::up_to(std::size_t bound) const {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i <= bound; ++i) out += counts_[i];
  return out;
}

std::string to_prometheus(const Metrics& metrics, std::string_view version) {
  reports::PrometheusPage page;
  page.begin("meterproof_build_info", "gauge", "The release that answers; the value is always 1.");
  page.add("1", "version=" + quoted_label(version));
  page.begin("meterproof_mock_calls_total", "counter", "Calls by interface and code of the reply.");
  for (const auto& [interface, codes] : metrics.calls)
    for (const auto& [code, count] : codes)
      if (!interface.empty()) page.add(std::to_string(count), "interface=" + quoted_label(interface) + ",code=" + quoted_label(code));
  page.begin("meterproof_mock_others_total", "counter", "What came and is no call of an interface, by kind or code.");
  if (const auto others = metrics.calls.find(""); others != metrics.calls.end())
    for (const auto& [kind, count] : others->second) page.add(std::to_string(count), "kind=" + quoted_label(kind));
  page.begin("meterproof_mock_request_duration_seconds", "histogram",
             "Time from a complete request until its reply was ready; the transaction of a store is not in it.");
  for (std::size_t i = 0; i < LatencyHistogram::bounds.size(); ++i)
    page.add(std::to_string(metrics.latency.up_to(i)), "le=" + quoted_label(prometheus_seconds(std::chrono::microseconds(LatencyHistogram::bounds[i]))),
             "_bucket");
  page.add(std::to_string(metrics.latency.count()), "le=\"+Inf\"", "_bucket");
  page.add(prometheus_seconds(metrics.latency.sum()), {}, "_sum");
  page.add(std::to_string(metrics.latency.count()), {}, "_count");
  page.only("meterproof_mock_connections", "gauge", "Connections that are open.", std::to_string(metrics.connections));
  page.only("meterproof_mock_worlds", "gauge", "Worlds that there are.", std::to_string(metrics.worlds));
  page.only("meterproof_mock_snapshots", "gauge", "Snapshots that are kept.", std::to_string(metrics.snapshots));
  if (const auto use = net::use_of_process(::getpid())) {  // by the names that client libraries of Prometheus have in common
    page.only("process_cpu_seconds_total", "counter", "Processor time, user and system.", reports::prometheus_number(use->cpu_s));
    page.only("process_resident_memory_bytes", "gauge", "Resident memory.", reports::prometheus_number(use->memory_b));
  }
  if (!metrics.has_store) return page.take();
  page.only("meterproof_mock_store_transactions_total", "counter", "Transactions that the store has committed.", std::to_string(metrics.stored_turns));
  page.only("meterproof_mock_store_failures_total", "counter", "Transactions that failed; their requests were not answered.",
            std::to_string(metrics.failed_turns));
  page.only("meterproof_mock_store_seconds_total", "counter", "Time spent in the transactions of the store.", prometheus_seconds(metrics.storing));
  return page.take();
}

}  // namespace meterproof::mockserver
