// SPDX-License-Identifier: Apache-2.0
#include "core/redact/redactor.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <ctime>
#include <random>

#include "core/auth/base64.hpp"

namespace meterproof::redact {
namespace redactor_test {

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
    std::snprintf(digits, sizeof digits, base == 10 ? "%d" : base == 16 ? "%02x" : "%04x", static_cast<unsigned char>(c));
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

/// So many bytes by chance; the same ones each time.
std::string by_chance(std::size_t size, unsigned seed = 1) {
  std::mt19937 bits(seed);
  std::string out(size, ' ');
  for (char& c : out) c = static_cast<char>(bits());
  return out;
}

std::string in_hexadecimal(const std::string& text) { return encode_each(text, "", 16); }

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(NDEBUG)
constexpr bool is_instrumented = true;
#else
constexpr bool is_instrumented = false;
#endif

TEST(Redactor, AMegabyteOfAnythingTakesAMomentAndLittleMemory) {
  constexpr std::size_t megabyte = 1 << 20;
  constexpr double most_seconds = is_instrumented ? 6 : 0.3;  // of processor time, on a machine that has other work: some 0.1 s otherwise
  std::vector<auth::App> apps = {{"digits", "7531"}};
  for (int i = 0; i < 100; ++i) apps.push_back({"app" + std::to_string(i), "secret-of-app-" + std::to_string(1000 + i)});
  Redactor many(apps);
  for (unsigned i = 0; i < 10'000; ++i) many.add_token(in_hexadecimal(by_chance(16, 1000 + i)));
  const std::string bytes = by_chance(megabyte), letters = grouped(std::string(megabyte, 'b'), 7, " ");
  const std::string third = letters.substr(0, megabyte / 3), ninth = letters.substr(0, megabyte / 27);
  const struct {
    const char* kind;
    std::string text;
  } table[] = {
      {"bytes", bytes},
      {"Base64", auth::base64(bytes)},
      {"thrice Base64", auth::base64(auth::base64(auth::base64(bytes.substr(0, megabyte / 2))))},
      {"Base64 in lines", grouped(auth::base64(bytes), 76, "\r\n")},
      {"Base64 that is escaped", grouped(auth::base64(bytes), 64, R"(\\\\)")},
      {"hexadecimal", in_hexadecimal(bytes.substr(0, megabyte / 2))},
      {"thrice hexadecimal", in_hexadecimal(in_hexadecimal(in_hexadecimal(letters.substr(0, megabyte / 8))))},
      {"percent", encode_each(third, "%", 16)},
      {"thrice percent", encode_each(encode_each(encode_each(ninth, "%", 16), "%", 16), "%", 16)},
      {"JSON escapes", encode_each(letters.substr(0, megabyte / 6), "\\u", 4)},
      {"character references", encode_each(third, "&#", 10, ";")},
      {"backslashes", std::string(megabyte, '\\')},
      {"ellipses", grouped(std::string(megabyte / 16, 's'), 1, "secret-o…")},
      {"beginnings of secrets", grouped(std::string(megabyte / 14, '-'), 1, "secret-of-app")},
  };
  for (const auto& row : table) {
    std::string text = row.text;
    const std::clock_t begin = std::clock();
    many.redact(text);
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    EXPECT_LT(seconds * megabyte, most_seconds * static_cast<double>(std::max(row.text.size(), megabyte))) << row.kind;
    EXPECT_TRUE(text == row.text) << row.kind;
  }
  if (is_instrumented) return;
  rusage before{}, after{};
  std::string text = encode_each(std::string(4 * megabyte / 3, '%'), "%", 16);
  ::getrusage(RUSAGE_SELF, &before);
  many.redact(text);
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 * 1024);  // KiB
}

TEST(Redactor, ACutLeavesNoPartOfASecret) {
  const std::string secret = "demo-secret!", blanks(100, ' ');
  for (const std::string& hidden : {secret, std::string(token), auth::base64(secret), in_hexadecimal(secret), encode_each(secret, "%", 16),
                                    auth::base64(auth::base64(auth::base64(token))), grouped("demo-secret", 1, std::string(50, '.'))})
    for (std::size_t shown = 0; shown <= hidden.size(); ++shown) {
      std::string text = blanks + hidden + blanks + std::string(1 << 20, 'x');
      redactor().redact_beginning(text, blanks.size() + shown);
      ASSERT_TRUE(text == blanks || text == blanks + "[secret]" || text == blanks + "[token]") << hidden << ", " << shown << ": " << text;
      ASSERT_EQ(text == blanks, shown == 0);
    }
  std::string text = blanks + "x";
  redactor().redact_beginning(text, 1000);
  EXPECT_EQ(text, blanks + "x");
}

// Messages quote the beginning of what a target said: the cut may divide a secret, and redaction comes later.
TEST(Redactor, RecognizesHalfASecretBeforeAnEllipsis) {
  const std::vector<Row> rows = {
      {"x demo-s…", "x [secret]…"},
      {"x \"demo-secre\"…", "x \"[secret]\"…"},
      {"demo-secre… and demo-secret!…", "[secret]… and [secret]…"},
      {encode_each("demo-se", "%", 16) + "…", "[secret]…"},
      {auth::base64("my demo-secret!").substr(0, 15) + "…", "[secret]…"},
      {auth::base64("my demo-secret!").substr(0, 14) + "\"…", "[secret]\"…"},
      {"a demo…", "a demo…"},                    // less than a half is a word as any other
      {"demo-s and more…", "demo-s and more…"},  // nothing was cut there
      {"emo-secr…", "emo-secr…"},
      {"…", "…"},
      {"\"…", "\"…"},
  };
  for (const Row& row : rows) EXPECT_EQ(redacted(row.text), row.expected) << row.text;
}

TEST(Redactor, ItsOwnMarksStay) {
  const Redactor out(std::vector<auth::App>{{"a", "secret"}});
  std::string text = "the secret, \"secret\" and [secret]";
  out.redact(text);
  EXPECT_EQ(text, "the [secret], \"[secret]\" and [secret]");
  out.redact(text);
  EXPECT_EQ(text, "the [secret], \"[secret]\" and [secret]");
}

}  // namespace redactor_test
}  // namespace meterproof::redact
