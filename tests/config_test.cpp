// SPDX-License-Identifier: Apache-2.0
// --config: options from a file.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/mock_process.hpp"

namespace meterproof {
namespace config_test {

using nlohmann::json;
using test::Process;
using test::temporary;

class Config : public testing::Test {
 protected:
  Config() : file_(temporary("config.yaml")) {}
  ~Config() override { std::filesystem::remove(file_); }
  void write(const std::string& text) const { std::ofstream(file_) << text; }

  std::string file_;
};

TEST_F(Config, GivesOptionsThatTheCommandLineDoesNot) {
  write(R"(# of a team
mock:
  port: 0
  worlds: per-app
  tolerance: 60s
  strict: true
  no-admin: false
  interpretation: [token-case=upper, no-rows=null]
load:
  rate: 10
)");
  std::filesystem::remove(temporary("apps.txt"));
  std::ofstream(temporary("apps.txt")) << "one:secret-1\ntwo:secret-2\n";
  Process process({"--config", file_, "mock", "--apps", temporary("apps.txt"), "--tolerance", "2m", "--interpretation", "no-rows=absent"});
  const std::uint16_t port = process.port();
  const std::string said = process.wait_for("listening");
  EXPECT_NE(said.find("120"), std::string::npos) << "the command line counts: " << said;
  const auto worlds = json::parse(net::HttpClient({"127.0.0.1", port, ""}, std::chrono::seconds(10)).exchange({"GET", "/_mock/worlds", {}, ""}).body);
  EXPECT_EQ(worlds["per_app"], true);
  EXPECT_EQ(worlds["worlds"].size(), 2U);
  std::filesystem::remove(temporary("apps.txt"));
}

TEST_F(Config, MistakesAreToldWithTheirLine) {
  const struct {
    std::string text, says;
  } table[] = {
      {"mock:\n  prot: 1\n", ":2:3: error: unknown key \"prot\""},
      {"moch:\n  port: 1\n", ":1:1: error: unknown key \"moch\""},
      {"mock: 1\n", ":1"},
      {"- mock\n", "not a YAML mapping"},
      {"mock:\n  port: { a: 1 }\n", "2:9: error: port takes a text"},
      {"mock:\n  app: one:secret-of-one\n", ":2:3: error: a secret does not stand here"},
      {"mock:\n  port: 1\n  port: 2\n", "port"},
      {"mock:\n  strict: perhaps\n", "strict takes"},
      {"mock:\n  port: many\n", "--port"},
      {"mock: [\n", "config.yaml"},
  };
  for (const auto& row : table) {
    write(row.text);
    const auto done = test::run({"mock", "--config", file_, "--lang", "en"});
    EXPECT_EQ(done.exit_code, 2) << row.text << done.out;
    EXPECT_NE(done.out.find(row.says), std::string::npos) << row.text << done.out;
    EXPECT_EQ(done.out.find("secret-of-one"), std::string::npos) << done.out;
  }
  EXPECT_EQ(test::run({"--config", file_ + ".not-there", "spec", "list"}).exit_code, 2);
}

// The file of the Debian package names options that there are.
TEST_F(Config, ThePackagesFileIsRight) {
  const std::string given = test::read_file(std::string(METERPROOF_SOURCE) + "/cmake/service/mock.yaml"), store = temporary("service.db");
  std::string mine = given;
  const auto replace = [&](const std::string& from, const std::string& to) {
    ASSERT_NE(mine.find(from), std::string::npos) << from;
    mine.replace(mine.find(from), from.size(), to);
  };
  replace("port: 8080", "port: 0");
  replace("/var/lib/meterproof/mock.db", store);
  write(mine);
  {
    Process process({"mock", "--config", file_});
    EXPECT_NE(process.port(), 0);
    EXPECT_TRUE(std::filesystem::exists(store));
  }
  for (const char* const more : {"", "-wal", "-shm"}) std::filesystem::remove(store + more);
}

}  // namespace config_test
}  // namespace meterproof
