// SPDX-License-Identifier: Apache-2.0
// check, load, sign and spec as processes against a mock process: exit codes, records, messages.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/auth/base64.hpp"
#include "core/auth/md5.hpp"
#include "net/client/http_client.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace tools_test {

using nlohmann::json;
using test::Finished;
using test::Process;
using test::run;
using test::temporary;

struct Mock {
  explicit Mock(std::vector<std::string> more = {})
      : process([&] {
          more.insert(more.begin(), {"mock", "--port", "0", "--app", "a:secret-of-a", "--app", "b:secret-of-b"});
          return more;
        }()),
        url("http://127.0.0.1:" + std::to_string(process.port())) {}
  Process process;
  std::string url;
};

TEST(Check, TheMockConformsAndTheRecordSaysSo) {
  Mock mock;
  const std::string file = temporary("check.json"), junit = temporary("check.xml");
  const Finished done = run({"check", mock.url, "--role", "both", "--app", "a:secret-of-a", "--app", "b:secret-of-b", "--fixture", "user.cancelled=U0005",
                             "--json", file, "--junit", junit});
  EXPECT_EQ(done.exit_code, 0) << done.out;
  const auto record = json::parse(test::read_file(file));
  EXPECT_EQ(record["verdict"], "conforms");
  EXPECT_EQ(record["exit_code"], 0);
  EXPECT_EQ(record["summary"]["failed"], 0);
  EXPECT_EQ(record["target"], mock.url);
  for (const auto& one : record["cases"]) {
    for (const char* key : {"id", "interface", "section", "verdict", "expected", "observed", "request", "reply", "curl"}) EXPECT_TRUE(one.contains(key)) << key;
    if (one["verdict"] == "inconclusive") EXPECT_TRUE(test::is_injected(one["id"].get<std::string>())) << one["id"];
  }
  for (const std::string& text : {test::read_file(file), test::read_file(junit), done.out})
    EXPECT_EQ(text.find("secret-of"), std::string::npos) << "a secret is told";
}

TEST(Check, ASecondRunRightAfterTheFirstGivesTheSame) {
  Mock mock;
  const std::vector<std::string> arguments = {"check", mock.url, "--app", "a:secret-of-a", "--filter", "GetUserInfo/*"};
  const Finished first = run(arguments), second = run(arguments);
  EXPECT_EQ(first.exit_code, 0) << first.out;
  EXPECT_EQ(second.exit_code, 0) << second.out;
}

TEST(Check, BillingAloneNeedsAKnownMeter) {
  Mock mock({"--role", "billing"});
  const Finished blind = run({"check", mock.url, "--role", "billing", "--app", "a:secret-of-a", "--app", "b:secret-of-b"});
  EXPECT_EQ(blind.exit_code, 4) << blind.out;
  EXPECT_NE(blind.out.find("--fixture"), std::string::npos);
  const Finished told = run({"check", mock.url, "--role", "billing", "--app", "b:secret-of-b", "--fixture", "meter=860000000005", "--fixture", "user=U0004"});
  EXPECT_EQ(told.exit_code, 0) << told.out;
}

TEST(Check, FindsAnInjectedDeviationAndShowsHowToRepeatIt) {
  Mock mock({"--mutant", "RemotePay/-4/1-Money/ignored"});
  const Finished done = run({"check", mock.url, "--app", "a:secret-of-a", "--app", "b:secret-of-b", "--effect-timeout", "0s"});
  EXPECT_EQ(done.exit_code, 1);
  for (const char* part :
       {"failed  RemotePay/-4/money-zero ", "3.2.3", "充值金额必须大于 0", "expected    ResultCode -4", "observed    1", "repeat      T=$(", "$APP_SECRET"})
    EXPECT_NE(done.out.find(part), std::string::npos) << part << "\n" << done.out.substr(0, 3000);
}

TEST(Check, ExitCodesTellUsageFromUnreachable) {
  const std::pair<std::vector<std::string>, std::string> usage[] = {
      {{"check"}, "which server?"},
      {{"check", "http://127.0.0.1:1"}, "name an appId and its secret in --apps FILE"},
      {{"check", "ftp://127.0.0.1:1", "--app", "a:b"}, "is not an address with http:// or https://"},
      {{"check", "127.0.0.1:1", "--app", "a:b"}, "is not an address with http:// or https://"},
      {{"check", "http://127.0.0.1:1", "--app", "secretwithoutcolon"}, "--app takes ID:SECRET"},
      {{"check", "http://127.0.0.1:1", "--app", "a:b", "--filter", "Nothing/*"}, "matches no case"},
      {{"check", "--list", "--filter", "Nothing/*"}, "matches no case"},
      {{"check", "http://127.0.0.1:1", "--app", "a:b", "--fixture", "metre=1"}, "did you mean \"meter\"?"},
      {{"chekc"}, "did you mean \"check\"?"},
      {{"keygen"}, "--out is required"},
      {{"verify", "certificate.json"}, "--pub is required"},
      {{"certify", "--key", "k", "--out", "o"}, "RECORD... is required"},
      {{"mock", "--port", "99999"}, "--port takes 0-65535\n"},
      {{"check", "http://127.0.0.1:1", "--seed", "xx"}, "--seed takes UINT"},
      {{"check", "http://127.0.0.1:1", "--apps"}, "--apps takes FILE"},
      {{"report", "/dev/null"}, "/dev/null: it is a folder or a device, not a file\n"},
      {{"check", "http://127.0.0.1:1", "--app", "a:b", "--workers", "65"}, "--workers takes 1-64\n"},
      {{"load", "http://127.0.0.1:1", "--app", "a:b", "--hdr", "/tmp/./same", "--json", "/tmp/same"}, "/tmp/same is named twice"},
      {{"check", "http://127.0.0.1:1", "--app", "a:b", "--init", std::string(300, 'x')}, "cannot write"},
      {{"mock", "--prot", "1"}, "did you mean \"--port\"?"},
      {{"mock", "--app", "a:b", "--app", "a:c"}, "given twice"},
      {{"check", "http://127.0.0.1:1", "--app", "a:b", "--json", "/no/such/folder/x"}, "cannot write"},
      {{"load", "http://127.0.0.1:1", "--app", "a:b", "--rate", "fast"}, "--rate fast"},
      {{"load", "http://127.0.0.1:1", "--app", "a:b", "--duration", "soon"}, "--duration soon"},
      {{"mock", "--port", "0", "--interpretation", "token-cse=any"}, "did you mean \"token-case\"?"},
      {{"mock", "--port", "0", "--mutant", "nonsense"}, "no such mutant"},
      {{"mock", "--port", "0", "--utc-offset", "8"}, "write it like +08:00"},
      {{"mock", "--port", "0", "--fixtures", "/nowhere"}, "cannot be read"},
      {{"mock", "--host", "nonsense"}, "is not an IP address"},
      {{"--spec", "/nowhere", "spec", "list"}, "no such folder of spec files"},
  };
  for (const auto& [arguments, says] : usage) {
    const Finished done = run(arguments);
    EXPECT_EQ(done.exit_code, 2) << says << "\n" << done.out;
    EXPECT_NE(done.out.find(says), std::string::npos) << done.out;
    EXPECT_EQ(done.out.find("secretwithoutcolon"), std::string::npos);
  }
  const Finished gone = run({"check", "http://127.0.0.1:1", "--app", "a:b"});
  EXPECT_EQ(gone.exit_code, 3) << gone.out;
  const Finished no_load = run({"load", "http://127.0.0.1:1", "--app", "a:b", "--duration", "1s"});
  EXPECT_EQ(no_load.exit_code, 3) << no_load.out;
}

TEST(Secrets, AreNotInTheListOfProcesses) {
  for (const std::vector<std::string>& options : {std::vector<std::string>{"--app", "demo:very-secret"}, std::vector<std::string>{"--app=demo:very-secret"}}) {
    std::vector<std::string> arguments = {"mock", "--port", "0"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    test::Process process(arguments);
    process.wait_for("listening on");
    const std::string shown = test::read_file("/proc/" + std::to_string(process.pid()) + "/cmdline");
    EXPECT_NE(shown.find("demo:"), std::string::npos);
    EXPECT_EQ(shown.find("very-secret"), std::string::npos) << shown;
  }
}

// Every user of the machine sees the list of processes, wherever the target is; the secrets of the samples are known to all.
TEST(Secrets, ASecretOnTheCommandLineIsWarnedOf) {
  for (const char* url : {"http://192.0.2.1:1", "http://127.0.0.1:1"}) {
    EXPECT_NE(run({"load", url, "--app", "a:b", "--rate", "nonsense"}).out.find("METERPROOF_APPS keep it"), std::string::npos) << url;
    EXPECT_EQ(run({"load", url, "--app", "a:a-secret", "--rate", "nonsense"}).out.find("METERPROOF_APPS keep it"), std::string::npos) << url;
  }
}

TEST(Check, AMalformedAppIsToldWithItsSource) {
  ::setenv("METERPROOF_APPS", "demo", 1);
  const Finished environment = run({"check", "http://127.0.0.1:1"});
  ::unsetenv("METERPROOF_APPS");
  EXPECT_EQ(environment.exit_code, 2);
  EXPECT_NE(environment.out.find("METERPROOF_APPS takes ID:SECRET"), std::string::npos) << environment.out;
  const std::string target = temporary("target.yaml");
  std::ofstream(target) << "url: http://127.0.0.1:1\napps:\n  - {id: a, secret: ''}\n";
  const Finished file = run({"check", "--target", target});
  EXPECT_EQ(file.exit_code, 2);
  EXPECT_EQ(file.out.find("--app"), std::string::npos) << file.out;
  EXPECT_NE(file.out.find(target), std::string::npos) << file.out;
}

TEST(Check, VerboseShowsRequestsHoweverTheyAreSent) {
  Mock mock;
  for (const std::string filter : {"GetUserInfo/concurrent/*", "GetUserInfo/http/pipelined"}) {
    const std::string record = temporary("verbose.json");
    const Finished done = run({"--verbose", "check", mock.url, "--app", "a:secret-of-a", "--app", "b:secret-of-b", "--filter", filter, "--json", record});
    EXPECT_EQ(done.exit_code, 0) << done.out;
    std::size_t shown = 0;
    for (std::size_t at = 0; (at = done.out.find("\n    200 {\"ResultCode\"", at)) != std::string::npos; ++at) ++shown;
    EXPECT_GE(shown, nlohmann::json::parse(test::read_file(record))["requests"].get<std::size_t>()) << filter << "\n" << done.out;
  }
}

TEST(Check, ADamagedRecordIsNotTakenForALoad) {
  const std::string record = temporary("damaged.json");
  std::ofstream(record) << R"({"schema": "meterproof/check/2"})";
  const Finished done = run({"report", record});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_NE(done.out.find("is missing"), std::string::npos) << done.out;
  EXPECT_EQ(done.out.find("load test"), std::string::npos) << done.out;
  EXPECT_EQ(done.out.find("json.exception"), std::string::npos) << done.out;
}

TEST(Mock, CountsTheInterfacesThatItServes) {
  Mock mock({"--role", "billing"});
  EXPECT_NE(mock.process.wait_for("listening on").find("1 interfaces, tolerance"), std::string::npos);
}

TEST(CheckClient, BracketsAnIpv6Address) {
  if (test::read_file("/proc/net/if_inet6").find("00000000000000000000000000000001") == std::string::npos) GTEST_SKIP() << "no IPv6 here";
  Process client({"check-client", "--host", "::1", "--port", "0", "--app", "a:s", "--for", "1s"});
  client.wait_for("listening on http://[::1]:");
}

TEST(Spec, ProblemsOfTheFixturesAreTheResultOfLint) {
  const std::string spec = temporary("spec-with-bad-fixtures");
  std::filesystem::copy(std::string(METERPROOF_SOURCE) + "/spec/examples/library", spec,
                        std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  std::filesystem::create_directories(spec + "/fixtures");
  std::ofstream(spec + "/fixtures/sample.yaml") << "nothing: 1\n";
  const Finished lint = run({"spec", "lint", spec});
  EXPECT_EQ(lint.exit_code, 1) << lint.out;
  EXPECT_NE(lint.out.find("1 problem\n"), std::string::npos) << lint.out;
  EXPECT_EQ(lint.out.find("no problem"), std::string::npos) << lint.out;
}

TEST(Spec, TheListIsInBothLanguages) {
  const Finished zh = run({"--lang", "zh", "spec", "list"});
  EXPECT_NE(zh.out.find("由 platform 提供"), std::string::npos) << zh.out;
  EXPECT_NE(zh.out.find("公共响应码"), std::string::npos);
  EXPECT_EQ(zh.out.find("served by"), std::string::npos);
}

TEST(Check, AWrongSecretIsExplained) {
  Mock mock;
  const Finished done = run({"check", mock.url, "--app", "a:wrong", "--filter", "GetUserInfo/*"});
  EXPECT_EQ(done.exit_code, 4) << "without a signature nothing can be judged";
  EXPECT_NE(done.out.find("refuses our signature"), std::string::npos) << done.out;
}

TEST(Load, CountsWhatTheServerCounts) {
  Mock mock({"--replay-protection", "off"});
  const std::string file = temporary("load.json");
  for (const std::string rate : {"max", "500"}) {
    const Finished done = run({"load", mock.url, "--app", "a:secret-of-a", "--app", "b:secret-of-b", "--timestamps", "shared", "--duration", "1s",
                               "--connections", "8", "--rate", rate, "--json", file});
    EXPECT_EQ(done.exit_code, 0) << done.out;
    const auto record = json::parse(test::read_file(file));
    for (const char* key :
         {"requests", "duration_s", "rate", "intended_rate", "response_time_ms", "result_codes", "errors", "late_sends", "cpu_us_per_request"})
      EXPECT_TRUE(record.contains(key)) << key;
    EXPECT_EQ(record["requests"], record["result_codes"]["1"]);
    if (rate == "500") EXPECT_EQ(record["requests"], 500);
  }
  net::HttpClient client({"127.0.0.1", static_cast<std::uint16_t>(std::stoi(mock.url.substr(mock.url.rfind(':') + 1))), ""}, std::chrono::seconds(5));
  const auto record = json::parse(test::read_file(file));
  EXPECT_GE(json::parse(client.exchange({"GET", "/_mock/counters", {}, ""}).body)["ReportData"]["1"].get<long>(), record["requests"].get<long>() + 500);
}

TEST(Load, FailuresAreNamedAndFailTheRun) {
  Mock strict;
  const Finished replayed = run({"load", strict.url, "--app", "a:secret-of-a", "--timestamps", "shared", "--duration", "500ms", "--connections", "4"});
  EXPECT_EQ(replayed.exit_code, 1);
  EXPECT_NE(replayed.out.find("-201"), std::string::npos) << replayed.out;
  EXPECT_NE(replayed.out.find("more appIds (--apps FILE)"), std::string::npos) << replayed.out;
  Mock unused_key({"--replay-protection", "off", "--generate-meters", "10"});
  const Finished strangers =
      run({"load", unused_key.url, "--app", "a:secret-of-a", "--timestamps", "shared", "--duration", "500ms", "--meters", "20", "--connections", "4"});
  EXPECT_EQ(strangers.exit_code, 1);
  EXPECT_NE(strangers.out.find(" 0: "), std::string::npos) << strangers.out;
}

TEST(Library, AnotherSubjectIsServedAttackedAndLoadedWithoutNewCode) {
  const std::string spec = std::string(METERPROOF_SOURCE) + "/spec/examples/library";
  Process mock({"--spec", spec, "mock", "--port", "0", "--replay-protection", "on", "--app", "a:s", "--app", "b:t"});
  const std::string url = "http://127.0.0.1:" + std::to_string(mock.port());
  const Finished lint = run({"spec", "lint", spec});
  EXPECT_EQ(lint.exit_code, 0) << lint.out;
  const Finished checked = run({"--spec", spec, "check", url, "--app", "a:s", "--app", "b:t"});
  EXPECT_EQ(checked.exit_code, 0) << checked.out;
  EXPECT_NE(checked.out.find(" 0 failed"), std::string::npos) << checked.out;
  Process open({"--spec", spec, "mock", "--port", "0", "--replay-protection", "off", "--app", "a:s"});
  const Finished loaded = run({"--spec", spec, "load", "http://127.0.0.1:" + std::to_string(open.port()), "--app", "a:s", "--timestamps", "shared",
                               "--duration", "500ms", "--meters", "50", "--connections", "4"});
  EXPECT_EQ(loaded.exit_code, 0) << loaded.out;
  EXPECT_NE(loaded.out.find("FindBook"), std::string::npos);
}

TEST(Sign, PrintsHeadersThatStandUpToRecalculation) {
  const Finished done = run({"sign", "--app", "demo:demo-secret", "--at", "20260115103000"});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_NE(done.out.find("AccessToken: " + auth::md5_hex("demodemo-secret20260115103000")), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("Authorization: " + auth::base64("demo:20260115103000")), std::string::npos);
  const Finished curl = run({"sign", "--app", "demo:demo-secret", "--curl", "http://h/p", "{\"a\":1}"});
  EXPECT_TRUE(curl.out.starts_with("curl -sS 'http://h/p' -H 'Accept: application/json'")) << curl.out;
}

TEST(Help, FitsOneScreen) {
  const Finished help = run({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_LE(std::count(help.out.begin(), help.out.end(), '\n'), 40) << help.out;
}

}  // namespace tools_test
}  // namespace meterproof
