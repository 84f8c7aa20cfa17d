// SPDX-License-Identifier: Apache-2.0
// A target that repeats the secret that it was told: nobody is shown it, wherever it stands.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/auth/base64.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace {

using test::Finished;
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
        EXPECT_NE(test::read_file(file).find("[secret]"), std::string::npos) << what << file;
      }
      const auto record = nlohmann::json::parse(test::read_file(files.front()));
      std::size_t named = 0;
      for (const auto& one : record["cases"])
        if (one.contains("reply")) named += one["reply"]["headers"].dump().find("X-[secret]") != std::string::npos ? 1U : 0U;
      EXPECT_GT(named, 20U) << what;
    }
}

}  // namespace
}  // namespace meterproof
