// SPDX-License-Identifier: Apache-2.0
#include "conformance/transcript.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <stdexcept>

#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace transcript_test {

/// The record of a run against the mock, with its transcript.
reports::CheckRecord recorded(const std::string& filter) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  Environment environment = test::environment_for(
      [&](const net::HttpRequest& request) {
        return test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
      },
      clock);
  CheckOptions options = test::options_for("platform");
  if (!filter.empty()) options.selection.only = {filter};
  reports::TranscriptRecord transcript;
  record_to(test::specification(), options, environment, transcript);
  auto record = check(test::specification(), options, std::move(environment));
  record.transcript = std::move(transcript);
  return record;
}

TEST(Transcript, IsJudgedAgainAlike) {
  const auto record = recorded("GetUserInfo/http/*");
  const auto again = rejudge(test::specification(), record);
  ASSERT_EQ(again.cases.size(), record.cases.size());
  for (std::size_t i = 0; i < record.cases.size(); ++i) {
    EXPECT_EQ(again.cases[i].id, record.cases[i].id);
    EXPECT_EQ(again.cases[i].verdict, record.cases[i].verdict) << record.cases[i].id;
  }
  EXPECT_EQ(again.requests, record.requests);
}

TEST(Transcript, ADamagedOneIsRejected) {
  using reports::TranscriptRecord;
  const auto record = recorded("GetUserInfo/http/*");
  const auto conversation = [](TranscriptRecord& transcript) -> reports::EventRecord& {
    return *std::find_if(transcript.events.begin(), transcript.events.end(), [](const reports::EventRecord& one) { return one.kind == "conversation"; });
  };
  const auto set_time = [](std::int64_t value) {
    return [value](TranscriptRecord& transcript) {
      for (reports::EventRecord& one : transcript.events)
        if (!one.times.empty()) one.times.back() = value;
    };
  };
  const struct {
    const char* what;
    std::function<void(TranscriptRecord&)> damage;
  } table[] = {
      {"a conversation without a reply", [&](TranscriptRecord& transcript) { conversation(transcript).replies.clear(); }},
      {"a conversation with too many replies",
       [&](TranscriptRecord& transcript) {
         auto& replies = conversation(transcript).replies;
         replies.resize(50, replies.front());
       }},
      {"a time in the far future", set_time(INT64_MAX)},
      {"a time in the far past", set_time(INT64_MIN)},
      {"an effect timeout without end", [](TranscriptRecord& transcript) { transcript.effect_timeout_ms = INT64_MAX; }},
      {"a negative effect timeout", [](TranscriptRecord& transcript) { transcript.effect_timeout_ms = -1; }},
      {"a pause without end", [](TranscriptRecord& transcript) { transcript.pause_us = INT64_MAX; }},
      {"a negative pause", [](TranscriptRecord& transcript) { transcript.pause_us = -1; }},
  };
  for (const auto& row : table) {
    reports::CheckRecord damaged = record;
    row.damage(*damaged.transcript);
    EXPECT_THROW((void)rejudge(test::specification(), damaged), ReplayMismatch) << row.what;
  }
  reports::CheckRecord bare = record;
  bare.transcript.reset();
  EXPECT_THROW((void)rejudge(test::specification(), bare), ReplayMismatch);
}

TEST(Transcript, RecordingNeedsEveryWayToSend) {
  test::Clock clock;
  Environment environment = test::environment_for([](const net::HttpRequest&) { return net::Exchange(); }, clock);
  environment.send_raw = nullptr;
  CheckOptions options = test::options_for("both");
  reports::TranscriptRecord transcript;
  EXPECT_THROW(record_to(test::specification(), options, environment, transcript), std::invalid_argument);
}

TEST(CheckOptions, APauseIsAnHourAtTheMost) {
  EXPECT_EQ(pause_for(4), std::chrono::milliseconds(250));
  EXPECT_EQ(pause_for(1e-300), std::chrono::hours(1));
}

}  // namespace transcript_test
}  // namespace meterproof::conformance
