// SPDX-License-Identifier: Apache-2.0
#include "core/auth/curl_line.hpp"

#include <gtest/gtest.h>

#include "core/text/shell.hpp"

namespace meterproof::auth {
namespace curl_line_test {

TEST(Curl, QuotesForTheShell) {
  const std::string line = curl_line("POST", "http://h/a", {{"Content-Type", "application/json"}, {"Empty", ""}}, "{\"a\":1}");
  EXPECT_EQ(line, "curl -sS 'http://h/a' -H 'Content-Type: application/json' -H 'Empty;' --data-binary '{\"a\":1}'");
  EXPECT_TRUE(curl_line("GET", "http://h/[a-z]'", {}, "").starts_with("curl -sS -g 'http://h/[a-z]'\\''' -X GET"));
}

TEST(Curl, BytesThatAreNoTextGoThroughPrintf) {
  core::Authentication authentication;
  authentication.headers.resize(2);
  authentication.authorization = 1;
  const std::string gbk = "{\"a\":\"\xD3\xC3\"}";
  const std::string piped = "printf '{\"a\":\"\\323\\303\"}' | curl -sS 'http://h/a'";
  for (const std::string& line : {curl_line("POST", "http://h/a", {}, gbk), signing_curl_line(authentication, "demo", {false, "s"}, "http://h/a", gbk, {})}) {
    EXPECT_NE(line.find(piped), std::string::npos) << line;
    EXPECT_TRUE(line.ends_with(" --data-binary @-")) << line;
  }
  EXPECT_TRUE(curl_line("POST", "http://h/a", {}, "\x7F").starts_with("printf '\\177' | "));
  EXPECT_TRUE(curl_line("POST", "http://h/a", {}, "\u202E").starts_with("printf '\\342\\200\\256' | "));
  EXPECT_TRUE(curl_line("POST", "http://h/a", {}, "@file").starts_with("printf '@file' | "));
  EXPECT_TRUE(signing_curl_line(authentication, "demo", {false, "s"}, "http://h/a", "{\"a\":\"用\"}", {}).ends_with(" -d '{\"a\":\"用\"}'"));
}

TEST(Curl, TheNameOfAHeaderHasNoCase) {
  EXPECT_EQ(curl_line("POST", "http://h/a", {{"content-type", "a/b"}}, "x"), "curl -sS 'http://h/a' -H 'content-type: a/b' --data-binary 'x'");
}

TEST(Curl, TextsAreInSingleQuotesAndVariablesInDoubleOnes) {
  using core::TokenPart;
  const SecretText variable = secret_variable(0);
  const struct {
    std::vector<std::pair<TokenPart, std::string>> token;
    SecretText secret;
    std::string_view says;
  } table[] = {
      {{{TokenPart::app_id, {}}, {TokenPart::app_secret, {}}, {TokenPart::timestamp, {}}}, variable, "'demo'\"$APP_SECRET$T\" "},
      {{{TokenPart::timestamp, {}}, {TokenPart::app_secret, {}}}, {false, "secret"}, "\"$T\"'secret' "},
      {{{TokenPart::app_secret, {}}, {TokenPart::app_id, {}}, {TokenPart::timestamp, {}}}, variable, "\"$APP_SECRET\"'demo'\"$T\" "},
      {{{TokenPart::app_id, {}}, {TokenPart::literal, ":"}, {TokenPart::timestamp, {}}}, variable, "'demo:'\"$T\" "},
      {{{TokenPart::app_secret, {}}, {TokenPart::timestamp, {}}}, {false, "$(touch x)"}, "'$(touch x)'\"$T\" "},
      {{}, variable, "'' "},
  };
  for (const auto& row : table) {
    core::Authentication authentication;
    authentication.headers.resize(2);
    authentication.headers[0].md5 = row.token;
    authentication.authorization = 1;
    const std::string line = signing_curl_line(authentication, "demo", row.secret, "http://h/a", "{}", {});
    EXPECT_NE(line.find("printf %s " + std::string(row.says)), std::string::npos) << line;
  }
}

core::Authentication usual_authentication() {
  using core::TokenPart;
  core::Authentication out;
  out.headers.resize(2);
  out.headers[0].name = "Token";
  out.headers[1].name = "Authorization";
  out.headers[0].md5 = {{TokenPart::app_id, {}}, {TokenPart::app_secret, {}}, {TokenPart::timestamp, {}}};
  out.headers[1].base64 = {{TokenPart::app_id, {}}, {TokenPart::literal, ":"}, {TokenPart::timestamp, {}}};
  out.authorization = 1;
  return out;
}

TEST(Curl, SignsAsTheTargetWantsIt) {
  const std::string utc = signing_curl_line(usual_authentication(), "demo", secret_variable(0), "http://h/a", "{}", {});
  EXPECT_EQ(utc,
            "T=$(TZ=UTC-00:00 date +%Y%m%d%H%M%S); K=$(printf %s 'demo'\"$APP_SECRET$T\" | openssl md5 -r | cut -c1-32); "
            "A=$(printf %s 'demo:'\"$T\" | openssl base64 -A); curl -sS 'http://h/a' -H 'Token: '\"$K\" -H 'Authorization: '\"$A\" -d '{}'");
  const std::string upper = signing_curl_line(usual_authentication(), "second", secret_variable(1), "http://h/a", "{}", {std::chrono::minutes(480), true});
  EXPECT_TRUE(upper.starts_with("T=$(TZ=UTC-08:00 date ")) << upper;
  EXPECT_NE(upper.find("'second'\"$APP_SECRET_2$T\" | openssl md5 -r | cut -c1-32 | tr a-f A-F)"), std::string::npos) << upper;
}

// Pasting a line must run nothing but what it shows.
TEST(Curl, AnAppIdOfAStrangerRunsNothing) {
  for (const std::string id : {"a$(touch x)", "a`touch x`", "a\"; touch x; \"", "a'; touch x; '", "a!!", "a\\", "a\x15touch x\n"}) {
    const std::string line = signing_curl_line(usual_authentication(), id, secret_variable(0), "http://h/a", "{}", {});
    EXPECT_NE(line.find("printf %s " + core::shell_quoted(id) + "\"$APP_SECRET$T\" |"), std::string::npos) << line;
    EXPECT_NE(line.find("printf %s " + core::shell_quoted(id + ":") + "\"$T\" |"), std::string::npos) << line;
  }
}

}  // namespace curl_line_test
}  // namespace meterproof::auth
