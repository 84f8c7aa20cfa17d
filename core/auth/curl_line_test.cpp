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

}  // namespace
}  // namespace meterproof::auth
