// SPDX-License-Identifier: Apache-2.0
// A load that is of no use, because the target refuses its appIds or is none of this interface, ends at once and is explained.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/auth/conventions.hpp"
#include "net/fd.hpp"
#include "reports/signature_trials.hpp"
#include "tests/support/load_runs.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace load_refusal_test {

using nlohmann::json;
using test::Finished;
using test::Mock;
using test::run;
using test::temporary;
using test::with_replays;

TEST(LoadRun, AWrongSecretEndsAtOnce) {
  const Mock mock({"--app", "a:s", "--app", "b:s"});
  for (const std::vector<std::string>& how :
       std::vector<std::vector<std::string>>{{"--rate", "20", "--duration", "1m"},
                                             {"--rate", "max", "--duration", "10m"},
                                             {"--rate", "20", "--duration", "1m", "--shard", "0/2", "--start-at", "every:1h"},
                                             {"--find-capacity", "p99<50ms", "--duration", "1s"},
                                             {"--rate", "5", "--duration", "1m", "--repeat", "3"}}) {
    const std::string file = temporary("refused.json");
    std::vector<std::string> arguments = {"load", mock.url(), "--app", "a:wrong", "--json", file};
    arguments.insert(arguments.end(), how.begin(), how.end());
    const Finished done = run(arguments);
    EXPECT_EQ(done.exit_code, 4) << done.out;
    EXPECT_NE(done.out.find("refuses every appId given, or its secret (HTTP 200, code -202"), std::string::npos) << done.out;
    const auto record = json::parse(test::read_file(file));
    EXPECT_EQ(record["requests"], 0) << done.out;
    EXPECT_LE(record["first_exchanges"], 2 + reports::most_signature_trials) << done.out;
    EXPECT_NE(done.out.find("other known ways to sign was accepted either"), std::string::npos) << done.out;
  }
  // A target that refuses with HTTP 401, and gives the code.
  test::Platform unauthorized([](auto&, const auto&, auto& response) {
    response.status = 401;
    response.body = R"({"ResultCode":-202,"Message":"who are you?"})";
  });
  const Finished status = run({"load", unauthorized.url(), "--app", "demo:x", "--rate", "20", "--duration", "1m"});
  EXPECT_EQ(status.exit_code, 4) << status.out;
  EXPECT_NE(status.out.find("(HTTP 401, code -202: \"who are you?\")"), std::string::npos) << status.out;

  const std::string file = temporary("one-refused.json");
  const Finished one_of_two =
      run({"load", mock.url(), "--app", "a:wrong", "--app", "b:s", "--rate", "20", "--duration", "1s", "--max-generator-lag", "1m", "--json", file});
  EXPECT_EQ(one_of_two.exit_code, 0) << one_of_two.out;
  EXPECT_NE(one_of_two.out.find("appId a is left out"), std::string::npos) << one_of_two.out;
  const auto record = json::parse(test::read_file(file));
  EXPECT_EQ(record["apps"], 1);
  EXPECT_EQ(record["result_codes"], (json{{"1", 20}}));
}

/// Whether it is signed in that way, within a minute of now.
bool is_signed_by(const auth::Convention& convention, const net::HttpParser& request) {
  const core::Authentication& authentication = test::specification().authentication;
  const auth::App app{"demo", "demo-secret"};
  for (int off = -60; off <= 60; ++off) {
    const auto at = std::chrono::system_clock::now() + std::chrono::seconds(off);
    const auth::Moment moment{core::local_time(at, authentication.utc_offset), core::local_time(at, std::chrono::minutes(0))};
    const auth::SignatureValues values = sign(convention, auth::Signer(authentication), app, moment);
    if (request.header("AccessToken") == values.token && request.header("Authorization") == values.authorization) return true;
  }
  return false;
}

// What check finds out, load does: by the same trials.
TEST(LoadRun, ARefusedSignatureIsExplained) {
  const auto refusing = [](const std::string& id) {
    return [&convention = auth::convention(id)](auto&, const net::HttpParser& request, net::Response& response) {
      response.body = is_signed_by(convention, request) ? R"({"ResultCode":1,"Message":"ok"})" : R"({"ResultCode":-202,"Message":"who are you?"})";
    };
  };
  const auto unauthorized = [](auto&, const net::HttpParser& request, net::Response& response) {
    if (is_signed_by(auth::convention("token-upper-case"), request)) {
      response.body = R"({"ResultCode":1,"Message":"ok"})";
    } else {
      response.status = 401;
      response.body = "no";
    }
  };
  const auto in_utc = [](mockserver::MockState& state, const net::HttpParser& request, net::Response& response) {
    state.handle(request, std::chrono::system_clock::now() - std::chrono::hours(8), response);
  };
  const auto three_hours_ahead = [](mockserver::MockState& state, const net::HttpParser& request, net::Response& response) {
    state.handle(request, std::chrono::system_clock::now() + std::chrono::hours(3), response);
  };
  const struct {
    test::Platform::Answer answer;
    std::vector<std::string> says;
  } table[] = {
      {refusing("token-secret-first"),
       {"refuses every appId given", "\"who are you?\"", "it does accept a signature in which " + auth::convention("token-secret-first").what.en}},
      {unauthorized, {"is no reply of this interface", "it does accept a signature in which " + auth::convention("token-upper-case").what.en}},
      {in_utc, {"refuses the present time as a timestamp", "it does accept a signature in which the timestamp is in UTC"}},
      {three_hours_ahead, {"refuses the present time as a timestamp", "it does accept the time of UTC+11:00; the specification's time is UTC+08:00"}},
  };
  for (const auto& row : table) {
    const test::Platform platform(row.answer);
    const std::string file = temporary("explained.json");
    const Finished done =
        run({"load", platform.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "20", "--duration", "1m", "--json", file});
    EXPECT_EQ(done.exit_code, 4) << done.out;
    for (const std::string& said : row.says) EXPECT_NE(done.out.find(said), std::string::npos) << said << "\n" << done.out;
    EXPECT_EQ(json::parse(test::read_file(file))["requests"], 0) << "it is told, and not measured";
  }
}

// Told once, and a signature that gets lost on the way is named.
TEST(LoadRun, ARefusalIsToldOnce) {
  const test::Platform platform(
      [](auto&, const auto&, auto& response) { response.body = R"({"ResultCode":-202,"Message":"header Authorization is missing"})"; });
  const Finished done = run({"load", platform.url(), "--app", "a:the-secret-a", "--app", "b:the-secret-b", "--rate", "20", "--duration", "1m"});
  EXPECT_EQ(done.exit_code, 4) << done.out;
  const std::string said = "header Authorization is missing\"";
  const std::size_t first = done.out.find(said);
  ASSERT_NE(first, std::string::npos) << done.out;
  EXPECT_EQ(done.out.find(said, first + 1), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("most likely a proxy or the web server before it removes the header"), std::string::npos) << done.out;
}

TEST(LoadRun, AppIdsThatAreRefusedLaterEndTheRun) {
  std::size_t calls = 0;
  test::Platform platform(
      [&](auto& state, const auto& request, auto& response) {
        test::answer_as_the_mock(state, request, response);
        if (++calls > 1) response.body = R"({"ResultCode":-202,"Message":"revoked"})";
      },
      with_replays());
  const std::string file = temporary("revoked.json");
  const Finished done = run({"load", platform.url(), "--max-generator-lag", "1m", "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "200",
                             "--duration", "10m", "--json", file});
  EXPECT_EQ(done.exit_code, 4) << done.out;
  EXPECT_NE(done.out.find("refused every appId, the first 20 requests of each (-202)"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("appId demo: "), std::string::npos) << done.out;
  EXPECT_LT(json::parse(test::read_file(file))["requests"].get<int>(), 1000);
}

TEST(LoadRun, AServerOfAnotherKindIsNamedAtOnce) {
  const struct {
    int status;
    const char* headers;
    const char* body;
    const char* says;
  } table[] = {
      {404, "", "<html><title>Not Found</title></html>", "HTTP 404, "},
      {302, "Location: http://login.example/\r\n", "", "HTTP 302, a redirect to http://login.example/"},
      {200, "", "<html>Welcome</html>", "<html>Welcome</html>"},
      {200, "", R"({"success":true})", R"({"success":true})"},
      {200, "", R"([1,2])", "[1,2]"},
      {500, "", R"({"error":"database"})", "HTTP 500, "},  // with a result code it would be a refusal
      {401, "", "who are you?", "who are you?"},
  };
  for (const auto& row : table) {
    test::Platform platform([&](auto&, const auto&, auto& response) {
      response.status = row.status;
      response.extra_headers = row.headers;
      response.body = row.body;
    });
    const std::string file = temporary("foreign.json");
    const Finished done =
        run({"load", platform.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "50", "--duration", "10m", "--json", file});
    EXPECT_EQ(done.exit_code, 4) << done.out;
    EXPECT_NE(done.out.find("is no reply of this interface"), std::string::npos) << done.out;
    EXPECT_NE(done.out.find(row.says), std::string::npos) << done.out;
    EXPECT_EQ(json::parse(test::read_file(file))["requests"], 0) << done.out;
  }
}

// As check tells it: a code is no answer where everything gets it.
TEST(LoadRun, ATargetThatAnswersOneCodeToEverythingIsNamedAtOnce) {
  for (const char* code : {"-200", "-999", "0", "-1"}) {
    const test::Platform platform([&](auto&, const auto&, auto& response) { response.body = std::string(R"({"ResultCode":)") + code + R"(,"Message":"x"})"; });
    const std::string file = temporary("one-code.json");
    const Finished done =
        run({"load", platform.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "20", "--duration", "10m", "--json", file});
    EXPECT_EQ(done.exit_code, 4) << done.out;
    EXPECT_NE(done.out.find("the target answers " + std::string(code) + " to everything"), std::string::npos) << done.out;
    EXPECT_EQ(json::parse(test::read_file(file))["requests"], 0) << done.out;
  }
  // One that does look at the signature is measured, whatever it refuses.
  test::Platform refusing(
      [](auto& state, const auto& request, auto& response) {
        test::answer_as_the_mock(state, request, response);
        if (json::parse(response.body)["ResultCode"] == 1) response.body = R"({"ResultCode":0,"Message":"no"})";
      },
      with_replays());
  const Finished done =
      run({"load", refusing.url(), "--max-generator-lag", "1m", "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "50", "--duration", "500ms"});
  EXPECT_EQ(done.exit_code, 1) << done.out;
}

/// Sends the same bytes to whoever connects, unasked.
class Greeter {
 public:
  explicit Greeter(std::string_view greeting) {
    listener_ = net::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
    EXPECT_EQ(::listen(listener_.get(), 128), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
    port_ = ::ntohs(address.sin_port);
    thread_ = std::thread([this, greeting] {
      for (;;) {
        const int accepted = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (accepted < 0) return;
        open_.emplace_back(accepted);
        (void)::send(accepted, greeting.data(), greeting.size(), MSG_NOSIGNAL);
      }
    });
  }
  ~Greeter() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  Greeter(const Greeter&) = delete;
  Greeter& operator=(const Greeter&) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  net::Fd listener_;
  std::uint16_t port_ = 0;
  std::vector<net::Fd> open_;
  std::thread thread_;
};

TEST(LoadRun, AnotherProtocolIsNamedAndShown) {
  static constexpr std::string_view greeting{
      "\x4a\0\0\0\x0a"
      "8.0.36\0\x0b\0\0\0abcdefgh\0",
      24};
  const Greeter server(greeting);
  const Finished done =
      run({"load", server.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "20", "--duration", "10m", "--connections", "4"});
  EXPECT_EQ(done.exit_code, 3) << done.out;
  EXPECT_NE(done.out.find("MySQL"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("8.0.36"), std::string::npos) << done.out;
}

// A check of the same bytes ends with 4, too: tests/foreign_test.cpp.
TEST(LoadRun, HttpWithABrokenHeaderIsHttpAllTheSame) {
  const Greeter server("HTTP/1.1 200 OK\r\nContent-Length 5\r\n\r\nhello");
  const Finished done =
      run({"load", server.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "20", "--duration", "10m", "--connections", "4"});
  EXPECT_EQ(done.exit_code, 4) << done.out;
  EXPECT_NE(done.out.find("HTTP that cannot be read"), std::string::npos) << done.out;
}

TEST(LoadRun, A404WithACodeToEverythingIsNoInterface) {
  test::Platform absent([](auto&, const auto&, auto& response) {
    response.status = 404;
    response.body = R"({"ResultCode":-999,"Message":""})";
  });
  const Finished done = run({"load", absent.url(), "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "20", "--duration", "10m"});
  EXPECT_EQ(done.exit_code, 4) << done.out;
  EXPECT_NE(done.out.find("HTTP 404, application/json"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("no interface here"), std::string::npos) << done.out;
}

}  // namespace load_refusal_test
}  // namespace meterproof
