// SPDX-License-Identifier: Apache-2.0
// Time has a bound: targets that stop answering in every way, runs with a limit, and signals while something is waited for.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "net/client/http_client.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace dead_target_test {

using nlohmann::json;
using test::Finished;
using test::Process;
using test::run;
using test::temporary;
using Clock = std::chrono::steady_clock;

/// A mock that answers that many requests, and goes wrong then.
class Dying {
 public:
  explicit Dying(int after, const std::string& fault) {
    (void)admin({"POST", "/_mock/faults", {{"Content-Type", "application/json"}}, "{\"after\":" + std::to_string(after) + "," + fault + "}"});
  }
  std::string url() { return "http://127.0.0.1:" + std::to_string(mock_.port()); }
  /// Requests that went wrong so far.
  int hits() { return admin({"GET", "/_mock/faults", {}, ""})["faults"].at(0)["hits"].get<int>(); }

 private:
  json admin(const net::HttpRequest& request) {
    const auto done = net::HttpClient({"127.0.0.1", mock_.port(), ""}, std::chrono::seconds(10)).exchange(request);
    if (done.status != 200) throw std::runtime_error(request.path + ": " + done.body);
    return json::parse(done.body);
  }

  Process mock_{{"mock", "--port", "0", "--app", "a:s", "--app", "b:t"}};
};

const std::string silent = R"("kind":"delay","delay_ms":3600000)";

// Who drips sends a byte more often than the timeout, and takes many times as long for a reply: the timeout is that of a reply.
TEST(DeadTarget, EndsTheRunAfterAFewTimeouts) {
  const std::pair<const char*, std::string> ways[] = {
      {"silent", silent}, {"drips", R"("kind":"drip","delay_ms":40)"}, {"no gateway", R"("kind":"status","status":504)"}, {"no HTTP", R"("kind":"garbage")"}};
  for (const auto& [what, fault] : ways)
    for (const char* workers : {"1", "8"}) {
      Dying target(120, fault);
      const std::string file = temporary("dead.json"), junit = temporary("dead.xml");
      const auto begin = Clock::now();
      const Finished done =
          run({"check", target.url(), "--app", "a:s", "--app", "b:t", "--timeout", "300ms", "--workers", workers, "--json", file, "--junit", junit});
      EXPECT_LT(Clock::now() - begin, std::chrono::seconds(20)) << what;
      EXPECT_EQ(done.exit_code, 3) << what << ": " << done.out;
      EXPECT_NE(done.out.find("the target stopped answering after "), std::string::npos) << what << ": " << done.out;
      const json record = json::parse(test::read_file(file));
      if (std::string(what) != "no HTTP") EXPECT_EQ(record["summary"]["failed"], 0) << what;
      EXPECT_GT(record["summary"]["inconclusive"].get<int>(), 1000) << what;
      // The mock refuses wrong signatures as ever, and those are quick: how many come in between says nothing. Five in a row went wrong before it was
      // asked twice; meanwhile each of the other workers had one under way, or a group of eight.
      EXPECT_LE(target.hits(), workers == std::string("1") ? 5 + 2 + 8 : 5 + 2 + 7 * 8) << what << ", " << workers << " workers";
    }
}

// What is broken on purpose may be as silent as it likes, and what comes back is asked further.
TEST(DeadTarget, ATargetThatComesBackIsNotGone) {
  Dying target(120, R"("kind":"garbage","times":6)");
  const Finished done = run({"check", target.url(), "--app", "a:s", "--app", "b:t", "--workers", "1", "--filter", "GetUserInfo/*"});
  EXPECT_EQ(done.out.find("stopped answering"), std::string::npos) << done.out;
  EXPECT_NE(done.exit_code, 3) << done.out;
}

TEST(MaxTime, EndsEveryCommandAndItsReportIsWritten) {
  Process mock({"mock", "--port", "0", "--replay-protection", "off", "--app", "a:s"});
  const std::string url = "http://127.0.0.1:" + std::to_string(mock.port()), file = temporary("max-time.json");
  const std::vector<std::string> commands[] = {
      {"check", url, "--app", "a:s", "--rate", "20"},
      {"load", url, "--app", "a:s", "--timestamps", "shared", "--rate", "50", "--duration", "1h"},
      {"check-client", "--port", "0", "--app", "a:s"},
  };
  for (std::vector<std::string> command : commands) {
    std::filesystem::remove(file);
    command.insert(command.end(), {"--max-time", "2s", "--json", file});
    const auto begin = Clock::now();
    const Finished done = run(command);
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(20)) << command.front();
    EXPECT_EQ(done.exit_code, 4) << command.front() << ": " << done.out;
    EXPECT_NE(done.out.find("after 2s, as --max-time says"), std::string::npos) << command.front() << ": " << done.out;
    EXPECT_FALSE(json::parse(test::read_file(file), nullptr, false).is_discarded()) << command.front();
  }
  for (const char* wrong : {"0", "soon", "-1s"}) EXPECT_EQ(run({"check", url, "--app", "a:s", "--max-time", wrong}).exit_code, 2) << wrong;
}

// An hour of waiting for a reply, for the next request that the rate allows, or for a second that was not used: a signal ends it.
TEST(CutOff, EndsSoonWhateverIsWaitedFor) {
  Dying target(60, silent);
  Process quick({"mock", "--port", "0", "--app", "a:s"});
  const std::string url = "http://127.0.0.1:" + std::to_string(quick.port());
  const std::vector<std::string> table[] = {
      {"check", target.url(), "--app", "a:s", "--app", "b:t", "--timeout", "1h"},
      {"check", url, "--app", "a:s", "--rate", "0.5"},
  };
  for (const auto& row : table) {
    Process check(row);
    check.wait_for(row.back() == "1h" ? "GetUserInfo: " : "");
    std::this_thread::sleep_for(std::chrono::milliseconds(row.back() == "1h" ? 500 : 1500));  // it waits by then
    const auto begin = Clock::now();
    check.signal(SIGTERM);
    const Finished done = check.finish();
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5)) << row.back();
    EXPECT_EQ(done.exit_code, 4) << done.out;
    EXPECT_NE(done.out.find("interrupted"), std::string::npos) << done.out;
  }
}

// Neither a hang of the program nor a silent target is to be taken for the other.
TEST(DeadTarget, ItIsSaidThatTheFirstAnswerIsWaitedFor) {
  Dying silent_target(0, silent);
  Process check({"check", silent_target.url(), "--app", "a:s", "--timeout", "7s", "--max-time", "20s"});
  check.wait_for("waiting for the first answer of " + silent_target.url() + " (up to 7 s; --timeout)");  // throws where it ends without
  check.signal(SIGINT);
  check.finish();

  Dying quick(1'000'000, silent);
  const Finished done = run({"check", quick.url(), "--app", "a:s", "--filter", "GetUserInfo/1/*"});
  EXPECT_EQ(done.out.find("waiting for the first answer"), std::string::npos) << done.out;
}

}  // namespace dead_target_test
}  // namespace meterproof
