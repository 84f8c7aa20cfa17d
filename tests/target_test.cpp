// SPDX-License-Identifier: Apache-2.0
// A target's file, and a client under test, through the front door.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "core/auth/signer.hpp"
#include "net/client/http_client.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace target_test {

using nlohmann::json;

class Folder {
 public:
  Folder() : path_(testing::TempDir() + "target-" + std::to_string(::getpid())) { std::filesystem::create_directories(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(file(name)) << content;
    return file(name);
  }

 private:
  std::string path_;
};

std::string verdict_of(const json& record, const std::string& id) {
  for (const json& one : record["cases"])
    if (one["id"] == id) return one["verdict"];
  return "no such case";
}

TEST(Target, ATemplateIsWrittenOnceAndCanBeRead) {
  const Folder folder;
  const std::string file = folder.file("target.yaml");
  EXPECT_EQ(test::run({"check", "--init", file}).exit_code, 0);
  EXPECT_EQ(test::run({"check", "--init", file}).exit_code, 2) << "an existing file is not overwritten";
  ::setenv("METERPROOF_SECRET", "s", 1);
  const test::Finished finished = test::run({"check", "--target", file, "--list"});
  ::unsetenv("METERPROOF_SECRET");
  EXPECT_EQ(finished.exit_code, 0) << finished.out;
  const test::Finished without = test::run({"check", "--target", file, "--list"});
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_NE(without.out.find("the environment has no METERPROOF_SECRET"), std::string::npos) << without.out;
}

TEST(Target, AFileWithFaultsAndExclusionsLeavesNothingOpen) {
  const Folder folder;
  test::Process mock({"mock", "--port", "0", "--role", "platform", "--app", "demo:very-secret", "--app", "later:very-secret"});
  const std::string url = "http://127.0.0.1:" + std::to_string(mock.port());
  const std::string faults = url + "/_mock/faults";
  const std::string common =
      "url: " + url +
      "\nrole: platform\napps: [{ id: demo, secret: \"${METERPROOF_SECRET_OF_A_TEST}\" }]\nfixtures: { user.cancelled: U0005, user.several: U0003 }\n";
  const std::string hooks = "fault_hooks:\n  database: { break: { url: \"" + faults +
                            "\", body: '{\"kind\":\"database\"}' }, repair: { method: DELETE, url: \"" + faults + "\" } }\n  unknown: { break: { url: \"" +
                            faults + "\", body: '{\"kind\":\"unknown\"}' }, repair: { method: DELETE, url: \"" + faults + "\" } }\n";
  ::setenv("METERPROOF_SECRET_OF_A_TEST", "very-secret", 1);
  const std::string whole = folder.write("whole.yaml", common + hooks + "unsupported: [{ cases: \"ControlValve/*\", reason: no valves }]\n");
  const test::Finished finished =
      test::run({"check", "--target", whole, "--allow-hooks", "--json", folder.file("whole.json"), "--junit", folder.file("whole.xml")});
  EXPECT_EQ(finished.exit_code, 0) << finished.out;
  const json record = json::parse(test::read_file(folder.file("whole.json")));
  // What needs a second appId, or the interface that is not there, is all that is left open.
  for (const json& one : record["cases"])
    if (one["verdict"] == "inconclusive")
      EXPECT_TRUE(one["reason"]["id"] == "case.signature-has-no-such-form" || one["reason"]["id"] == "case.needs-unsupported")
          << one["id"] << ": " << one["reason"];
  EXPECT_EQ(verdict_of(record, "RemotePay/-203/database"), "passed");
  EXPECT_EQ(verdict_of(record, "RemotePay/-999/unknown"), "passed");
  EXPECT_EQ(verdict_of(record, "ControlValve/-4/valve-mode-zero"), "not_applicable");
  EXPECT_EQ(verdict_of(record, "GetUserInfo/reply/several-rows-by-user"), "passed");
  for (const std::string& text : {finished.out, test::read_file(folder.file("whole.json")), test::read_file(folder.file("whole.xml"))})
    EXPECT_EQ(text.find("very-secret"), std::string::npos) << "a secret is told";

  // A hook that fails is the user's trouble, not the vendor's; and a typing mistake is told before anything is sent.
  std::string later = common;  // the first run has used most seconds of its appId
  later.replace(later.find("id: demo"), 8, "id: later");
  const std::string stuck = folder.write("stuck.yaml", later + "fault_hooks: { database: { break: \"exit 3\", repair: \"true\" } }\n");
  const test::Finished broken = test::run({"check", "--target", stuck, "--allow-hooks", "--filter", "GetUserInfo/*", "--json", folder.file("stuck.json")});
  EXPECT_EQ(broken.exit_code, 2) << broken.out;
  EXPECT_EQ(verdict_of(json::parse(test::read_file(folder.file("stuck.json"))), "GetUserInfo/-203/database"), "broken") << broken.out;
  const test::Finished mistyped = test::run({"check", "--target", folder.write("typo.yaml", common + "unsuported: []\n")});
  EXPECT_EQ(mistyped.exit_code, 2);
  EXPECT_NE(mistyped.out.find("did you mean \"unsupported\""), std::string::npos) << mistyped.out;
  const test::Finished nowhere =
      test::run({"check", "--target", folder.write("nowhere.yaml", common + "unsupported: [{ cases: \"Nowhere/*\", reason: x }]\n")});
  EXPECT_EQ(nowhere.exit_code, 2);
  ::unsetenv("METERPROOF_SECRET_OF_A_TEST");
}

reports::CheckRecord check_with_waiver(const std::string& mutation, const std::string& cases, const char* expires) {
  mutation::Mutant served{test::specification(), std::make_unique<mutation::MutationHooks>()};
  if (!mutation.empty()) served = test::mutant_of(mutation);
  auto options = test::options_for("platform");
  options.waivers = {{cases, "agreed", *core::DateTime::parse_date(expires)}};
  return test::check_mock(served.spec, test::settings_for(served.spec), options, *served.hooks);
}

TEST(Target, AWaiverHoldsWhileItAppliesAndUntilItsDay) {
  const char* mutation = "RemotePay/-6/as-46";
  const char* failures = "RemotePay/-6/*";
  EXPECT_EQ(check_with_waiver(mutation, "nothing", "2026-03-14").exit_code, 1);
  const auto held = check_with_waiver(mutation, failures, "2026-03-14");  // the day on which it expires is still within
  EXPECT_EQ(held.exit_code, 0);
  EXPECT_GT(held.count(reports::Verdict::waived), 2U);
  EXPECT_EQ(check_with_waiver(mutation, failures, "2026-03-13").exit_code, 1) << "it has expired";
  // The target conforms; what is left over is told, and is the user's to remove.
  for (const char* expires : {"2026-12-31", "2026-03-13"}) {
    const auto left_over = check_with_waiver("", failures, expires);
    EXPECT_EQ(left_over.exit_code, 0) << expires;
    EXPECT_EQ(left_over.verdict, reports::RunVerdict::conforms) << expires;
    EXPECT_NE(test::notes_of(left_over).find("the waiver of RemotePay/-6/* is no longer needed"), std::string::npos) << test::notes_of(left_over);
  }
  EXPECT_NE(test::notes_of(check_with_waiver(mutation, failures, "2026-03-13")).find("expired on 2026-03-13"), std::string::npos);
}

TEST(Target, AWaiverHoldsForAPartOfTheCasesToo) {
  const mutation::Mutant served = test::mutant_of("RemotePay/-6/as-46");
  auto options = test::options_for("platform");
  options.selection.only = {"RemotePay"};
  options.waivers = {{"RemotePay/-6/*", "agreed", *core::DateTime::parse_date("2026-03-13")},
                     {"GetData/-1/*", "agreed", *core::DateTime::parse_date("2026-12-31")}};
  const auto expired = test::check_mock(served.spec, test::settings_for(served.spec), options, *served.hooks);
  EXPECT_EQ(expired.exit_code, 1);
  EXPECT_NE(test::notes_of(expired).find("expired on 2026-03-13"), std::string::npos) << test::notes_of(expired);
  EXPECT_EQ(test::notes_of(expired).find("no longer needed"), std::string::npos) << "a part does not tell";
  options.waivers.front().expires = *core::DateTime::parse_date("2026-12-31");
  EXPECT_EQ(test::check_mock(served.spec, test::settings_for(served.spec), options, *served.hooks).exit_code, 0);
}

TEST(Target, APacedRunKeepsItsPace) {
  mockserver::MockOptions mock_options = test::settings_for(test::specification());
  auto options = test::options_for("platform");
  options.selection.only = {"GetUserInfo/*"};
  options.per_second = 100;
  test::Clock clock;
  mockserver::MockState state(test::specification(), mock_options, test::sample_fixtures(test::specification()));
  const auto begin = clock.now();
  const auto record = conformance::check(test::specification(), options,
                                         test::environment_for(
                                             [&](const net::HttpRequest& request) {
                                               return test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
                                             },
                                             clock));
  EXPECT_GE(clock.now() - begin, std::chrono::milliseconds(10 * (record.requests - 10)));
}

TEST(Target, TheSameVerdictsWhateverGoesOnSideBySide) {
  const Folder folder;
  std::map<std::string, std::string> first;
  for (const char* workers : {"1", "8", "8"}) {
    test::Process mock({"mock", "--port", "0", "--app", "demo:s", "--app", "other:t"});
    const std::string file = folder.file("run.json");
    test::run({"check", "http://127.0.0.1:" + std::to_string(mock.port()), "--role", "both", "--app", "demo:s", "--app", "other:t", "--workers", workers,
               "--random-steps", "100", "--json", file});
    std::map<std::string, std::string> verdicts;
    const json record = json::parse(test::read_file(file));
    for (const json& one : record["cases"]) verdicts[one["id"]] = one["verdict"];
    EXPECT_GT(verdicts.size(), 1'400U);
    if (first.empty()) first = verdicts;
    EXPECT_EQ(verdicts, first);
  }
}

TEST(CheckClient, JudgesAClientOverSockets) {
  const Folder folder;
  const auth::Signer signer(test::specification().authentication);  // read before anything waits for a call
  test::Process process(
      {"check-client", "--port", "0", "--app", "demo:very-secret", "--idle", "3s", "--json", folder.file("client.json"), "--junit", folder.file("client.xml")});
  net::HttpClient client({"127.0.0.1", process.port(), ""}, std::chrono::seconds(10));
  const auto now = core::local_time(std::chrono::system_clock::now(), std::chrono::minutes(480));
  std::size_t lost = 0;
  // The second call is refused and sent again; the reply to the payment after it is lost, and it is sent again.
  const std::array<std::string, 5> payments = {"T77", "T78", "T78", "T79", "T79"};
  for (int i = 0; i < 5; ++i) {
    const std::string stamp = (now + std::chrono::seconds(i)).compact();
    const auto exchange = client.exchange({"POST", "/api/Pay/RemotePay", signer.headers({"demo", "very-secret"}, stamp),
                                           R"({"UserCode":"U0001","MeterAddr":"860000000001","Money":12.5,"PayDate":"2026-01-15 10:30:00","TransId":")" +
                                               payments[static_cast<std::size_t>(i)] + R"(","PayWay":"4"})"});
    lost += exchange.transport == net::TransportResult::replied ? 0U : 1U;
  }
  EXPECT_EQ(lost, 1U) << "a reply that is lost";
  const test::Finished finished = process.finish();
  EXPECT_EQ(finished.exit_code, 0) << finished.out;
  const json record = json::parse(test::read_file(folder.file("client.json")));
  EXPECT_EQ(verdict_of(record, "RemotePay/called"), "passed");
  EXPECT_EQ(verdict_of(record, "RemotePay/request/PayWay"), "warned") << "a number as text";
  EXPECT_EQ(verdict_of(record, "RemotePay/fault/timestamp-refused"), "passed");
  EXPECT_EQ(verdict_of(record, "RemotePay/fault/reply-lost"), "passed");
  EXPECT_EQ(verdict_of(record, "SetPrice/called"), "inconclusive");
  EXPECT_NE(finished.out.find("conforms in what it called: 1 of 9 interfaces"), std::string::npos) << finished.out;
  EXPECT_EQ(finished.out.find("very-secret"), std::string::npos);
}

TEST(CheckClient, EndsAfterItsTimeWithoutACall) {
  const test::Finished finished = test::run({"check-client", "--port", "0", "--app", "demo:s", "--for", "200ms"});
  EXPECT_EQ(finished.exit_code, 4) << finished.out;
  const std::size_t told = finished.out.find("no call came");
  EXPECT_NE(told, std::string::npos);
  EXPECT_EQ(finished.out.find("no call came", told + 1), std::string::npos) << finished.out;
  EXPECT_EQ(finished.out.find("inconclusive: "), std::string::npos) << "one line is enough: " << finished.out;
}

TEST(CheckClient, IdleTimeCountsFromTheStart) {
  const test::Finished finished = test::run({"check-client", "--port", "0", "--app", "demo:s", "--idle", "200ms"});
  EXPECT_EQ(finished.exit_code, 4) << finished.out;
  EXPECT_NE(finished.out.find("no call came"), std::string::npos) << finished.out;
}

TEST(CheckClient, WhatIsRequiredMustBeCalledWithSuccess) {
  const test::Finished misspelt = test::run({"check-client", "--port", "0", "--app", "demo:s", "--require", "GetUserInfo,SetPrize"});
  EXPECT_EQ(misspelt.exit_code, 2) << misspelt.out;
  EXPECT_NE(misspelt.out.find("SetPrice"), std::string::npos) << misspelt.out;
  const test::Finished of_the_other_side = test::run({"check-client", "--port", "0", "--role", "platform", "--app", "demo:s", "--require", "SetPrice"});
  EXPECT_EQ(of_the_other_side.exit_code, 2) << of_the_other_side.out;
  const auth::Signer signer(test::specification().authentication);
  const struct {
    const char *required, *user;
    int exit_code;
    const char* says;
  } table[] = {
      {"GetUserInfo", "U0001", 0, "conforms in what it called: 1 of 9 interfaces"},
      {"GetUserInfo,SetPrice", "U0001", 4, "required and not called, or never accepted: SetPrice"},
      {"GetUserInfo", "nobody", 4, "required and not called, or never accepted: GetUserInfo"},
  };
  for (const auto& row : table) {
    test::Process check({"check-client", "--port", "0", "--app", "demo:s", "--require", row.required, "--inject", "none", "--idle", "3s"});
    net::HttpClient client({"127.0.0.1", check.port(), ""}, std::chrono::seconds(10));
    const auto now = core::local_time(std::chrono::system_clock::now(), std::chrono::minutes(480));
    const std::string body = std::string(R"({"UserCode":")") + row.user + R"("})";
    (void)client.exchange({"POST", "/api/Users/GetUserInfo", signer.headers({"demo", "s"}, now.compact()), body});
    const test::Finished finished = check.finish();
    EXPECT_EQ(finished.exit_code, row.exit_code) << row.required << ": " << finished.out;
    EXPECT_NE(finished.out.find(row.says), std::string::npos) << row.required << ": " << finished.out;
  }
}

// A call that no interface has, one with another method, and what is no HTTP are each a case of their own.
TEST(CheckClient, CallsThatNoInterfaceHasAreJudged) {
  const struct {
    const char *bytes, *id, *verdict;
    int exit_code;
    const char* says;
  } table[] = {
      {"GET /api/Users/GetUserInfo HTTP/1.1\r\nHost: h\r\n\r\n", "client/method", "failed", 1, "GET"},
      {"POST /api/Users/GetUserInf HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}", "client/path", "warned", 4, "POST /api/Users/GetUserInfo"},
      {"\x16\x03\x01\x02 a handshake\r\n\r\n", "client/http", "warned", 4, "TLS"},
  };
  for (const auto& row : table) {
    const Folder folder;
    test::Process check({"check-client", "--port", "0", "--app", "demo:s", "--idle", "3s", "--json", folder.file("client.json")});
    {
      test::Raw raw(check.port());
      raw.send(row.bytes);
      EXPECT_TRUE(raw.receive().starts_with("HTTP/1.1 4")) << row.id;
    }
    const test::Finished finished = check.finish();
    EXPECT_EQ(finished.exit_code, row.exit_code) << row.id << ": " << finished.out;
    EXPECT_NE(finished.out.find(row.says), std::string::npos) << row.id << ": " << finished.out;
    EXPECT_EQ(verdict_of(json::parse(test::read_file(folder.file("client.json"))), row.id), row.verdict) << finished.out;
  }
}

TEST(CheckClient, NamesWhatCameInPlaceOfARequest) {
  test::Process check({"check-client", "--port", "0", "--app", "demo:s", "--idle", "1s"});
  const std::uint16_t port = check.port();
  {
    const test::Raw half(port);
    half.send("POST /api/Users/GetUserInfo HTTP/1.1\r\nHost: h\r\n");
  }
  {
    const test::Raw nothing(port);  // a connection without a byte, which counts as nothing
  }
  for (const std::string& bytes : {std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8), std::string("\x01\x02 garbage\r\n\r\n")}) {
    test::Raw raw(port);
    raw.send(bytes);
    EXPECT_TRUE(raw.receive().starts_with("HTTP/1.1 400 "));
  }
  const test::Finished finished = check.finish();
  EXPECT_EQ(finished.exit_code, 4) << finished.out;
  for (const char* says : {"a TLS handshake (https), and the port speaks HTTP/1.1 (1×)", "no method in the request line (1×)",
                           "an incomplete request: the connection ended inside the message (1×)"})
    EXPECT_NE(finished.out.find(says), std::string::npos) << says << ": " << finished.out;
}

}  // namespace target_test
}  // namespace meterproof
