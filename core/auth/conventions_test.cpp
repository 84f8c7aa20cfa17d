// SPDX-License-Identifier: Apache-2.0
#include "core/auth/conventions.hpp"

#include <gtest/gtest.h>

#include <set>

#include "core/auth/md5.hpp"

namespace meterproof::auth {
namespace conventions_test {

using core::DateTime;

TEST(Conventions, EachHasANameAndATextOfItsOwn) {
  std::set<std::string_view> ids;
  std::set<std::string> english, chinese;
  for (const Convention& one : conventions()) {
    EXPECT_TRUE(ids.insert(one.id).second) << one.id;
    EXPECT_TRUE(english.insert(one.what.en).second && !one.what.en.empty()) << one.id;
    EXPECT_TRUE(chinese.insert(one.what.zh).second && !one.what.zh.empty()) << one.id;
    EXPECT_FALSE(one.instead.en.empty() || one.instead.zh.empty()) << one.id;
    EXPECT_TRUE(one.token != nullptr || one.authorization != nullptr || one.timestamp != nullptr) << one.id;
    EXPECT_EQ(&convention(one.id), &one);
  }
}

// The published results of the digests (RFC 1321, RFC 2202, RFC 4231, FIPS 180).
TEST(Conventions, MakesTheDigestsThatOthersMake) {
  const auto token = [](std::string_view id, const App& app, const std::string& timestamp) { return convention(id).token(app, timestamp); };
  const App abc{"a", "b"};
  EXPECT_EQ(token("token-upper-case", abc, "c"), "900150983CD24FB0D6963F7D28E17F72");
  EXPECT_EQ(token("token-16-digits", abc, "c"), "3cd24fb0d6963f7d");
  EXPECT_EQ(token("token-in-base64", abc, "c"), "kAFQmDzST7DWlj99KOF/cg==");
  EXPECT_EQ(token("token-sha-1", abc, "c"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(token("token-sha-256", abc, "c"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(token("token-sha-512", abc, "c"),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(token("token-sm3", abc, "c"), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  EXPECT_EQ(token("token-first-16-digits", abc, "c"), "900150983cd24fb0");
  EXPECT_EQ(token("token-hashed-twice-in-capitals", abc, "c"), md5_hex("900150983CD24FB0D6963F7D28E17F72"));
  const App jefe{"what do ya want ", "Jefe"};
  EXPECT_EQ(token("token-hmac-md5", jefe, "for nothing?"), "750c783e6ab0b503eaa86e310a5db738");
  EXPECT_EQ(token("token-hmac-sha-256", jefe, "for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  using namespace std::string_literals;
  EXPECT_EQ(token("token-hmac-sha-1", jefe, "for nothing?"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(token("token-hmac-md5-of-timestamp", {"x", "Jefe"}, "what do ya want for nothing?"), "750c783e6ab0b503eaa86e310a5db738");
  EXPECT_EQ(token("token-of-utf16-big-endian", {"a", "厂"}, "𠮷"), md5_hex("\0a\x53\x82\xD8\x42\xDF\xB7"s));
  EXPECT_EQ(token("token-of-utf16", {"a", "厂"}, "𠮷"), md5_hex("a\0\x82\x53\x42\xD8\xB7\xDF"s));
}

TEST(Conventions, WritesTimestampsAndAuthorizations) {
  const Moment moment{*DateTime::parse("2026-03-14 15:40:27"), *DateTime::parse("2026-03-14 07:40:27")};
  const std::pair<const char*, const char*> timestamps[] = {
      {"timestamp-16-digits", "2026031415244027"},  {"timestamp-in-utc", "20260314074027"},           {"timestamp-12-hours", "20260314034027"},
      {"timestamp-unix-seconds", "1773474027"},     {"timestamp-unix-milliseconds", "1773474027000"}, {"timestamp-month-for-minutes", "20260314150327"},
      {"timestamp-17-digits", "20260314154027000"}, {"timestamp-formatted", "2026-03-14 15:40:27"},
  };
  for (const auto& [id, text] : timestamps) EXPECT_EQ(convention(id).timestamp(moment), text) << id;
  const std::pair<const char*, const char*> hours[] = {{"00:00:00", "120000"}, {"12:00:00", "120000"}, {"13:05:00", "010500"}, {"11:59:59", "115959"}};
  for (const auto& [time, text] : hours)
    EXPECT_EQ(convention("timestamp-12-hours").timestamp({*DateTime::parse(std::string("2026-03-14 ") + time), {}}), std::string("20260314") + text) << time;
  const App app{"de>mo?x", "s"};
  const std::pair<const char*, const char*> authorizations[] = {
      {"authorization-basic", "Basic ZGU+bW8/eDox"}, {"authorization-plain", "de>mo?x:1"},       {"authorization-reversed", "MTpkZT5tbz94"},
      {"authorization-url-safe", "ZGU-bW8_eDox"},    {"authorization-unpadded", "ZGU+bW8/eDox"},
  };
  for (const auto& [id, text] : authorizations) EXPECT_EQ(convention(id).authorization(app, "1"), text) << id;
  EXPECT_EQ(convention("authorization-unpadded").authorization({"a", "s"}, "1"), "YTox");
  EXPECT_EQ(convention("authorization-unpadded").authorization({"a", "s"}, "12"), "YToxMg");
}

}  // namespace conventions_test
}  // namespace meterproof::auth
