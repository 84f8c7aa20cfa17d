// SPDX-License-Identifier: Apache-2.0
#include "core/redact/redactor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "core/auth/base64.hpp"

namespace meterproof::redact {
namespace {

constexpr const char* token = "5f4dcc3b5aa765d61d8327deb882cf99";

Redactor redactor() {
  Redactor out({{"demo", "demo-secret!"}, {"short", "abc"}, {"digits", "7531"}});
  out.add_token(token);
  out.add_token("5D41402ABC4B2A76B9719D911017C592");
  out.add_word("ZGVtbzoyMDI2MDExMDAwMDkwMA==");
  return out;
}

std::string redacted(std::string text) {
  redactor().redact(text);
  return text;
}

std::string encode_each(const std::string& text, const std::string& before, int base, const std::string& after = "") {
  std::string out;
  for (const char c : text) {
    char digits[8];
    std::snprintf(digits, sizeof digits, base == 10 ? "%d" : base == 16 ? "%02x" : "%04x", c);
    out += before + digits + after;
  }
  return out;
}

std::string grouped(const std::string& text, std::size_t group, const std::string& separator) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) out += (i > 0 && i % group == 0 ? separator : "") + text[i];
  return out;
}

std::string to_upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

struct Row {
  std::string text, expected;
};

TEST(Redactor, RemovesSecretsAndTokensInEveryEncoding) {
  const std::string secret = "demo-secret!";
  const std::string line = "AccessToken: " + std::string(token) + "\r\n";
  const std::vector<Row> rows = {
      {"your token was " + std::string(token) + ".", "your token was [token]."},
      {to_upper(token), "[token]"},
      {"x" + std::string(token) + "ab", "x[token]ab"},
      {"I expected 5d41402abc4b2a76b9719d911017c592", "I expected [token]"},
      {grouped(token, 4, "-") + " or " + grouped(token, 2, ":"), "[token] or [token]"},
      {encode_each(token, "%", 16) + "&x=1", "[token]&x=1"},
      {encode_each(encode_each(token, "%", 16), "%", 16), "[token]"},
      {"\"" + encode_each(token, "\\u", 4) + "\"", "\"[token]\""},
      {encode_each(token, "&#", 10, ";"), "[token]"},
      {encode_each(token, "&#x", 16, ";"), "[token]"},
      {"(" + auth::base64(token) + ")", "([token])"},
      {auth::base64(to_upper(token)), "[token]"},
      {"x=" + auth::base64(token) + "&y=1", "x=[token]&y=1"},
      {"key=" + auth::base64(secret) + ";a==" + auth::base64(secret), "key=[secret];a==[secret]"},
      {auth::base64(line), "[token]"},
      {auth::base64("0" + line), "[token]"},
      {auth::base64(auth::base64(token)), "[token]"},
      {grouped(auth::base64(line + line), 40, "\r\n"), "[token]"},
      {encode_each(token, "", 16), "[token]"},
      {encode_each(auth::base64(secret), "%", 16), "[secret]"},
      {"ZGVtbzoyMDI2MDExMDAwMDkwMA==", "[token]"},
      {"a " + secret + " b", "a [secret] b"},
      {"DEMO_SECRET", "[secret]"},
      {"Demo%2Dsecret", "[secret]"},
      {auth::base64("demo:" + secret + ":20260110000900"), "[secret]"},
      {encode_each(secret, "", 16), "[secret]"},
      {"abc and ABC", "abc and ABC"},
      {"7531, 75-31", "[secret], 75-31"},
      {"990075310000, x7531", "990075310000, x7531"},
      {"digits753120260110000900 was hashed", "[secret]20260110000900 was hashed"},
      {auth::base64("digits:7531"), "[secret]"},
      {"demodemo-secret!20260110000900", "[secret]20260110000900"},
      {"", ""},
      {"%", "%"},
      {"\\", "\\"},
      {"&#", "&#"},
      {"&#;&#x;%zz\\u12", "&#;&#x;%zz\\u12"},
      {R"({"ResultCode":1,"Message":"成功","DataList":[{"MeterAddr":"990000000000"}]})",
       R"({"ResultCode":1,"Message":"成功","DataList":[{"MeterAddr":"990000000000"}]})"},
      {"5f4dcc3b5aa765d61d8327deb882cf98", "5f4dcc3b5aa765d61d8327deb882cf98"},
  };
  for (const Row& row : rows) EXPECT_EQ(redacted(row.text), row.expected) << row.text;
}

TEST(Redactor, LeavesMegabytesOfOtherTextUnchanged) {
  const std::string letters(1 << 20, 'a'), words = grouped(std::string(1 << 20, 'b'), 7, " ");
  EXPECT_EQ(redacted(letters), letters);
  EXPECT_EQ(redacted(words + token), words + "[token]");
}

}  // namespace
}  // namespace meterproof::redact
