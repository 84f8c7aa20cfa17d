// Servers that do nothing right: none of them passes a single negative case, and no run against them is good.
#include <gtest/gtest.h>

#include <map>

#include "tests/support/in_process.hpp"

namespace meterproof {
namespace {

using Send = std::function<http::Exchange(const http::HttpRequest&)>;

http::Exchange with(int status, std::string body) {
  http::Exchange exchange;
  exchange.outcome = http::Outcome::replied;
  exchange.status = status;
  exchange.body = std::move(body);
  return exchange;
}

Send always(int status, const std::string& body) {
  return [=](const http::HttpRequest&) { return with(status, body); };
}

Send fails(http::Outcome outcome) {
  return [=](const http::HttpRequest&) {
    http::Exchange exchange;
    exchange.outcome = outcome;
    return exchange;
  };
}

std::map<std::string, Send> degenerate_servers() {
  std::map<std::string, Send> servers = {
      {"always 1", always(200, R"({"ResultCode":1,"Message":"ok"})")},
      {"always 1 with an empty list", always(200, R"({"ResultCode":1,"Message":"ok","DataList":[]})")},
      {"always 1 with an empty row", always(200, R"({"ResultCode":1,"Message":"ok","DataList":[{}]})")},
      {"always 0", always(200, R"({"ResultCode":0,"Message":"no"})")},
      {"always -1", always(200, R"({"ResultCode":-1,"Message":"no"})")},
      {"always -200", always(200, R"({"ResultCode":-200,"Message":"no"})")},
      {"always -202", always(200, R"({"ResultCode":-202,"Message":"no"})")},
      {"always -999", always(200, R"({"ResultCode":-999,"Message":"no"})")},
      {"echo", [](const http::HttpRequest& request) { return with(200, request.body); }},
      {"empty 200", always(200, "")},
      {"HTML 500", always(500, "<html><body>Internal Server Error</body></html>")},
      {"garbage JSON", always(200, R"({"ResultCode":)")},
      {"a list", always(200, "[1,2,3]")},
      {"no HTTP", fails(http::Outcome::no_http)},
  };
  return servers;
}

bool is_negative(const std::string& id) {
  const std::size_t slash = id.find('/');
  return slash != std::string::npos && (id.compare(slash + 1, 1, "-") == 0 || id.compare(slash + 1, 2, "0/") == 0);
}

TEST(Degenerate, NonePassesANegativeCaseOrTheRun) {
  for (const auto& [name, send] : degenerate_servers()) {
    test::Clock clock;
    const auto record = conformance::check(test::paper(), test::options_for("both"), test::environment_for(send, clock));
    for (const auto& one : record.cases)
      if (is_negative(one.id)) EXPECT_NE(one.verdict, reports::Verdict::passed) << name << " passes " << one.id;
    EXPECT_TRUE(record.exit_code == 1 || record.exit_code == 4) << name << ": " << record.exit_code;
  }
}

TEST(Degenerate, SilentServersAreUnreachable) {
  for (const http::Outcome outcome : {http::Outcome::closed, http::Outcome::timed_out, http::Outcome::refused, http::Outcome::reset}) {
    test::Clock clock;
    const auto record = conformance::check(test::paper(), test::options_for("platform"), test::environment_for(fails(outcome), clock));
    EXPECT_EQ(record.exit_code, 3);
    EXPECT_NE(record.note, "");
  }
}

TEST(Degenerate, RightCodesWithoutEffectsFail) {
  // The mock's own judgement, and nothing carried out: every answer is right, and nothing happens.
  spec::Spec idle = test::paper();
  for (spec::Interface& interface : idle.interfaces)
    std::erase_if(interface.effects, [](const spec::Step& step) { return step.kind == spec::Step::Kind::update || step.kind == spec::Step::Kind::settle; });
  const auto record = test::check_mock(idle, test::settings_for(idle), test::options_for("both"));
  EXPECT_EQ(record.exit_code, 1);
}

}  // namespace
}  // namespace meterproof
