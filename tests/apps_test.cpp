// SPDX-License-Identifier: Apache-2.0
// AppIds that the target does not know, or ceases to know: named, left out, and never a case's failure. Lines that repeat a request sign as it was signed.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "conformance/transcript.hpp"
#include "reports/junit.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace apps_test {

using nlohmann::json;
using test::Finished;
using test::temporary;

const auth::App demo{"demo", "demo-secret"}, other{"other", "other-secret"}, nobody{"nobody", "wrong-secret"}, mistaken{"other", "wrong-secret"};

conformance::CheckOptions options_with(std::vector<auth::App> apps, const std::string& filter) {
  conformance::CheckOptions options = test::options_for("platform");
  options.apps = std::move(apps);
  if (!filter.empty()) options.selection.only = {filter};
  return options;
}

std::map<std::string, bool> used_apps(const reports::CheckRecord& record) {
  std::map<std::string, bool> out;
  for (const reports::AppRecord& one : record.apps) out[one.id] = one.used;
  return out;
}

TEST(Apps, OneThatTheTargetDoesNotKnowIsNamedAndLeftOut) {
  for (const auto& apps : {std::vector{demo, nobody}, std::vector{nobody, demo}, std::vector{mistaken, demo}, std::vector{nobody, demo, mistaken}}) {
    const auto record = test::check_mock(test::specification(), test::settings_for(test::specification()), options_with(apps, "GetUserInfo/*"));
    const std::string& refused = apps.front().id == "demo" ? apps.back().id : apps.front().id;
    EXPECT_EQ(record.exit_code, 0) << test::notes_of(record);
    EXPECT_EQ(record.count(reports::Verdict::failed), 0U);
    EXPECT_NE(test::notes_of(record).find("appId " + refused + ": the target refuses its signature"), std::string::npos) << test::notes_of(record);
    ASSERT_EQ(record.apps.size(), apps.size());
    for (const auto& [id, used] : used_apps(record)) EXPECT_EQ(used, id == "demo") << id;
    EXPECT_NE(reports::to_junit(record, {}).find("appId " + refused), std::string::npos);
    for (const auto& one : record.cases) EXPECT_EQ(one.curl.find("'" + refused + "'\"$APP_SECRET"), std::string::npos) << one.id;
    i18n::Message why;
    const auto read = reports::check_record_from(to_json(record), why);
    ASSERT_TRUE(read) << test::english(why);
    EXPECT_EQ(read->apps, record.apps);
  }
}

/// A mock that knows one appId, and answers another in its own way.
TEST(Apps, OneThatIsAnsweredOtherwiseIsNamedAndLeftOut) {
  struct Answer {
    const char* name;
    int status;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
  };
  const Answer answers[] = {{"403", 403, R"({"error":"forbidden"})", {}},
                            {"401 with a challenge", 401, "", {{"WWW-Authenticate", "Bearer"}}},
                            {"500", 500, "<html>", {}},
                            {"302", 302, "", {{"Location", "/login"}}},
                            {"-999", 200, test::reply_of(core::Code{-999}), {}},
                            {"77", 200, test::reply_of(core::Code{77}), {}},
                            {"-200", 200, test::reply_of(core::Code{-200}), {}},
                            {"-201", 200, test::reply_of(core::Code{-201}), {}},
                            {"0, as a query about nothing", 200, test::reply_of(core::Code{0}), {}}};
  for (const Answer& answer : answers)
    for (const auto& apps : {std::vector{demo, nobody}, std::vector{nobody, demo}}) {
      test::Clock clock;
      mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
      const auth::Signer signer(test::specification().authentication);
      const auto record = conformance::check(test::specification(), options_with(apps, "GetUserInfo/*"),
                                             test::environment_for(
                                                 [&](const net::HttpRequest& request) {
                                                   net::Exchange reply = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
                                                   std::string plain;
                                                   for (const auto& [name, value] : request.headers) {
                                                     if (name != "Authorization") continue;
                                                     const auto parts = signer.split_authorization(value, plain);
                                                     if (!parts || parts->first != nobody.id) continue;
                                                     reply.status = answer.status;
                                                     reply.body = answer.body;
                                                     reply.headers = answer.headers;
                                                   }
                                                   return reply;
                                                 },
                                                 clock));
      const std::string what = answer.name + std::string(apps.front().id == "demo" ? ", last: " : ", first: ");
      EXPECT_EQ(record.exit_code, 0) << what << test::notes_of(record);
      EXPECT_NE(test::notes_of(record).find("appId nobody: the target "), std::string::npos) << what << test::notes_of(record);
      EXPECT_EQ(used_apps(record), (std::map<std::string, bool>{{"demo", true}, {"nobody", false}})) << what;
    }
}

TEST(Apps, AllUnknownIsNotJudged) {
  const auto record = test::check_mock(test::specification(), test::settings_for(test::specification()), options_with({nobody, mistaken}, "GetUserInfo/*"));
  EXPECT_EQ(record.exit_code, 4);
  EXPECT_EQ(record.count(reports::Verdict::inconclusive), record.cases.size());
  const std::string notes = test::notes_of(record);
  for (const char* said : {"refuses our signature (appId nobody, other)", "it answered HTTP 200, ResultCode -202: ", "no appId \"nobody\"",
                           "other known ways to sign was accepted either"})
    EXPECT_NE(notes.find(said), std::string::npos) << notes;
  EXPECT_EQ(used_apps(record), (std::map<std::string, bool>{{"nobody", false}, {"other", false}}));
  EXPECT_TRUE(record.calibration.empty());
}

/// A mock that takes an appId no more after so many requests, and what a run against it needs.
struct Revoking {
  explicit Revoking(std::string id, std::size_t after) : id_(std::move(id)), after_(after) {}

  conformance::Environment environment() {
    return test::environment_for(
        [this](const net::HttpRequest& request) {
          net::Exchange reply = test::through(state_, request.bytes({"in-process", 80, ""}), clock_.now());
          if (++requests_ > after_ && names_the_app(request)) reply.body = test::reply_of(core::Code{-202});
          return reply;
        },
        clock_);
  }

 private:
  bool names_the_app(const net::HttpRequest& request) const {
    std::string plain;
    for (const auto& [name, value] : request.headers) {
      const auto parts = name == "Authorization" ? auth::Signer(test::specification().authentication).split_authorization(value, plain) : std::nullopt;
      if (parts && parts->first == id_) return true;
    }
    return false;
  }

  std::string id_;
  std::size_t after_, requests_ = 0;
  test::Clock clock_;
  mockserver::MockState state_{test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification())};
};

TEST(Apps, OneThatIsRevokedInTheMiddleIsDroppedAndAccusesNobody) {
  for (const char* revoked : {"demo", "other"})
    for (const std::size_t after : {100U, 130U, 161U}) {
      const auto record = conformance::check(test::specification(), options_with({demo, other}, "GetUserInfo/*"), Revoking(revoked, after).environment());
      for (const auto& one : record.cases) EXPECT_NE(one.verdict, reports::Verdict::failed) << revoked << " " << after << " " << one.id;
      EXPECT_NE(test::notes_of(record).find("appId " + std::string(revoked) + ": the target took it at first and refuses its signature since"),
                std::string::npos)
          << after << ": " << test::notes_of(record);
      EXPECT_FALSE(used_apps(record).at(revoked));
      EXPECT_NE(record.exit_code, 1) << after << ": " << test::notes_of(record);
    }
}

TEST(Apps, TheOnlyOneRevokedEndsTheRunUnjudged) {
  const auto record = conformance::check(test::specification(), options_with({demo}, "GetUserInfo/*"), Revoking("demo", 100).environment());
  EXPECT_EQ(record.count(reports::Verdict::failed), 0U);
  EXPECT_EQ(record.exit_code, 4) << test::notes_of(record);
}

TEST(Apps, WhatWasFoundOutOfThemIsReplayed) {
  const std::pair<std::vector<auth::App>, std::size_t> runs[] = {
      {{nobody, demo, other}, 100'000}, {{nobody, demo, other}, 130}, {{nobody, mistaken}, 100'000}, {{demo}, 100}};
  for (const auto& [apps, after] : runs) {
    Revoking target(apps.back().id, after);
    conformance::CheckOptions options = options_with(apps, "GetUserInfo/*");
    conformance::Environment environment = target.environment();
    reports::TranscriptRecord transcript;
    conformance::record_to(test::specification(), options, environment, transcript);
    auto record = conformance::check(test::specification(), options, std::move(environment));
    record.transcript = std::move(transcript);
    const auto again = conformance::rejudge(test::specification(), record);
    EXPECT_EQ(again.apps, record.apps);
    EXPECT_EQ(again.notes, record.notes) << test::notes_of(again) << " / " << test::notes_of(record);
    EXPECT_EQ(again.requests, record.requests);
    EXPECT_EQ(again.exit_code, record.exit_code);
  }
}

// Pasted into a shell, a line is signed by the appId that was used, with that appId's secret, by the offset and in the letter case that were found.
TEST(Apps, LinesThatRepeatARequestSignAsItWasSigned) {
  for (const std::string zone : {"+08:00", "+00:00"}) {
    test::Process mock({"mock", "--port", "0", "--mutant", "RemotePay/-6/as-46", "--utc-offset", zone, "--interpretation", "token-case=upper", "--app",
                        "second:other-secret"});
    const std::string url = "http://127.0.0.1:" + std::to_string(mock.port()), file = temporary("apps.json");
    const Finished done =
        test::run({"check", url, "--app", "nobody:wrong-secret", "--app", "second:other-secret", "--filter", "RemotePay/-6/*", "--json", file});
    ASSERT_EQ(done.exit_code, 1) << done.out;
    EXPECT_NE(done.out.find("appId nobody: the target refuses its signature"), std::string::npos) << done.out;
    EXPECT_EQ(done.out.find("the specification's usual reading is UTC+08:00") != std::string::npos, zone == "+00:00") << done.out;
    std::size_t lines = 0;
    const json record = json::parse(test::read_file(file));
    for (const json& one : record["cases"]) {
      if (one["verdict"] != "failed") continue;
      ++lines;
      const std::string curl = one["curl"];
      EXPECT_NE(curl.find("'second'\"$APP_SECRET_2$T\""), std::string::npos) << curl;
      const Finished pasted = test::Process("sh", {"-c", "APP_SECRET=wrong-secret; APP_SECRET_2=other-secret; " + curl}).finish();
      EXPECT_NE(pasted.out.find("\"ResultCode\":"), std::string::npos) << curl << ": " << pasted.out;
      for (const char* refused : {"-202", " h behind", " h ahead", "in UTC"})
        EXPECT_EQ(pasted.out.find(refused), std::string::npos) << curl << ": " << pasted.out;
    }
    EXPECT_GT(lines, 0U);
  }
}

}  // namespace apps_test
}  // namespace meterproof
