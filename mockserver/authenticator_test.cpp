// SPDX-License-Identifier: Apache-2.0
#include "mockserver/authenticator.hpp"

#include <gtest/gtest.h>

#include "core/auth/base64.hpp"
#include "core/auth/md5.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::mockserver {
namespace authenticator_test {

using auth::base64;
using auth::md5_hex;
using core::DateTime;
using core::SignatureError;

const DateTime now = *DateTime::parse("2026-03-14 15:00:00");
const std::string stamp = "20260314150000";
SignatureScratch scratch;

MockOptions settings_of_a_test() {
  MockOptions options = test::settings_for(test::specification());
  options.tolerance = std::chrono::seconds(300);
  return options;
}

struct Given {
  const char* name;
  std::string token, authorization;
  SignatureError error;
  const char* says;
};

TEST(Authenticator, SaysWhatIsWrongWithASignature) {
  const MockOptions options = settings_of_a_test();
  const auto at = [](const std::string& time) { return std::pair(md5_hex("demodemo-secret" + time), base64("demo:" + time)); };
  const std::string good = at(stamp).first;
  const std::string authorization = at(stamp).second;
  using F = SignatureError;
  const Given table[] = {
      {"no token", "", authorization, F::header_missing, "the header AccessToken is missing"},
      {"no authorization", good, " ", F::header_missing, "the header Authorization is missing"},
      {"scheme", good, "Basic " + authorization, F::authorization_unreadable, "the scheme Basic"},
      {"plain", good, "demo:" + stamp, F::authorization_unreadable, "sent in plain"},
      {"unpadded", good, base64("demo:" + stamp).substr(0, 26), F::authorization_unreadable, "padding"},
      {"URL-safe", good, "ZGVtbzoy_-AyNjAz", F::authorization_unreadable, "URL-safe"},
      {"no colon", good, base64("demo" + stamp), F::authorization_unreadable, "without a colon"},
      {"full-width colon", good, base64("demo：" + stamp), F::authorization_unreadable, "full-width colon"},
      {"unknown app", good, base64("nobody:" + stamp), F::app_unknown, "no appId \"nobody\""},
      {"bytes, not UTF-8", good, base64("\xC5\xFF:" + stamp), F::app_unknown, "2 bytes, not UTF-8"},
      {"secret in place of the id", good, base64("demo-secret:" + stamp), F::app_unknown, "holds an appSecret"},
      {"id and secret in place of the id", good, base64("demodemo-secret:" + stamp), F::app_unknown, "holds an appSecret"},
      {"secret in the timestamp", at("demo-secret").first, at("demo-secret").second, F::timestamp_malformed, "holds an appSecret"},
      {"reversed", good, base64(stamp + ":demo"), F::app_unknown, "reversed"},
      {"secret twice", md5_hex("demo-secretdemo-secret" + stamp), authorization, F::token_wrong, "appSecret in place of the appId"},
      {"id twice", md5_hex("demodemo" + stamp), authorization, F::token_wrong, "appId in place of the appSecret"},
      {"wrong secret", md5_hex("demoxx" + stamp), authorization, F::token_wrong, "check the appSecret"},
      {"order", md5_hex(stamp + "demodemo-secret"), authorization, F::token_wrong, "timestamp+appId+appSecret"},
      {"newline", md5_hex("demodemo-secret" + stamp + "\n"), authorization, F::token_wrong, "newline"},
      {"no timestamp", md5_hex("demodemo-secret"), authorization, F::token_wrong, "without the timestamp"},
      {"a second apart", at("20260314150001").first, authorization, F::token_wrong, "1 s later"},
      {"short", good.substr(0, 16), authorization, F::token_wrong, "first 16 digits of the MD5"},
      {"SHA-1", std::string(40, 'a'), authorization, F::token_wrong, "SHA"},
      {"literal 24", at("2026031415240000").first, at("2026031415240000").second, F::timestamp_malformed, "16 digits with a literal 24"},
      {"milliseconds", at("1773471600000").first, at("1773471600000").second, F::timestamp_malformed, "milliseconds"},
      {"Unix time", at("1773471600").first, at("1773471600").second, F::timestamp_malformed, "Unix time"},
      {"no such day", at("20260230150000").first, at("20260230150000").second, F::timestamp_malformed, "no moment that exists"},
      {"UTC", at("20260314070000").first, at("20260314070000").second, F::timestamp_off, "in UTC"},
      {"12-hour clock", at("20260314030000").first, at("20260314030000").second, F::timestamp_off, "12-hour clock"},
      {"400 s slow", at("20260314145320").first, at("20260314145320").second, F::timestamp_off, "400 s (6 min) behind"},
  };
  for (const Given& given : table) {
    Authenticator authenticator(test::specification(), options);
    const PresentedCredentials presented = authenticator.presented(given.token, given.authorization, scratch);
    const auto refusal = authenticator.check(presented, now, scratch);
    ASSERT_TRUE(refusal) << given.name;
    EXPECT_EQ(refusal->error, given.error) << given.name << ": " << refusal->why.en;
    EXPECT_NE(refusal->why.en.find(given.says), std::string::npos) << given.name << ": " << refusal->why.en;
    EXPECT_NE(refusal->why.zh, "") << given.name;
    const bool nobody = given.error == F::header_missing || given.error == F::authorization_unreadable || given.error == F::app_unknown;
    EXPECT_EQ(authenticator.app_id(presented), nobody ? "" : "demo") << given.name;
    for (const std::string& text : {refusal->why.en, refusal->why.zh})
      EXPECT_EQ(text.find("demo-secret"), std::string::npos) << given.name << " tells the secret";
  }
}

TEST(Authenticator, TakesATimestampOnceAndEachAppItsOwn) {
  const MockOptions options = settings_of_a_test();
  Authenticator authenticator(test::specification(), options);
  const auth::Signer signer(test::specification().authentication);
  const auto check = [&](const auth::App& app, DateTime time) {
    return authenticator.check(authenticator.presented(signer.token(app, time.compact()), signer.authorization(app, time.compact()), scratch), now, scratch);
  };
  for (const auth::App& app : options.apps)
    for (int off = -300; off <= 300; ++off) EXPECT_FALSE(check(app, now + std::chrono::seconds(off))) << off;
  for (int off = -300; off <= 300; ++off) {
    const auto again = check(options.apps[0], now + std::chrono::seconds(off));
    ASSERT_TRUE(again) << off;
    EXPECT_EQ(again->error, SignatureError::timestamp_repeated);
  }
  EXPECT_TRUE(check(options.apps[0], now + std::chrono::seconds(301)));
  EXPECT_TRUE(check(options.apps[0], now + std::chrono::seconds(-301)));
}

TEST(ReplayCache, RemembersADayOfAHundredThousandAccounts) {
  ReplayCache guard(std::chrono::hours(24), 100'000);
  for (const std::size_t account : {0UL, 1UL, 99'999UL})
    for (const int off : {-86'400, 0, 86'400}) {
      const DateTime stamp_then = now + std::chrono::seconds(off);
      EXPECT_FALSE(guard.use(account, stamp_then, now)) << account << " " << off;
      EXPECT_EQ(guard.use(account, stamp_then, now), now) << account << " " << off;
    }
}

TEST(Authenticator, ARefusedSignatureUsesNoTimestampUp) {
  const MockOptions options = settings_of_a_test();
  Authenticator authenticator(test::specification(), options);
  const auth::Signer signer(test::specification().authentication);
  const auto check = [&](const std::string& token) {
    return authenticator.check(authenticator.presented(token, signer.authorization(options.apps[0], stamp), scratch), now, scratch);
  };
  EXPECT_TRUE(check("wrong"));
  EXPECT_FALSE(check(signer.token(options.apps[0], stamp)));
}

}  // namespace authenticator_test
}  // namespace meterproof::mockserver
