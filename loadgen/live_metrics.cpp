// SPDX-License-Identifier: Apache-2.0
#include "loadgen/live_metrics.hpp"

#include <algorithm>
#include <cmath>

#include "reports/prometheus_page.hpp"

namespace meterproof::loadgen {

namespace {

net::ServerOptions listening_at(const std::string& host, std::uint16_t port) {
  net::ServerOptions out;
  out.host = host;
  out.port = port;
  out.max_connections = 64;
  out.drain = std::chrono::milliseconds(100);
  return out;
}

void add_latency(reports::PrometheusPage& page, std::string_view name, std::string_view help, const LoadSnapshot::Latency& latency) {
  page.begin(name, "summary", help);
  for (const auto& [quantile, seconds] : latency.quantiles)
    page.add(reports::prometheus_number(seconds), "quantile=" + reports::quoted_label(reports::prometheus_number(quantile)));
  page.add(reports::prometheus_number(latency.sum), {}, "_sum");
  page.add(std::to_string(latency.count), {}, "_count");
}

}  // namespace

LoadSnapshot::Latency latency_of(const Histogram& histogram) {
  constexpr double milliseconds = 1000;
  LoadSnapshot::Latency out;
  out.count = histogram.count();
  if (out.count == 0) return out;
  out.sum = histogram.mean_ms() / milliseconds * static_cast<double>(out.count);
  for (const double quantile : {0.5, 0.9, 0.99, 0.999})
    if (const double found = histogram.percentile_ms(quantile); !std::isnan(found)) out.quantiles[quantile] = found / milliseconds;
  return out;
}

LoadSnapshot snapshot_of(const std::vector<LoadTotals>& parts) {
  LoadSnapshot out;
  Histogram response_time, service_time;
  for (const LoadTotals& one : parts) {
    out.sent += one.counts.sent;
    out.replies += one.counts.replies;
    out.errors += one.counts.errors;
    out.late_sends += one.counts.late_sends;
    out.generator_late_sends += one.counts.generator_late_sends;
    for (const auto& [what, count] : one.counts.codes) out.codes[what] += count;
    out.intended_rate = std::max(out.intended_rate, one.counts.intended_rate);  // of the schedule that all of them share
    out.connections += one.counts.connections;
    response_time.add(one.response_time);
    service_time.add(one.service_time);
  }
  out.response_time = latency_of(response_time);
  out.service_time = latency_of(service_time);
  return out;
}

LiveMetrics::LiveMetrics(const std::string& host, std::uint16_t port, std::string target, std::string workload, std::string version)
    : target_(std::move(target)),
      workload_(std::move(workload)),
      version_(std::move(version)),
      server_(
          listening_at(host, port), [this](const net::HttpParser& request, const net::Arrival&, net::Response& response) { answer(request, response); },
          [](const net::HttpParser&, const net::Arrival&, net::Response& response) { response.content_type = "text/plain"; }),
      thread_([this] { server_.run(false); }) {}

LiveMetrics::~LiveMetrics() {
  server_.stop();
  thread_.join();
}

void LiveMetrics::publish(LoadSnapshot snapshot) {
  const std::lock_guard lock(mutex_);
  std::swap(snapshot_, snapshot);
}

void LiveMetrics::answer(const net::HttpParser& request, net::Response& response) {
  constexpr int not_found = 404, not_allowed = 405;
  const std::string_view path = request.target().substr(0, request.target().find('?'));
  response.content_type = reports::prometheus_content_type;
  if (path != "/metrics") response.status = not_found;
  else if (request.method() != "GET" && request.method() != "HEAD") response.status = not_allowed;
  if (response.status == not_allowed) response.extra_headers = "Allow: GET, HEAD\r\n";
  if (response.status == net::Response().status) response.body = page();
}

std::string LiveMetrics::page() const {
  const std::lock_guard lock(mutex_);
  const auto count = [](std::uint64_t value) { return std::to_string(value); };
  reports::PrometheusPage page;
  page.begin("meterproof_load_info", "gauge", "What runs; the value is always 1.");
  page.add("1", "version=" + reports::quoted_label(version_) + ",target=" + reports::quoted_label(target_) + ",workload=" + reports::quoted_label(workload_));
  page.only("meterproof_load_requests_total", "counter", "Requests that were sent, or could not be sent in time.", count(snapshot_.sent));
  page.only("meterproof_load_replies_total", "counter", "Replies that came.", count(snapshot_.replies));
  page.begin("meterproof_load_codes_total", "counter", "Replies by interface and code.");
  for (const auto& [what, times] : snapshot_.codes)
    page.add(count(times), "interface=" + reports::quoted_label(what.first) + ",code=" + reports::quoted_label(std::to_string(what.second)));
  page.only("meterproof_load_errors_total", "counter", "Requests without a reply, and replies that are wrong or refuse.", count(snapshot_.errors));
  page.only("meterproof_load_late_sends_total", "counter", "Requests that left more than a millisecond after they were due.", count(snapshot_.late_sends));
  page.only("meterproof_load_generator_late_sends_total", "counter", "Those of them for which the generator was too slow.",
            count(snapshot_.generator_late_sends));
  page.only("meterproof_load_intended_rate", "gauge", "Requests a second that the schedule wants now; 0 in a closed loop.",
            reports::prometheus_number(snapshot_.intended_rate));
  page.only("meterproof_load_connections", "gauge", "Connections of the run.", count(snapshot_.connections));
  add_latency(page, "meterproof_load_response_time_seconds", "From the moment a request was due to its reply, without the warm-up.", snapshot_.response_time);
  add_latency(page, "meterproof_load_service_time_seconds", "From the moment a request was sent to its reply, without the warm-up.", snapshot_.service_time);
  return page.take();
}

}  // namespace meterproof::loadgen
