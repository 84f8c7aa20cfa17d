// SPDX-License-Identifier: Apache-2.0
// Micro-benchmarks of what a request costs the generator. Each checks its result before it is timed.
#include <benchmark/benchmark.h>

#include <stdexcept>

#include "core/json/request_body_parser.hpp"
#include "loadgen/histogram.hpp"
#include "loadgen/timestamp_allocator.hpp"
#include "loadgen/virtual_devices.hpp"
#include "net/http/http_parser.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof {
namespace {

void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

void encode_report(benchmark::State& state) {
  const core::Workload workload = test::reports_of(test::specification());
  loadgen::VirtualDevices devices(test::specification(), workload, {static_cast<std::uint64_t>(state.range(0)), 0}, 1, 1);
  std::string body;
  loadgen::DeviceCall call;
  devices.append_next(body, call, core::DateTime{1'800'000'000});
  json::RequestBodyParser reader;
  require(reader.parse(body) && reader.members().size() == test::specification().interfaces[workload.mix[0].interface].request.size(), body);
  for (auto _ : state) {
    body.clear();
    devices.append_next(body, call, core::DateTime{1'800'000'000});
    benchmark::DoNotOptimize(body);
  }
}
BENCHMARK(encode_report)->Arg(1000)->Arg(1'000'000);

void sign_request(benchmark::State& state) {
  std::vector<auth::App> apps;
  // As many appIds as ci/bench uses, with a window that lasts for any number of iterations.
  constexpr int count = 2000;
  apps.reserve(count);
  for (int i = 0; i < count; ++i) apps.push_back({"app" + std::to_string(i), "secret-of-" + std::to_string(i)});
  loadgen::TimestampAllocator timestamps(test::specification().authentication, apps, {true, std::chrono::hours(24 * 300), {}});
  timestamps.use_whole_window();
  const core::DateTime now{1'800'000'000};
  std::string lines;
  require(timestamps.append_signature(lines, now), "no timestamp is left");
  mockserver::MockOptions settings = test::settings_for(test::specification());
  settings.apps = apps;
  settings.tolerance = std::chrono::hours(24 * 300);
  settings.refuse_replays = false;
  mockserver::Authenticator authenticator(test::specification(), settings);
  mockserver::SignatureScratch scratch;
  const auto value = [&](const std::string& name) {
    const std::size_t at = lines.find(name + ": ") + name.size() + 2;
    return lines.substr(at, lines.find('\r', at) - at);
  };
  const std::string token = value("AccessToken"), authorization = value("Authorization");
  require(!authenticator.check(authenticator.presented(token, authorization, scratch), now, scratch), "the signature is refused");
  for (auto _ : state) {
    lines.clear();
    benchmark::DoNotOptimize(timestamps.append_signature(lines, now));
  }
}
BENCHMARK(sign_request);

const std::string answer =
    R"({"ResultCode":1,"Message":"success","DataList":[{"MeterAddr":"990000000000","UnitPrice":2.61,"Remnant":68.68,"RemnantTime":"2026-01-10 00:09:00","ValveMode":1,"LastPayMoney":100.00,"LastPayTime":"2026-01-03 18:20"}]})";
const std::string reply =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: " + std::to_string(answer.size()) + "\r\n\r\n" + answer;

void parse_reply(benchmark::State& state) {
  net::HttpParser parser(net::HttpParser::Kind::response, {});
  require(parser.feed(reply) == reply.size() && parser.status() == 200, "the reply is not read");
  for (auto _ : state) {
    parser.reset();
    benchmark::DoNotOptimize(parser.feed(reply));
  }
}
BENCHMARK(parse_reply);

void judge_reply(benchmark::State& state) {
  const core::Workload workload = test::reports_of(test::specification());
  loadgen::VirtualDevices devices(test::specification(), workload, {1, 0}, 1, 1);
  loadgen::DeviceCall call;
  std::string body;
  devices.append_next(body, call, core::DateTime{1'800'000'000});
  json::ResponseScanner scanner = devices.request_template(0).scanner();
  require(devices.request_template(0).on_response(call, scanner.scan(answer)).empty() && scanner.scan(answer).code == 1, "the reply is not judged correctly");
  for (auto _ : state) {
    const auto* found = &devices.request_template(0).on_response(call, scanner.scan(answer));
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(judge_reply);

void record_latency(benchmark::State& state) {
  loadgen::Histogram histogram;
  std::chrono::nanoseconds value(0);
  for (auto _ : state) histogram.record(value += std::chrono::nanoseconds(997));
  require(histogram.count() == static_cast<std::uint64_t>(state.iterations()), "records are missing");
}
BENCHMARK(record_latency);

void read_request(benchmark::State& state) {
  const core::Workload workload = test::reports_of(test::specification());
  loadgen::VirtualDevices devices(test::specification(), workload, {1, 0}, 1, 1);
  loadgen::DeviceCall call;
  std::string body;
  devices.append_next(body, call, core::DateTime{1'800'000'000});
  json::RequestBodyParser reader;
  require(reader.parse(body), "the body is not read");
  for (auto _ : state) benchmark::DoNotOptimize(reader.parse(body));
}
BENCHMARK(read_request);

}  // namespace
}  // namespace meterproof
