// SPDX-License-Identifier: Apache-2.0
// A target that refuses with a page, or with nothing, in place of the printed code: that is its failure, and no outage.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/support/in_process.hpp"

namespace meterproof {
namespace refusals_without_a_code_test {

reports::CheckRecord check_where(const std::string& code, int status, const std::string& body, const std::string& only) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  conformance::CheckOptions options = test::options_for("platform");
  options.selection.only = {only};
  return conformance::check(test::specification(), options,
                            test::environment_for(
                                [&](const net::HttpRequest& request) {
                                  net::Exchange exchange = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
                                  if (exchange.body.find("\"ResultCode\":" + code + ",") == std::string::npos) return exchange;
                                  exchange.status = status;
                                  exchange.body = body;
                                  return exchange;
                                },
                                clock));
}

TEST(RefusalsWithoutACode, FailAndAreNoOutage) {
  const struct {
    const char *code, *body, *only, *fails;
    int status;
  } table[] = {{"-201", "", "GetUserInfo/-201/*", "GetUserInfo/-201/same-request-again", 401},
               {"-201", "<html>no</html>", "GetUserInfo/-201/*", "GetUserInfo/-201/same-request-again", 403},
               {"-202", "", "GetUserInfo/-202/*", "GetUserInfo/-202/token-missing", 401}};
  for (const auto& row : table) {
    const std::string what = row.code + std::string(" as HTTP ") + std::to_string(row.status);
    const auto record = check_where(row.code, row.status, row.body, row.only);
    EXPECT_EQ(record.exit_code, 1) << what << ": " << test::notes_of(record);
    EXPECT_EQ(test::notes_of(record).find("something before the target"), std::string::npos) << what << ": " << test::notes_of(record);
    const auto found = std::find_if(record.cases.begin(), record.cases.end(), [&](const auto& one) { return one.id == row.fails; });
    ASSERT_NE(found, record.cases.end()) << what;
    EXPECT_EQ(found->verdict, reports::Verdict::failed) << what << ": " << test::english(found->reason);
  }
}

}  // namespace refusals_without_a_code_test
}  // namespace meterproof
