// SPDX-License-Identifier: Apache-2.0
// What a report costs the mock, sockets aside: parse, authenticate, judge, carry out, answer. The answer is proven first.
#include <benchmark/benchmark.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "core/auth/md5.hpp"
#include "core/json/response_scanner.hpp"
#include "loadgen/virtual_devices.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof {
namespace {

struct MockUnderTest {
  MockUnderTest() : state(test::specification(), options(), test::sample_fixtures(test::specification())), signer(test::specification().authentication) {}

  static mockserver::MockOptions options() {
    mockserver::MockOptions out = test::settings_for(test::specification());
    out.refuse_replays = false;
    return out;
  }
  std::string request(const std::string& body, const std::string& secret = "demo-secret") const {
    const auto stamp = core::local_time(clock.now(), std::chrono::minutes(480)).compact();
    return net::HttpRequest{"POST", test::specification().interface("ReportData")->path, signer.headers({"demo", secret}, stamp), body}.bytes({"h", 80, ""});
  }
  net::Response answer(net::HttpParser& parser, const std::string& bytes) {
    parser.reset();
    parser.feed(bytes);
    net::Response response;
    state.handle(parser, clock.now(), response);
    return response;
  }

  test::Clock clock;
  mockserver::MockState state;
  auth::Signer signer;
};

void prove(const net::Response& response, int code) {
  json::ResponseScanner scanner({"ResultCode", "Message", "DataList"}, {"MeterAddr"});
  const json::ScannedResponse& reply = scanner.scan(response.body);
  if (!reply.is_json || reply.code != code) throw std::runtime_error("the mock answers " + response.body);
}

void report(benchmark::State& state) {
  MockUnderTest bench;
  const core::Workload workload = test::reports_of(test::specification());
  loadgen::VirtualDevices devices(test::specification(), workload, {1000, 0}, 1, 1);
  std::vector<std::string> requests;
  for (int i = 0; i < 1000; ++i) {
    std::string body;
    loadgen::DeviceCall call;
    devices.append_next(body, call, core::local_time(bench.clock.now(), std::chrono::minutes(480)));
    requests.push_back(bench.request(body));
  }
  net::HttpParser parser(net::HttpParser::Kind::request, {});
  prove(bench.answer(parser, requests[0]), 1);
  std::size_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(bench.answer(parser, requests[next++ % requests.size()]));
}
BENCHMARK(report);

/// Where the moment of a reading stands in a report.
std::optional<std::size_t> date_in(const std::string& request) {
  const std::string name = "\"ReadDate\":\"";
  const std::size_t at = request.find(name);
  return at == std::string::npos ? std::nullopt : std::optional(at + name.size());
}

// One state, as many request handlers as threads, a request of its own for each: what the lock costs. The argument: how many meters. Of few, each thread's
// rows were written by the other one just before; of many, the rows are in no cache.
void report_on_threads(benchmark::State& state) {
  static std::unique_ptr<mockserver::MockState> mock;
  static std::vector<std::string> requests;
  const test::Clock clock;
  if (state.thread_index() == 0) {
    MockUnderTest bench;
    loader::Fixtures fixtures = test::sample_fixtures(test::specification());
    const auto meters = static_cast<std::size_t>(state.range(0));
    fixtures.generated_count = meters;
    mock = std::make_unique<mockserver::MockState>(test::specification(), MockUnderTest::options(), std::move(fixtures),
                                                   static_cast<std::size_t>(state.threads()));
    requests.clear();
    const core::Workload workload = test::reports_of(test::specification());
    loadgen::VirtualDevices devices(test::specification(), workload, {meters, 0}, 1, 1);
    for (std::size_t i = 0; i < meters; ++i) {
      std::string body;
      loadgen::DeviceCall call;
      devices.append_next(body, call, core::local_time(clock.now(), std::chrono::minutes(480)));
      requests.push_back(bench.request(body));
      if (!date_in(requests.back())) throw std::runtime_error("a report without a date: " + requests.back());
    }
    prove(bench.answer(*std::make_unique<net::HttpParser>(net::HttpParser::Kind::request, net::HttpLimits{}), requests[0]), 1);
  }
  net::HttpParser parser(net::HttpParser::Kind::request, {});
  const auto thread = static_cast<std::size_t>(state.thread_index());
  // Every other thread goes backwards: those that met at a row would stay together, each waiting for the other's.
  const std::size_t all = requests.size(), step = thread % 2 == 0 ? 1 : all - 1;
  std::size_t next = thread * all / 2;
  std::string request;
  core::DateTime read = core::local_time(clock.now(), std::chrono::minutes(480));  // each later than the one before: otherwise nothing is charged or written
  for (auto _ : state) {
    request = requests[next = (next + step) % all];
    read = read + std::chrono::seconds(1);
    const std::string date = read.to_string();
    request.replace(*date_in(request), date.size(), date);
    parser.reset();
    parser.feed(request);
    net::Response response;
    mock->handle(parser, clock.now(), response, thread);
    benchmark::DoNotOptimize(response);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(report_on_threads)->Arg(1000)->Arg(50'000)->Threads(1)->Threads(2)->UseRealTime();

// A copy of a store of a million meters, as a fork and a snapshot are. It is proven that neither of the two sees what the other does.
void copy_of_a_million_meters(benchmark::State& state) {
  loader::Fixtures fixtures = test::sample_fixtures(test::specification());
  fixtures.generated_count = 1'000'000;
  const mockserver::MockState mock(test::specification(), MockUnderTest::options(), std::move(fixtures));
  const std::size_t meters = *test::specification().table("meter");
  const store::DataStore& original = mock.store();
  store::DataStore other = original;
  if (original.tables()[meters].size() < 1'000'000) throw std::runtime_error("the meters are missing");
  other.put(meters, {{test::specification().tables[meters].key, "of the copy"}});
  if (original.exists(meters, "of the copy") || !other.exists(meters, "of the copy")) throw std::runtime_error("a copy is not of its own");
  for (auto _ : state) benchmark::DoNotOptimize(store::DataStore(original));
}
BENCHMARK(copy_of_a_million_meters)->Unit(benchmark::kMillisecond);

void refusal(benchmark::State& state) {
  MockUnderTest bench;
  const std::string bytes = bench.request(R"({"MeterAddr":"990000000001","ReadNumber":1,"ReadDate":"2026-03-14 10:00:00"})", "wrong");
  net::HttpParser parser(net::HttpParser::Kind::request, {});
  prove(bench.answer(parser, bytes), -202);
  for (auto _ : state) benchmark::DoNotOptimize(bench.answer(parser, bytes));
}
BENCHMARK(refusal);

void token(benchmark::State& state) {
  const auth::Signer signer(test::specification().authentication);
  const auth::App app{"demo", "demo-secret"};
  if (signer.token(app, "20260314100000") != auth::md5_hex("demodemo-secret20260314100000")) throw std::runtime_error("a wrong token");
  std::string out;
  for (auto _ : state) {
    out.clear();
    signer.append_token(out, app, "20260314100000");
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(token);

}  // namespace
}  // namespace meterproof

BENCHMARK_MAIN();
