// SPDX-License-Identifier: Apache-2.0
// A target that repeats the secret that it was told: nobody is shown it, wherever it stands.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "core/auth/base64.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace reflected_secrets_test {

using test::Finished;
using test::Process;
using test::run;
using test::temporary;

const std::string secret = "the-secret-a9";

/// Answers as the mock, but every row's user is called by the secret, a header has it for a name, and others for a value.
class Chatterbox {
 public:
  std::string url() const { return platform_.url(); }

 private:
  static mockserver::MockOptions options() {
    mockserver::MockOptions out = test::settings_for(test::specification());
    out.apps = {{"demo", secret}};
    return out;
  }
  static void answer(mockserver::MockState& state, const net::HttpParser& request, net::Response& response) {
    test::answer_as_the_mock(state, request, response);
    const std::string name = "\"UserName\":\"";
    for (std::size_t at = response.body.find(name); at != std::string::npos; at = response.body.find(name, at + 1)) {
      const std::size_t begin = at + name.size();
      response.body.replace(begin, response.body.find('"', begin) - begin, secret + " " + auth::base64(secret));
    }
    response.extra_headers += "X-" + secret + ": 1\r\nX-Said: " + secret + "\r\n";
    response.extra_headers += "X-Base64: " + auth::base64("said: " + secret) + "\r\n";
  }

  test::Platform platform_{answer, options()};
};

void expect_nothing(const std::string& text, const std::string& where) {
  for (const std::string& spelled : {secret, std::string("the_secret_a9"), auth::base64(secret), auth::base64("said: " + secret)}) {
    const std::size_t at = text.find(spelled);
    EXPECT_EQ(at, std::string::npos) << where << ": " << text.substr(at == std::string::npos || at < 100 ? 0 : at - 100, 300);
  }
}

TEST(ReflectedSecrets, AreShownNowhere) {
  for (const bool with_transcript : {false, true})
    for (const bool verbose : {false, true}) {
      Chatterbox target;
      std::vector<std::string> arguments = {"check", target.url(), "--app", "demo:" + secret, "--filter", "GetUserInfo/*", "--effect-timeout", "0s"};
      if (verbose) arguments.insert(arguments.begin(), "--verbose");
      if (with_transcript) arguments.emplace_back("--transcript");
      std::vector<std::string> files;
      for (const std::string format : {"json", "html", "junit", "markdown", "text"}) {
        files.push_back(temporary("chatterbox." + format));
        arguments.insert(arguments.end(), {"--" + format, files.back()});
      }
      const Finished done = run(arguments);
      const std::string what = std::string(verbose ? "--verbose " : "") + (with_transcript ? "--transcript" : "");
      EXPECT_EQ(done.exit_code, 1) << what << done.out.substr(0, 2000);
      expect_nothing(done.out, what);
      EXPECT_NE(done.out.find("[secret]"), std::string::npos) << what;  // it was repeated, and told
      for (const std::string& file : files) {
        expect_nothing(test::read_file(file), what + " " + file);
        EXPECT_NE(test::read_file(file).find("secret"), std::string::npos) << what << file;
      }
      const auto record = nlohmann::json::parse(test::read_file(files.front()));
      std::size_t named = 0;
      for (const auto& one : record["cases"])
        if (one.contains("reply")) named += one["reply"]["headers"].dump().find("X-[secret]") != std::string::npos ? 1U : 0U;
      EXPECT_GT(named, 20U) << what;
    }
}

// A finding quotes the first sixty bytes of a value.
TEST(ReflectedSecrets, AreNotCutInHalf) {
  for (const std::size_t before : {7U, 9U, 12U}) {  // so many of its characters stand before the cut
    mockserver::MockOptions options = test::settings_for(test::specification());
    options.apps = {{"demo", secret}};
    test::Platform target(
        [&](auto& state, const net::HttpParser& request, net::Response& response) {
          test::answer_as_the_mock(state, request, response);
          const std::string name = "\"UserName\":\"";
          for (std::size_t at = response.body.find(name); at != std::string::npos; at = response.body.find(name, at + 1)) {
            const std::size_t begin = at + name.size();
            response.body.replace(begin, response.body.find('"', begin) - begin, std::string(60 - before, '.') + secret);
          }
        },
        options);
    const std::string file = temporary("half.json");
    const Finished done = run({"check", target.url(), "--app", "demo:" + secret, "--filter", "GetUserInfo/*", "--effect-timeout", "0s", "--json", file});
    const std::string record = test::read_file(file), half = secret.substr(0, 7);
    EXPECT_NE(record.find("[secret]"), std::string::npos) << done.out;
    for (const std::string& text : {done.out, record})
      EXPECT_EQ(text.find(half), std::string::npos) << text.substr(std::min(text.size(), text.find(half)), 100);
  }
}

/// Answers as the mock, but every row's user is called by the token that it was sent, and a header has it as well.
class TokenRepeater {
 public:
  std::string url() const { return platform_.url(); }
  std::vector<std::string> tokens() {
    const std::scoped_lock lock(mutex_);
    return tokens_;
  }

 private:
  void answer(mockserver::MockState& state, const net::HttpParser& request, net::Response& response) {
    test::answer_as_the_mock(state, request, response);
    const std::string token(request.header("AccessToken"));
    if (token.size() != 32 || token.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return;  // what no server would take
    const std::string name = "\"UserName\":\"";
    for (std::size_t at = response.body.find(name); at != std::string::npos; at = response.body.find(name, at + 1)) {
      const std::size_t begin = at + name.size();
      response.body.replace(begin, response.body.find('"', begin) - begin, token);
    }
    response.extra_headers += "X-Link: /login?t=" + token + "\r\n";
    const std::scoped_lock lock(mutex_);
    tokens_.push_back(token);
  }

  std::mutex mutex_;
  std::vector<std::string> tokens_;
  test::Platform platform_{[this](auto& state, const auto& request, auto& response) { answer(state, request, response); }};
};

// A token is good for a request as long as its second is: what a target repeats of it is shown nowhere, with or without a transcript.
TEST(ReflectedTokens, AreShownNowhere) {
  for (const bool with_transcript : {false, true})
    for (const bool verbose : {false, true}) {
      TokenRepeater target;
      const std::string file = temporary("token-repeater.json");
      std::vector<std::string> arguments = {"check",         target.url(),       "--app", "demo:demo-secret", "--app", "other:other-secret", "--filter",
                                            "GetUserInfo/*", "--effect-timeout", "0s",    "--json",           file};
      if (verbose) arguments.insert(arguments.begin(), "--verbose");
      if (with_transcript) arguments.emplace_back("--transcript");
      const Finished done = run(arguments);
      const std::string what = std::string(verbose ? "--verbose " : "") + (with_transcript ? "--transcript" : "");
      EXPECT_NE(done.out.find("[token]"), std::string::npos) << what << done.out.substr(0, 2000);
      std::string replies;
      const auto record = nlohmann::json::parse(test::read_file(file));
      for (const auto& one : record["cases"]) {
        if (one.contains("reply")) replies += one["reply"].dump();
        if (one.contains("observed")) replies += one["observed"].dump();
      }
      EXPECT_NE(replies.find("/login?t=[token]"), std::string::npos) << what;
      // Those that were sent stand in the headers of the requests and, of a wrong signature, in the commands that repeat it: nowhere else.
      auto rest = record;
      rest.erase("transcript");
      for (auto& one : rest["cases"]) {
        one["request"].erase("headers");
        for (const char* command : {"curl", "powershell", "steps"}) one.erase(command);
      }
      const std::string elsewhere = rest.dump();
      EXPECT_GT(target.tokens().size(), 5U) << what;
      for (const std::string& token : target.tokens()) {
        EXPECT_EQ(done.out.find(token), std::string::npos) << what << " shows " << token;
        EXPECT_EQ(elsewhere.find(token), std::string::npos) << what << " records " << token;
      }
    }
}

// By a load, of a refusal: neither secrets nor the token of the request.
TEST(ReflectedSecrets, AreNotToldByALoad) {
  for (const bool all_refused : {false, true}) {
    std::string tokens;  // that were repeated
    test::Platform platform([&](auto& state, const net::HttpParser& request, net::Response& response) {
      state.handle(request, std::chrono::system_clock::now(), response);
      if (!all_refused && response.body.find("-202") == std::string::npos) return;
      tokens += std::string(request.header("AccessToken")) + "\n";
      response.body = R"({"ResultCode":-202,"Message":"secret )" + secret + " wanted " + std::string(request.header("AccessToken")) + R"("})";
    });
    const std::string file = temporary("chatty-load.json");
    const Finished done = run({"load", platform.url(), "--app", "demo:demo-secret", "--app", "b:" + secret, "--rate", "20", "--duration", "500ms",
                               "--max-generator-lag", "1m", "--json", file});
    platform.stop();
    EXPECT_EQ(done.exit_code, all_refused ? 4 : 0) << done.out;
    EXPECT_NE(done.out.find("secret [secret] wanted [token]"), std::string::npos) << done.out;
    for (const std::string& text : {done.out, test::read_file(file)}) {
      expect_nothing(text, "a load");
      std::istringstream lines(tokens);
      for (std::string token; std::getline(lines, token);) EXPECT_EQ(text.find(token), std::string::npos) << token;
    }
  }
}

// The other way round: what a client wrote into a path stands in a note.
TEST(ReflectedSecrets, OfAClientNeither) {
  const std::string record = temporary("chatty-client.json");
  Process client({"check-client", "--port", "0", "--app", "demo:" + secret, "--idle", "2s", "--json", record});
  test::Raw raw(client.port());
  raw.send("POST /" + secret + "/GetUserInfo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_NE(raw.receive("\r\n\r\n"), "");
  raw.close();
  const Finished done = client.finish();
  EXPECT_NE(done.out.find("[secret]/GetUserInfo"), std::string::npos) << done.out;
  expect_nothing(done.out, "standard output and error");
  expect_nothing(test::read_file(record), "the record");
}

}  // namespace reflected_secrets_test
}  // namespace meterproof
