// SPDX-License-Identifier: Apache-2.0
#include "core/diagnostics/path_suggestion.hpp"

#include <gtest/gtest.h>

namespace meterproof::core {
namespace path_suggestion_test {

TEST(PathSuggestion, NamesTheOneThatWasMeantAndWhatIsDifferent) {
  const std::vector<std::string> known = {"/api/Users/GetUserInfo", "/api/Pay/RemotePay", "/api/Meters/GetData"};
  const struct {
    const char *path, *meant, *mistake;
  } table[] = {
      {"/api/users/getuserinfo", "/api/Users/GetUserInfo", "upper case"},
      {"/api/Users/GetUserInfo/", "/api/Users/GetUserInfo", "at the end"},
      {"//api/Users//GetUserInfo", "/api/Users/GetUserInfo", "too many"},
      {"/api%2FUsers/GetUserInfo", "/api/Users/GetUserInfo", "percent"},
      {"/api/Users/GetUserInfo;jsessionid=1", "/api/Users/GetUserInfo", "semicolon"},
      {"/GetUserInfo", "/api/Users/GetUserInfo", "folder"},
      {"/api/Users/RemotePay", "/api/Pay/RemotePay", "folder"},
      {"/gateway/api/Pay/RemotePay", "/api/Pay/RemotePay", "prefix"},
      {"/api/Meters/GetDat", "/api/Meters/GetData", ""},
  };
  for (const auto& row : table) {
    const auto found = suggest_path(row.path, known);
    ASSERT_TRUE(found) << row.path;
    EXPECT_EQ(found->path, row.meant) << row.path;
    EXPECT_NE(found->mistake.en.find(row.mistake), std::string::npos) << row.path << ": " << found->mistake.en;
    EXPECT_EQ(found->mistake.en.empty(), found->mistake.zh.empty());
  }
  EXPECT_FALSE(suggest_path("/favicon.ico", known));
  EXPECT_FALSE(suggest_path(std::string(100'000, '/'), known));
  EXPECT_FALSE(suggest_path("", known));
}

}  // namespace path_suggestion_test
}  // namespace meterproof::core
