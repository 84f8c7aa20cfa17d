// SPDX-License-Identifier: Apache-2.0
#include "core/auth/curl_line.hpp"

#include <gtest/gtest.h>

namespace meterproof::auth {
namespace {

TEST(Curl, QuotesForTheShell) {
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
  const std::string line = curl_line("POST", "http://h/a", {{"Content-Type", "application/json"}, {"Empty", ""}}, "{\"a\":1}");
  EXPECT_EQ(line, "curl -sS 'http://h/a' -H 'Content-Type: application/json' -H 'Empty;' --data-binary '{\"a\":1}'");
}

TEST(Curl, BytesThatAreNoTextGoThroughPrintf) {
  core::Authentication authentication;
  authentication.headers.resize(2);
  authentication.authorization = 1;
  const std::string gbk = "{\"a\":\"\xD3\xC3\"}";
  const std::string piped = "printf '{\"a\":\"\\323\\303\"}' | curl -sS 'http://h/a'";
  for (const std::string& line :
       {curl_line("POST", "http://h/a", {}, gbk), signing_curl_line(authentication, {"demo", "secret"}, "s", "http://h/a", gbk, {})}) {
    EXPECT_NE(line.find(piped), std::string::npos) << line;
    EXPECT_TRUE(line.ends_with(" --data-binary @-")) << line;
  }
  EXPECT_TRUE(curl_line("POST", "http://h/a", {}, "\x7F").starts_with("printf '\\177' | "));
  EXPECT_TRUE(curl_line("POST", "http://h/a", {}, "@file").starts_with("printf '@file' | "));
  EXPECT_TRUE(signing_curl_line(authentication, {"demo", "secret"}, "s", "http://h/a", "{\"a\":\"用\"}", {}).ends_with(" -d '{\"a\":\"用\"}'"));
}

TEST(Curl, TheNameOfAHeaderHasNoCase) {
  EXPECT_EQ(curl_line("POST", "http://h/a", {{"content-type", "a/b"}}, "x"), "curl -sS 'http://h/a' -H 'content-type: a/b' --data-binary 'x'");
}

TEST(Curl, AVariableBeforeALetterHasBraces) {
  using core::TokenPart;
  const struct {
    std::vector<std::pair<TokenPart, std::string>> token;
    std::string_view secret, says;
  } table[] = {
      {{{TokenPart::app_id, {}}, {TokenPart::app_secret, {}}, {TokenPart::timestamp, {}}}, "$APP_SECRET", "\"demo$APP_SECRET$T\""},
      {{{TokenPart::timestamp, {}}, {TokenPart::app_secret, {}}}, "secret", "\"${T}secret\""},
      {{{TokenPart::app_secret, {}}, {TokenPart::app_id, {}}, {TokenPart::timestamp, {}}}, "$APP_SECRET", "\"${APP_SECRET}demo$T\""},
      {{{TokenPart::timestamp, {}}, {TokenPart::literal, "_"}}, "", "\"${T}_\""},
      {{{TokenPart::timestamp, {}}, {TokenPart::literal, ":"}}, "", "\"$T:\""},
  };
  for (const auto& row : table) {
    core::Authentication authentication;
    authentication.headers.resize(2);
    authentication.headers[0].md5 = row.token;
    authentication.authorization = 1;
    const std::string line = signing_curl_line(authentication, {"demo", "secret"}, row.secret, "http://h/a", "{}", {});
    EXPECT_NE(line.find("printf %s " + std::string(row.says)), std::string::npos) << line;
  }
}

core::Authentication usual_authentication() {
  using core::TokenPart;
  core::Authentication out;
  out.headers.resize(2);
  out.headers[0].md5 = {{TokenPart::app_id, {}}, {TokenPart::app_secret, {}}, {TokenPart::timestamp, {}}};
  out.headers[1].base64 = {{TokenPart::app_id, {}}, {TokenPart::literal, ":"}, {TokenPart::timestamp, {}}};
  out.authorization = 1;
  return out;
}

TEST(Curl, SignsAsTheTargetWantsIt) {
  const std::string utc = signing_curl_line(usual_authentication(), {"demo", "secret"}, secret_variable(0), "http://h/a", "{}", {});
  EXPECT_TRUE(utc.starts_with("T=$(TZ=UTC-00:00 date ")) << utc;
  EXPECT_NE(utc.find("\"demo$APP_SECRET$T\" | md5sum | cut -c1-32)"), std::string::npos) << utc;
  const std::string upper =
      signing_curl_line(usual_authentication(), {"second", "secret"}, secret_variable(1), "http://h/a", "{}", {std::chrono::minutes(480), true});
  EXPECT_TRUE(upper.starts_with("T=$(TZ=UTC-08:00 date ")) << upper;
  EXPECT_NE(upper.find("\"second$APP_SECRET_2$T\" | md5sum | cut -c1-32 | tr a-f A-F)"), std::string::npos) << upper;
}

// Pasting a line must run nothing but what it shows.
TEST(Curl, AnAppIdOfAStrangerRunsNothing) {
  for (const std::string id : {"a$(touch x)", "a`touch x`", "a\"; touch x; \"", "a!!", "a\\"}) {
    const std::string line = signing_curl_line(usual_authentication(), {id, "s"}, secret_variable(0), "http://h/a", "{}", {});
    EXPECT_NE(line.find("\"\"" + shell_quoted(id) + "\"$APP_SECRET$T\""), std::string::npos) << line;
    EXPECT_NE(line.find("\"\"" + shell_quoted(id) + "\":$T\""), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace meterproof::auth
