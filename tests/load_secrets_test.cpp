// SPDX-License-Identifier: Apache-2.0
// A target that repeats the signature and the secret in replies that a load tells of: neither the screen nor the record shows them, whole or in part.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/load_runs.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace load_secrets_test {

using nlohmann::json;
using test::errors_of;
using test::Finished;
using test::run;
using test::temporary;

const std::string secret = "the-secret-a9";

std::string percent_encoded(const std::string& text) {
  std::string out;
  for (const char byte : text) {
    std::array<char, 4> one{};
    std::snprintf(one.data(), one.size(), "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(byte)));
    out += one.data();
  }
  return out;
}

mockserver::MockOptions knowing_the_secret() {
  mockserver::MockOptions out = test::with_replays();
  out.apps = {{"demo", secret}};
  return out;
}

/// One of several wrong replies, in turn. Some are longer than what is shown of them, so that a part of the token stands at the end.
void repeat(std::size_t way, const std::string& token, const std::string& authorization, net::Response& response) {
  const std::string begin = R"({"ResultCode":1,"Message":"ok")";
  switch (way) {
    case 0:
      response.status = 302;
      response.extra_headers = "Location: /login?t=" + token + "&s=" + secret + "\r\n";
      break;
    case 1:
      response.status = 307;
      response.extra_headers = "Location: /" + std::string(183, 'a') + "/" + token + "\r\n";
      break;
    case 2:
      response.status = 308;
      response.extra_headers = "Location: /" + percent_encoded(token) + "/" + percent_encoded(secret) + "\r\n";
      break;
    case 3: response.body = begin + " " + token + "}"; break;
    case 4:
      response.status = 500;
      response.body = begin + " " + authorization + " }";
      break;
    case 5:
      response.status = 502;
      response.body = begin + " " + percent_encoded(secret) + "}";
      break;
    case 6:
      response.extra_headers = "Content-Encoding: x-" + token + "\r\n";
      response.body = "no JSON";
      break;
    default: response.body = begin + ",\"" + token + "\":1,\"" + token + "\":2}"; break;  // read, and told as irregular
  }
}

TEST(LoadSecrets, AreNotToldOfReplies) {
  constexpr std::size_t ways = 8;
  std::vector<std::string> tokens, authorizations;
  test::Platform platform(
      [&](auto& state, const net::HttpParser& request, net::Response& response) {
        test::answer_as_the_mock(state, request, response);
        tokens.emplace_back(request.header("AccessToken"));
        authorizations.emplace_back(request.header("Authorization"));
        if (tokens.size() > 1) repeat(tokens.size() % ways, tokens.back(), authorizations.back(), response);  // the first exchange is answered well
      },
      knowing_the_secret());
  const std::string file = temporary("load-secrets.json");
  const Finished done = run(
      {"load", platform.url(), "--app", "demo:" + secret, "--max-generator-lag", "1m", "--rate", "40", "--duration", "1s", "--warm-up", "0", "--json", file});
  platform.stop();
  EXPECT_EQ(done.exit_code, 1) << done.out;
  ASSERT_GT(tokens.size(), 2 * ways) << done.out;
  const json record = json::parse(test::read_file(file));
  for (const char* cause : {"reply.redirect", "reply.not-json", "reply.coded"}) EXPECT_GT(errors_of(record, cause), 0U) << cause << "\n" << done.out;
  EXPECT_NE(done.out.find("[token]"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("[secret]"), std::string::npos) << done.out;
  constexpr std::size_t part = 10;
  for (const std::string& text : {done.out, record.dump()}) {
    for (const std::string& hidden : {secret.substr(0, part), percent_encoded(secret.substr(0, 3)), percent_encoded(secret.substr(secret.size() - 3))})
      EXPECT_EQ(text.find(hidden), std::string::npos) << hidden << "\n" << text;
    for (const std::string& token : tokens)
      for (const std::string& hidden : {token.substr(0, part), token.substr(token.size() - part), percent_encoded(token.substr(0, 4))})
        EXPECT_EQ(text.find(hidden), std::string::npos) << hidden << " of " << token << "\n" << text;
    for (const std::string& authorization : authorizations) EXPECT_EQ(text.find(authorization), std::string::npos) << authorization << "\n" << text;
  }
}

// What is no reply of the interface at all ends the run before its schedule: the line that shows it is cut, too.
TEST(LoadSecrets, AreNotToldOfAStranger) {
  std::vector<std::string> tokens;
  test::Platform platform([&](auto&, const net::HttpParser& request, net::Response& response) {
    tokens.emplace_back(request.header("AccessToken"));
    response.body = "<html><title>" + std::string(70, 'a') + " " + tokens.back() + "</title>" + std::string(100, 'b') + " " + tokens.back() +
                    std::string(53, 'c') + " " + tokens.back() + "</html>";
  });
  const std::string file = temporary("load-stranger.json");
  const Finished done = run({"load", platform.url(), "--app", "demo:" + secret, "--rate", "20", "--duration", "1s", "--json", file});
  platform.stop();
  EXPECT_EQ(done.exit_code, 4) << done.out;
  ASSERT_FALSE(tokens.empty());
  EXPECT_NE(done.out.find("[token]"), std::string::npos) << done.out;
  for (const std::string& text : {done.out, test::read_file(file)})
    for (const std::string& token : tokens) EXPECT_EQ(text.find(token.substr(0, 8)), std::string::npos) << token << "\n" << text;
}

}  // namespace load_secrets_test
}  // namespace meterproof
