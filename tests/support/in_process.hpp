// A mock server and a runner in one process, without sockets: the bytes go through the same parsers.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "conformance/runner.hpp"
#include "http/client.hpp"
#include "mockserver/engine.hpp"
#include "spec/rules/deviation.hpp"
#include "spec/yaml/loader.hpp"
#include "spec/yaml/scenario.hpp"

namespace meterproof::test {

inline std::string spec_directory() { return std::string(METERPROOF_SOURCE) + "/spec"; }

inline const spec::Spec& paper() {
  static const spec::Spec loaded = [] {
    auto result = yaml::load_spec(spec_directory());
    if (!result) throw std::runtime_error(format(result.problems()));
    return std::move(*result);
  }();
  return loaded;
}

inline yaml::WorldRows sample_world(const spec::Spec& spec) {
  auto rows = yaml::load_world(spec, spec_directory() + "/worlds/sample.yaml");
  if (!rows) throw std::runtime_error(format(rows.problems()));
  return std::move(*rows);
}

/// The fleet's reports and nothing else.
inline spec::Scenario reports_of(const spec::Spec& spec) {
  const auto reports = std::find_if(spec.interfaces.begin(), spec.interfaces.end(), [](const spec::Interface& one) { return !one.simulate.empty(); });
  return yaml::plain_scenario(spec, static_cast<std::size_t>(reports - spec.interfaces.begin()));
}

inline mock::Settings settings_for(const spec::Spec& spec) {
  mock::Settings settings;
  settings.apps = {{"demo", "demo-secret"}, {"other", "other-secret"}};
  settings.utc_offset = spec.authentication.utc_offset;
  settings.tolerance = spec.authentication.tolerance;
  return settings;
}

/// Time that stands still unless somebody sleeps.
class Clock {
 public:
  std::chrono::system_clock::time_point now() const { return now_; }
  void advance(std::chrono::milliseconds span) { now_ += span; }

 private:
  std::chrono::system_clock::time_point now_ = std::chrono::sys_days(std::chrono::year(2026) / 3 / 14) + std::chrono::hours(2);
};

/// What a client would get for these bytes.
inline http::Exchange through(mock::Engine& engine, const std::string& bytes, std::chrono::system_clock::time_point now) {
  wire::HttpParser parser(wire::HttpParser::Kind::request, {});
  std::string_view rest = bytes;
  while (!rest.empty() && parser.state() == wire::HttpState::need_more) {
    const std::size_t taken = parser.feed(rest);
    if (taken == 0) break;
    rest.remove_prefix(taken);
  }
  http::Response response;
  if (parser.state() == wire::HttpState::complete) engine.handle(parser, now, response);
  else response.status = 400, engine.handle_broken(parser, response);
  http::Exchange exchange;
  exchange.outcome = http::Outcome::replied;
  exchange.status = response.status;
  exchange.headers = {{"Content-Type", std::string(response.content_type)}};
  exchange.body = response.body;
  return exchange;
}

/// The requests in these bytes, each handed on as it was written.
inline std::vector<http::Exchange> answer_all(const http::Conversation& conversation, const std::function<http::Exchange(const http::HttpRequest&)>& send) {
  std::string bytes;
  for (const auto& piece : conversation.pieces) bytes += piece.bytes;
  std::vector<http::Exchange> out;
  wire::HttpParser parser(wire::HttpParser::Kind::request, {});
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::size_t taken = parser.feed(rest);
    rest.remove_prefix(taken);
    if (parser.state() != wire::HttpState::complete) break;
    http::HttpRequest request{std::string(parser.method()), std::string(parser.target()), {}, std::string(parser.body())};
    for (auto& header : parser.headers())
      if (!spec::same_letters(header.first, "host") && !spec::same_letters(header.first, "content-length") &&
          !spec::same_letters(header.first, "transfer-encoding"))
        request.headers.push_back(header);
    out.push_back(send(request));
    parser.reset();
  }
  out.resize(conversation.replies);
  return out;
}

inline conformance::CheckOptions options_for(const std::string& role) {
  conformance::CheckOptions options;
  options.target = "http://in-process";
  options.role = role;
  options.scope = {role != "billing", role != "platform"};
  options.apps = {{"demo", "demo-secret"}, {"other", "other-secret"}};
  options.settle = std::chrono::milliseconds(0);
  if (options.scope.platform) options.known = {{"user.cancelled", "U0005"}};  // no interface makes a user with nothing but cancelled meters
  return options;
}

/// A target that answers one request after the other.
inline conformance::Environment environment_for(std::function<http::Exchange(const http::HttpRequest&)> send, Clock& clock) {
  conformance::Environment environment;
  environment.send_together = [send](const std::vector<http::HttpRequest>& requests) {
    std::vector<http::Exchange> out;
    for (const http::HttpRequest& request : requests) out.push_back(send(request));
    return out;
  };
  environment.converse = [send](const http::Conversation& conversation) { return answer_all(conversation, send); };
  environment.send = [send = std::move(send), &clock](const http::HttpRequest& request) {
    clock.advance(std::chrono::milliseconds(1));  // one after the other is not at the same moment
    return send(request);
  };
  environment.address = {"in-process", 80, ""};
  environment.now = [&clock] { return clock.now(); };
  environment.sleep = [&clock](std::chrono::milliseconds span) { clock.advance(span); };
  return environment;
}

/// Codes that nothing provokes from outside: all that may stay inconclusive.
inline bool is_injected(const std::string& id) { return id.ends_with("/-203/database") || id.ends_with("/-999/unknown"); }

/// Checks a mock that serves `served`, by the paper.
inline reports::CheckRecord check_mock(const spec::Spec& served, mock::Settings settings, const conformance::CheckOptions& options) {
  Clock clock;
  mock::Engine engine(served, std::move(settings), sample_world(served));
  const http::Address address{"in-process", 80, ""};
  return conformance::check(paper(), options,
                            environment_for([&](const http::HttpRequest& request) { return through(engine, request.bytes(address), clock.now()); }, clock));
}

/// What a run against a mock with that deviation comes to: the cases that fail, and those that warn.
struct Noticed {
  std::vector<std::string> failed, warned;
};

inline Noticed noticed_of(const std::string& deviation) {
  spec::Spec broken = paper();
  if (const std::string wrong = rules::deviate(broken, deviation); !wrong.empty()) throw std::runtime_error(wrong);
  Noticed out;
  for (const auto& one : check_mock(broken, settings_for(broken), options_for("both")).cases) {
    if (one.verdict == reports::Verdict::failed) out.failed.push_back(one.id);
    if (one.verdict == reports::Verdict::warned) out.warned.push_back(one.id);
  }
  return out;
}

/// Whether the run did with a deviation what it must: failed it, or warned of what breaks no sentence of the paper.
inline bool is_noticed(const rules::Deviation& deviation, const Noticed& noticed) {
  return deviation.category == rules::lenience ? noticed.failed.empty() && !noticed.warned.empty() : !noticed.failed.empty();
}

/// A mock that answers nothing but plain requests: whatever is written down otherwise gets the code of an unreadable body, and what
/// comes at once is answered with success and not done.
inline Noticed noticed_of_transport() {
  Clock clock;
  mock::Engine engine(paper(), settings_for(paper()), sample_world(paper()));
  const http::Address address{"in-process", 80, ""};
  auto environment = environment_for([&](const http::HttpRequest& request) { return through(engine, request.bytes(address), clock.now()); }, clock);
  environment.converse = [](const http::Conversation& conversation) {
    http::Exchange refusal;
    refusal.outcome = http::Outcome::replied;
    refusal.status = 400;
    refusal.body = R"({"ResultCode":-200,"Message":""})";
    return std::vector<http::Exchange>(conversation.replies, refusal);
  };
  environment.send_together = [](const std::vector<http::HttpRequest>& requests) {
    http::Exchange success;
    success.outcome = http::Outcome::replied;
    success.status = 200;
    success.body = R"({"ResultCode":1,"Message":"","DataList":[]})";
    return std::vector<http::Exchange>(requests.size(), success);
  };
  Noticed out;
  for (const auto& one : conformance::check(paper(), options_for("both"), environment).cases) {
    if (one.verdict == reports::Verdict::failed) out.failed.push_back(one.id);
    if (one.verdict == reports::Verdict::warned) out.warned.push_back(one.id);
  }
  return out;
}

}  // namespace meterproof::test
