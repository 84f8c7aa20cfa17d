// SPDX-License-Identifier: Apache-2.0
// The token that the mock's admin API demands.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/mock_process.hpp"

namespace meterproof {
namespace control_token_test {

using nlohmann::json;
using test::MockProcess;
using test::Process;
using test::temporary;

const std::string token = "0123456789abcdef-of-this-test";

class ControlToken : public testing::Test {
 protected:
  ControlToken() : file_(temporary("control-token")) { std::ofstream(file_) << token << "\n"; }
  ~ControlToken() override { std::filesystem::remove(file_); }

  std::string file_;
};

net::Exchange get(std::uint16_t port, const std::string& path, const std::string& authorization) {
  std::vector<std::pair<std::string, std::string>> headers;
  if (!authorization.empty()) headers.emplace_back("Authorization", authorization);
  return net::HttpClient({"127.0.0.1", port, ""}, std::chrono::seconds(10)).exchange({"GET", path, headers, ""});
}

TEST_F(ControlToken, IsDemandedOfEveryRequestToTheAdminApi) {
  MockProcess mock({"--control-token", file_});
  const struct {
    std::string authorization, says;
  } refused[] = {{"", "this needs the mock's control token"},
                 {"Basic " + token, "this needs"},
                 {token, "this needs"},
                 {"Bearer", "this needs"},
                 {"Bearer ", "this needs"},
                 {"Bearer " + token + "x", "is not the mock's"},
                 {"Bearer " + token.substr(1), "is not the mock's"},
                 {"Bearer 0123456789abcdef-OF-this-test", "is not the mock's"}};
  for (const auto& row : refused) {
    const net::Exchange reply = get(mock.port(), "/_mock/health", row.authorization);
    EXPECT_EQ(reply.status, 401) << row.authorization;
    EXPECT_EQ(reply.header("WWW-Authenticate"), "Bearer") << row.authorization;
    EXPECT_NE(json::parse(reply.body)["error"].get<std::string>().find(row.says), std::string::npos) << row.authorization << ": " << reply.body;
    EXPECT_EQ(reply.body.find(token), std::string::npos);
  }
  for (const char* const path : {"/_mock/data", "/_mock/worlds", "/_mock/metrics", "/_mock/nowhere"}) EXPECT_EQ(get(mock.port(), path, "").status, 401) << path;
  for (const std::string scheme : {"Bearer ", "bearer ", "BEARER  "}) EXPECT_EQ(get(mock.port(), "/_mock/health", scheme + token).status, 200) << scheme;
  EXPECT_EQ(mock.code("/api/Meters/GetData", R"({"MeterAddr":"860000000002"})"), 1) << "calls of the interface need none";
}

TEST_F(ControlToken, MayComeFromTheEnvironment) {
  Process process("env", {"METERPROOF_CONTROL_TOKEN=" + token, METERPROOF_PROGRAM, "mock", "--port", "0"});
  const std::uint16_t port = process.port();
  EXPECT_EQ(get(port, "/_mock/health", "").status, 401);
  EXPECT_EQ(get(port, "/_mock/health", "Bearer " + token).status, 200);
  const std::string url = "http://127.0.0.1:" + std::to_string(port);
  EXPECT_EQ(test::run({"world", "list", url}).exit_code, 2);
  EXPECT_EQ(test::run({"world", "list", url, "--control-token", file_}).exit_code, 0);
  EXPECT_EQ(Process("env", {"METERPROOF_CONTROL_TOKEN=" + token, METERPROOF_PROGRAM, "world", "list", url}).finish().exit_code, 0);
}

// Whoever can reach the mock from elsewhere needs the token, and without one nobody gets in; the interface is served all the same.
TEST_F(ControlToken, IsNeededWhereOthersCanReachTheMock) {
  Process closed({"mock", "--port", "0", "--host", "0.0.0.0"});
  const std::uint16_t port = closed.port();
  const net::Exchange reply = get(port, "/_mock/health", "Bearer " + token);
  EXPECT_EQ(reply.status, 401);
  EXPECT_NE(reply.body.find("has no control token"), std::string::npos) << reply.body;
  EXPECT_NE(closed.wait_for("listening").find("the admin API is closed: 0.0.0.0"), std::string::npos);
  Process open({"mock", "--port", "0", "--host", "0.0.0.0", "--control-token", file_});
  const std::uint16_t other = open.port();
  EXPECT_EQ(get(other, "/_mock/health", "").status, 401);
  EXPECT_EQ(get(other, "/_mock/health", "Bearer " + token).status, 200);
}

TEST_F(ControlToken, ThatCanBeGuessedIsRefused) {
  const std::string path = temporary("weak-token");
  for (const std::string& weak :
       {std::string("short"), std::string("with a blank in it, so none"), std::string(300, 'x'), std::string("二进制二进制二进制二进制"), std::string()}) {
    std::ofstream(path) << weak;
    const auto done = test::run({"mock", "--port", "0", "--control-token", path});
    EXPECT_EQ(done.exit_code, 2) << weak;
    EXPECT_NE(done.out.find("16 to 256 visible"), std::string::npos) << done.out;
    EXPECT_TRUE(weak.size() < 10 || done.out.find(weak) == std::string::npos) << done.out;
  }
  std::filesystem::remove(path);
  EXPECT_EQ(test::run({"mock", "--port", "0", "--control-token", path}).exit_code, 2) << "no such file";
}

}  // namespace control_token_test
}  // namespace meterproof
