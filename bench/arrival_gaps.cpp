// SPDX-License-Identifier: Apache-2.0
// A server that measures how evenly requests arrive, and that can freeze, to check what a client reports then.
// Usage: meterproof_arrival_gaps SECONDS_FROZEN_IN_SIX REPLY
// Prints `listening on …`. After SIGTERM it prints one line of JSON: number of requests, mean gap in microseconds, coefficient of variation.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "net/server/http_server.hpp"

int main(int argc, char** argv) {
  using namespace meterproof;
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds period{6};
  const std::chrono::duration<double> frozen(argc > 1 ? std::atof(argv[1]) : 0);
  const std::string reply = argc > 2 ? argv[2] : "{}";
  std::vector<Clock::time_point> arrivals;
  arrivals.reserve(10'000'000);
  net::ServerOptions options;
  options.port = 0;
  options.drain = std::chrono::milliseconds(100);
  const auto begin = Clock::now();
  auto next_freeze = begin + period;
  const net::Handler handler = [&](const net::HttpParser&, const net::Arrival&, net::Response& response) {
    const auto now = Clock::now();
    arrivals.push_back(now);
    response.body = reply;
    if (frozen.count() > 0 && now >= next_freeze) {
      next_freeze += period;
      std::this_thread::sleep_for(frozen);
    }
  };
  net::HttpServer server(options, handler, handler);
  std::printf("listening on http://127.0.0.1:%u\n", static_cast<unsigned>(server.port()));
  std::fflush(stdout);
  server.run(true);
  double sum = 0, squares = 0;
  // Without the first and the last tenth, in which connections are opened and the run ends.
  const std::size_t first = arrivals.size() / 10, last = arrivals.size() - arrivals.size() / 10;
  for (std::size_t i = first + 1; i < last; ++i) {
    const double gap = std::chrono::duration<double>(arrivals[i] - arrivals[i - 1]).count();
    sum += gap;
    squares += gap * gap;
  }
  const auto count = static_cast<double>(last > first + 1 ? last - first - 1 : 1);
  const double mean = sum / count;
  std::printf("{\"requests\": %zu, \"mean_us\": %.3f, \"variation\": %.3f}\n", arrivals.size(), mean * 1e6,
              std::sqrt(std::max(0.0, squares / count - mean * mean)) / mean);
  return 0;
}
