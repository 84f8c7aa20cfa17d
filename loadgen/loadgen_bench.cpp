// What a request costs the generator, part by part. Each proves its answer before it is timed.
#include <benchmark/benchmark.h>

#include <stdexcept>

#include "loadgen/fleet.hpp"
#include "loadgen/histogram.hpp"
#include "loadgen/stamps.hpp"
#include "spec/wire/http_parser.hpp"
#include "spec/wire/json_request.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof {
namespace {

void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

void encode_report(benchmark::State& state) {
  const spec::Scenario scenario = test::reports_of(test::paper());
  load::Fleet fleet(test::paper(), scenario, {static_cast<std::uint64_t>(state.range(0)), 0}, 1, 1);
  std::string body;
  load::Call call;
  fleet.append_next(body, call, spec::DateTime{1'800'000'000});
  wire::JsonReader reader;
  require(reader.read(body) && reader.members().size() == test::paper().interfaces[scenario.mix[0].interface].request.size(), body);
  for (auto _ : state) {
    body.clear();
    fleet.append_next(body, call, spec::DateTime{1'800'000'000});
    benchmark::DoNotOptimize(body);
  }
}
BENCHMARK(encode_report)->Arg(1000)->Arg(1'000'000);

void sign_request(benchmark::State& state) {
  std::vector<wire::App> apps;
  for (int i = 0; i < 2000; ++i) apps.push_back({"app" + std::to_string(i), "secret-of-" + std::to_string(i)});
  load::Stamps stamps(test::paper().authentication, apps, {true, std::chrono::hours(24 * 300), {}});
  stamps.use_whole_window();
  const spec::DateTime now{1'800'000'000};
  std::string lines;
  require(stamps.append_signature(lines, now), "no timestamp is left");
  mock::Settings settings = test::settings_for(test::paper());
  settings.apps = apps;
  settings.tolerance = std::chrono::hours(24 * 300);
  settings.refuse_replays = false;
  mock::Authenticator authenticator(test::paper(), settings);
  mock::Bench bench;
  const auto value = [&](const std::string& name) {
    const std::size_t at = lines.find(name + ": ") + name.size() + 2;
    return lines.substr(at, lines.find('\r', at) - at);
  };
  const std::string token = value("AccessToken"), authorization = value("Authorization");
  require(!authenticator.check(authenticator.claim(token, authorization, bench), now, bench), "the signature is refused");
  for (auto _ : state) {
    lines.clear();
    benchmark::DoNotOptimize(stamps.append_signature(lines, now));
  }
}
BENCHMARK(sign_request);

const std::string answer =
    R"({"ResultCode":1,"Message":"success","DataList":[{"MeterAddr":"990000000000","UnitPrice":2.61,"Remnant":68.68,"RemnantTime":"2026-01-10 00:09:00","ValveMode":1,"LastPayMoney":100.00,"LastPayTime":"2026-01-03 18:20"}]})";
const std::string reply =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: " + std::to_string(answer.size()) + "\r\n\r\n" + answer;

void parse_reply(benchmark::State& state) {
  wire::HttpParser parser(wire::HttpParser::Kind::response, {});
  require(parser.feed(reply) == reply.size() && parser.status() == 200, "the reply is not read");
  for (auto _ : state) {
    parser.reset();
    benchmark::DoNotOptimize(parser.feed(reply));
  }
}
BENCHMARK(parse_reply);

void judge_reply(benchmark::State& state) {
  const spec::Scenario scenario = test::reports_of(test::paper());
  load::Fleet fleet(test::paper(), scenario, {1, 0}, 1, 1);
  load::Call call;
  std::string body;
  fleet.append_next(body, call, spec::DateTime{1'800'000'000});
  wire::ReplyScanner scanner = fleet.caller(0).scanner();
  require(fleet.caller(0).hear(call, scanner.scan(answer)).empty() && scanner.scan(answer).code == 1, "the reply is not judged right");
  for (auto _ : state) benchmark::DoNotOptimize(fleet.caller(0).hear(call, scanner.scan(answer)));
}
BENCHMARK(judge_reply);

void record_latency(benchmark::State& state) {
  load::Histogram histogram;
  std::chrono::nanoseconds value(0);
  for (auto _ : state) histogram.record(value += std::chrono::nanoseconds(997));
  require(histogram.count() == static_cast<std::uint64_t>(state.iterations()), "records are missing");
}
BENCHMARK(record_latency);

void read_request(benchmark::State& state) {
  const spec::Scenario scenario = test::reports_of(test::paper());
  load::Fleet fleet(test::paper(), scenario, {1, 0}, 1, 1);
  load::Call call;
  std::string body;
  fleet.append_next(body, call, spec::DateTime{1'800'000'000});
  wire::JsonReader reader;
  require(reader.read(body), "the body is not read");
  for (auto _ : state) benchmark::DoNotOptimize(reader.read(body));
}
BENCHMARK(read_request);

}  // namespace
}  // namespace meterproof
