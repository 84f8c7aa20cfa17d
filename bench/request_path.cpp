// SPDX-License-Identifier: Apache-2.0
// Sends reports from the load generator to the mock in one process, without sockets, so that callgrind can count the instructions of a report.
// Usage: meterproof_request_path REPORTS DEVICES (see bench/instructions). Fails if a report was not answered with success.
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_TOGGLE_COLLECT
#endif

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>

#include "loadgen/load_worker.hpp"
#include "loadgen/run_clock.hpp"
#include "tests/support/in_process.hpp"

namespace {

using namespace meterproof;

constexpr std::size_t batch = 32;  // as many connections as the event loop handles at once
constexpr std::size_t apps = 2000;
// The clock is simulated: with the real one, per-second work would depend on how busy the machine is.
constexpr std::chrono::microseconds time_per_report{7};

void run(std::uint64_t reports, std::uint64_t devices) {
  const core::Spec& spec = test::specification();
  mockserver::MockOptions mock_options = test::settings_for(spec);
  mock_options.apps.clear();
  for (std::size_t i = 0; i < apps; ++i) mock_options.apps.push_back({"app" + std::to_string(i), "secret-of-" + std::to_string(i)});
  loader::Fixtures fixtures = test::sample_fixtures(spec);
  fixtures.generated_count = devices;
  mockserver::MockState mock(spec, mock_options, fixtures);

  loadgen::LoadOptions options;
  options.address = {"127.0.0.1", 8080, ""};
  options.workload = test::reports_of(spec);
  options.connections = batch;
  options.duration = std::chrono::hours(24);  // the number of reports ends the run
  options.devices = {devices, 0};
  options.timestamps = {true, mock_options.tolerance, {}};
  loadgen::VirtualDevices virtual_devices(spec, options.workload, options.devices, 1, 1);
  loadgen::TimestampAllocator timestamps(spec.authentication, mock_options.apps, options.timestamps);
  timestamps.use_whole_window();
  std::vector<loadgen::AcknowledgedWrites> no_reconciliation;
  loadgen::LoadWorker worker(spec, options, virtual_devices, timestamps, no_reconciliation, nullptr);

  net::HttpParser request_parser(net::HttpParser::Kind::request, {}), response_parser(net::HttpParser::Kind::response, {});
  net::Response response;
  std::vector<std::string> requests(batch), replies(batch);
  const auto begin = std::chrono::steady_clock::now();
  const auto wall_begin = std::chrono::system_clock::now();
  const loadgen::RunClock clock(spec, wall_begin, begin);
  worker.begin(begin, clock);
  CALLGRIND_TOGGLE_COLLECT;
  for (std::uint64_t sent = 0; sent < reports; sent += batch) {
    const auto now = begin + sent * time_per_report;
    const auto wall_clock = wall_begin + sent * time_per_report;
    for (std::size_t i = 0; i < batch; ++i) {
      if (worker.next_due(now) > now) throw std::runtime_error("no request is due");
      requests[i].clear();
      worker.make_request(i, now, requests[i]);
    }
    for (std::size_t i = 0; i < batch; ++i) worker.on_sent(i, now, now);
    for (std::size_t i = 0; i < batch; ++i) {
      if (request_parser.feed_complete(requests[i]) == 0 && request_parser.feed(requests[i]) != requests[i].size())
        throw std::runtime_error("a request is not parsed: " + requests[i]);
      response.body.clear();
      mock.handle(request_parser, net::Arrival(wall_clock), response);
      request_parser.reset();
      replies[i] = "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\n\r\n" +
                   response.body;
    }
    for (std::size_t i = 0; i < batch; ++i) {
      if (response_parser.feed_complete(replies[i]) == 0 && response_parser.feed(replies[i]) != replies[i].size())
        throw std::runtime_error("a reply is not parsed: " + replies[i]);
      worker.on_response(i, now, response_parser);
      response_parser.reset();
    }
  }
  CALLGRIND_TOGGLE_COLLECT;
  worker.finish(std::chrono::steady_clock::now());
  reports::LoadRecord record;
  worker.fill_record(record);
  if (record.good != record.requests || record.requests < reports) throw std::runtime_error("not every report was accepted");
  std::printf("%llu reports, %.0f ns each\n", static_cast<unsigned long long>(record.requests),
              std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() / static_cast<double>(record.requests));
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fprintf(stderr, "usage: meterproof_request_path REPORTS DEVICES\n");
    return 2;
  }
  run(std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10));
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
