// SPDX-License-Identifier: Apache-2.0
// A mock server and a runner in one process, without sockets: the bytes go through the same parsers.
#pragma once

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "conformance/runner.hpp"
#include "core/loader/spec_loader.hpp"
#include "core/loader/workload_loader.hpp"
#include "mockserver/mock_state.hpp"
#include "mutation/mutation.hpp"
#include "net/client/http_client.hpp"
#include "tests/support/json.hpp"

namespace meterproof::test {

inline std::string english(const i18n::Message& message) { return i18n::render(message, i18n::Language::en); }
inline std::string notes_of(const reports::CheckRecord& record) { return english(i18n::list(record.notes)); }
inline std::string calibration_of(const reports::CheckRecord& record, const std::string& id) {
  for (const reports::CalibrationRecord& one : record.calibration)
    if (one.id == id) return english(one.value);
  return {};
}

/// Where the specs are; to be changed before `specification` is called for the first time.
inline std::string& spec_directory() {
  static std::string directory = std::string(METERPROOF_SOURCE) + "/spec";
  return directory;
}

inline const core::Spec& specification() {
  static const core::Spec loaded = [] {
    auto result = loader::load_spec(spec_directory());
    if (!result) throw std::runtime_error(format(result.problems(), i18n::Language::en));
    return std::move(*result);
  }();
  return loaded;
}

inline loader::Fixtures sample_fixtures(const core::Spec& spec) {
  auto rows = loader::load_fixtures(spec, spec_directory() + "/fixtures/sample.yaml");
  if (!rows) throw std::runtime_error(format(rows.problems(), i18n::Language::en));
  return std::move(*rows);
}

/// The reports of generated meters and nothing else.
inline core::Workload reports_of(const core::Spec& spec) {
  const auto reports = std::find_if(spec.interfaces.begin(), spec.interfaces.end(), [](const core::Interface& one) { return !one.generators.empty(); });
  return loader::single_interface_workload(spec, static_cast<std::size_t>(reports - spec.interfaces.begin()));
}

inline mockserver::MockOptions settings_for(const core::Spec& spec) {
  mockserver::MockOptions options;
  options.apps = {{"demo", "demo-secret"}, {"other", "other-secret"}};
  options.utc_offset = spec.authentication.utc_offset;
  options.tolerance = spec.authentication.tolerance;
  return options;
}

/// Time that stands still unless somebody sleeps.
class Clock {
 public:
  /// The wall clock, as somebody has set it.
  std::chrono::system_clock::time_point now() const { return true_time() + set_; }
  std::chrono::steady_clock::time_point steady() const { return std::chrono::steady_clock::time_point(passed_); }
  /// A wall clock that nobody sets.
  std::chrono::system_clock::time_point true_time() const { return begin_ + passed_; }
  void advance(std::chrono::milliseconds span) { passed_ += span; }
  /// Sets the wall clock ahead, or back.
  void set(std::chrono::seconds ahead) { set_ += ahead; }

 private:
  std::chrono::system_clock::time_point begin_ = std::chrono::sys_days(std::chrono::year(2026) / 3 / 14) + std::chrono::hours(2);
  std::chrono::milliseconds passed_{0};
  std::chrono::seconds set_{0};
};

/// As a Date header has it.
inline std::string http_date(std::chrono::system_clock::time_point moment) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(moment);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char out[64];
  return {out, std::strftime(out, sizeof out, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

/// What a client would get for these bytes.
inline net::Exchange through(mockserver::MockState& state, const std::string& bytes, std::chrono::system_clock::time_point now) {
  net::HttpParser parser(net::HttpParser::Kind::request, {});
  std::string_view rest = bytes;
  while (!rest.empty() && parser.state() == net::HttpState::need_more) {
    const std::size_t taken = parser.feed(rest);
    if (taken == 0) break;
    rest.remove_prefix(taken);
  }
  net::Response response;
  if (parser.state() == net::HttpState::complete) state.handle(parser, now, response);
  else response.status = 400, state.handle_bad_request(parser, response);
  net::Exchange exchange;
  exchange.transport = net::TransportResult::replied;
  exchange.status = response.status;
  exchange.headers = {{"Content-Type", std::string(response.content_type)}};
  exchange.body = response.body;
  return exchange;
}

/// The requests in these bytes, each handed on as it was written.
inline std::vector<net::Exchange> answer_all(const net::RawExchange& raw_exchange, const std::function<net::Exchange(const net::HttpRequest&)>& send) {
  std::string bytes;
  for (const auto& piece : raw_exchange.segments) bytes += piece.bytes;
  std::vector<net::Exchange> out;
  net::HttpParser parser(net::HttpParser::Kind::request, {});
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::size_t taken = parser.feed(rest);
    rest.remove_prefix(taken);
    if (parser.state() != net::HttpState::complete) break;
    net::HttpRequest request{std::string(parser.method()), std::string(parser.target()), {}, std::string(parser.body())};
    for (auto& header : parser.headers())
      if (!core::equals_ignoring_case(header.first, "host") && !core::equals_ignoring_case(header.first, "content-length") &&
          !core::equals_ignoring_case(header.first, "transfer-encoding"))
        request.headers.push_back(header);
    out.push_back(send(request));
    parser.reset();
  }
  out.resize(raw_exchange.replies);
  return out;
}

inline conformance::CheckOptions options_for(const std::string& role) {
  conformance::CheckOptions options;
  options.target = "http://in-process";
  options.role = role;
  options.scope = {role != "billing", role != "platform"};
  options.apps = {{"demo", "demo-secret"}, {"other", "other-secret"}};
  options.effect_timeout = std::chrono::milliseconds(0);
  options.replay_age = std::chrono::milliseconds(0);                             // a run on a clock that nobody waits for is not held up
  if (options.scope.platform) options.fixtures = {{"user.cancelled", "U0005"}};  // no interface makes a user with nothing but cancelled meters
  return options;
}

/// A target that answers one request after the other.
inline conformance::Environment environment_for(std::function<net::Exchange(const net::HttpRequest&)> send, Clock& clock) {
  conformance::Environment environment;
  environment.send_concurrently = [send](const std::vector<net::HttpRequest>& requests) {
    std::vector<net::Exchange> out;
    for (const net::HttpRequest& request : requests) out.push_back(send(request));
    return out;
  };
  environment.send_raw = [send](const net::RawExchange& raw_exchange) { return answer_all(raw_exchange, send); };
  environment.send = [send = std::move(send), &clock](const net::HttpRequest& request) {
    clock.advance(std::chrono::milliseconds(1));  // one after the other is not at the same moment
    return send(request);
  };
  environment.address = {"in-process", 80, ""};
  environment.now = [&clock] { return clock.now(); };
  environment.steady = [&clock] { return clock.steady(); };
  environment.sleep = [&clock](std::chrono::milliseconds span) { clock.advance(span); };
  return environment;
}

/// Codes that nothing provokes from outside: all that may stay inconclusive.
inline bool is_injected(const std::string& id) { return id.ends_with("/-203/database") || id.ends_with("/-999/unknown"); }

/// The mutant of that id.
inline mutation::Mutant mutant_of(const std::string& id) {
  auto made = mutation::mutate(specification(), id);
  if (!made) throw std::runtime_error(format(made.problems(), i18n::Language::en));
  return std::move(*made);
}

/// Checks a mock that serves `served`, by the specification.
inline reports::CheckRecord check_mock(const core::Spec& served, mockserver::MockOptions mock_options, const conformance::CheckOptions& options,
                                       mutation::MutationHooks& hooks = mutation::MutationHooks::faithful()) {
  Clock clock;
  mockserver::MockState state(served, std::move(mock_options), sample_fixtures(served), 1, hooks);
  const net::Address address{"in-process", 80, ""};
  return conformance::check(specification(), options,
                            environment_for([&](const net::HttpRequest& request) { return through(state, request.bytes(address), clock.now()); }, clock));
}

/// What a run against a mutant of the mock comes to: the cases that fail, and those that warn.
struct Noticed {
  std::vector<std::string> failed, warned;
};

inline reports::CheckRecord record_of(const mutation::Mutation& mutation) {
  const mutation::Mutant mutant = mutant_of(mutation.id);
  return check_mock(mutant.spec, settings_for(mutant.spec), options_for("both"), *mutant.hooks);
}

inline Noticed noticed_in(const reports::CheckRecord& record) {
  Noticed out;
  for (const auto& one : record.cases) {
    if (one.verdict == reports::Verdict::failed) out.failed.push_back(one.id);
    if (one.verdict == reports::Verdict::warned) out.warned.push_back(one.id);
  }
  return out;
}

/// Whether the run did with a mutant what it must: failed it, or warned of what breaks no sentence of the specification.
inline bool is_noticed(const mutation::Mutation& mutation, const Noticed& noticed) {
  return mutation.category == mutation::lenient ? noticed.failed.empty() && !noticed.warned.empty() : !noticed.failed.empty();
}

/// A reply without rows.
inline std::string reply_of(core::Code code) {
  const core::Envelope& envelope = specification().envelope;
  return "{\"" + envelope.code + "\":" + std::to_string(code.value) + ",\"" + envelope.message + "\":\"\",\"" + envelope.rows + "\":[]}";
}

/// A mock that answers nothing but plain requests: whatever is written down otherwise gets the code of an unreadable body, and what
/// comes at once is answered with success and not done.
inline Noticed noticed_of_transport() {
  Clock clock;
  mockserver::MockState state(specification(), settings_for(specification()), sample_fixtures(specification()));
  const net::Address address{"in-process", 80, ""};
  auto environment = environment_for([&](const net::HttpRequest& request) { return through(state, request.bytes(address), clock.now()); }, clock);
  environment.send_raw = [](const net::RawExchange& raw_exchange) {
    net::Exchange refusal;
    refusal.transport = net::TransportResult::replied;
    refusal.status = 400;
    refusal.body = reply_of(specification().common.back().code);
    return std::vector<net::Exchange>(raw_exchange.replies, refusal);
  };
  environment.send_concurrently = [](const std::vector<net::HttpRequest>& requests) {
    net::Exchange success;
    success.transport = net::TransportResult::replied;
    success.status = 200;
    success.body = reply_of(specification().success);
    return std::vector<net::Exchange>(requests.size(), success);
  };
  Noticed out;
  for (const auto& one : conformance::check(specification(), options_for("both"), environment).cases) {
    if (one.verdict == reports::Verdict::failed) out.failed.push_back(one.id);
    if (one.verdict == reports::Verdict::warned) out.warned.push_back(one.id);
  }
  return out;
}

/// A mock that has nothing to say to the request after a long body, or one that is no plain JSON.
inline Noticed noticed_of_robustness() {
  Clock clock;
  mockserver::MockState state(specification(), settings_for(specification()), sample_fixtures(specification()));
  const net::Address address{"in-process", 80, ""};
  constexpr std::size_t long_body = 9'000;
  bool stumbled = false;
  const auto environment = environment_for(
      [&](const net::HttpRequest& request) {
        net::Exchange exchange = through(state, request.bytes(address), clock.now());
        const auto has = [&](const char* member) { return request.body.find(member) != std::string::npos; };
        if (std::exchange(stumbled, request.body.size() > long_body || request.body.empty() || request.body == "null" || has("\"x\":") || has("__proto__") ||
                                        has("1e400") || has("[1]") || has("\\uD83D") || has("{0}${x}") || has("}garbage{")))
          exchange.body = "{}";
        return exchange;
      },
      clock);
  Noticed out;
  for (const auto& one : conformance::check(specification(), options_for("both"), environment).cases) {
    if (one.verdict == reports::Verdict::failed) out.failed.push_back(one.id);
    if (one.verdict == reports::Verdict::warned) out.warned.push_back(one.id);
  }
  return out;
}

/// A mock that turns the valve for an order whose timestamp it refuses.
inline Noticed noticed_of_replays() {
  Clock clock;
  mockserver::MockState state(specification(), settings_for(specification()), sample_fixtures(specification()));
  std::map<std::string, int> turned;  // by meter
  const auto environment = environment_for(
      [&](const net::HttpRequest& request) {
        net::Exchange exchange = through(state, request.bytes({"in-process", 80, ""}), clock.now());
        const auto order = json_of(request.body);
        auto reply = json_of(exchange.body);
        if (!order.is_object() || !reply.is_object()) return exchange;
        if (order.contains("ValveMode") && order["ValveMode"].is_number() && order.contains("MeterAddr") && order["MeterAddr"].is_string()) {
          const std::string meter = order["MeterAddr"];
          if (reply["ResultCode"] == 1) turned.erase(meter);
          if (reply["ResultCode"] == -201) turned[meter] = order["ValveMode"] == 1 ? 1 : 2;
        }
        if (!reply.contains("DataList") || !reply["DataList"].is_array()) return exchange;
        for (auto& row : reply["DataList"])
          if (const auto other = turned.find(row.value("MeterAddr", "")); other != turned.end() && row.contains("ValveState"))
            row["ValveState"] = other->second;
        exchange.body = reply.dump();
        return exchange;
      },
      clock);
  Noticed out;
  for (const auto& one : conformance::check(specification(), options_for("both"), environment).cases) {
    if (one.verdict == reports::Verdict::failed) out.failed.push_back(one.id);
    if (one.verdict == reports::Verdict::warned) out.warned.push_back(one.id);
  }
  return out;
}

}  // namespace meterproof::test
