// SPDX-License-Identifier: Apache-2.0
#include "core/auth/powershell_line.hpp"

#include <gtest/gtest.h>

namespace meterproof::auth {
namespace powershell_line_test {

core::Authentication usual_authentication() {
  using core::TokenPart;
  core::Authentication out;
  out.headers.resize(4);
  out.headers[0].name = "Accept";
  out.headers[0].value = "application/json";
  out.headers[1].name = "Content-Type";
  out.headers[1].value = "application/json;charset=utf-8";
  out.headers[2].name = "Token";
  out.headers[2].md5 = {{TokenPart::app_id, {}}, {TokenPart::app_secret, {}}, {TokenPart::timestamp, {}}};
  out.headers[3].name = "Authorization";
  out.headers[3].base64 = {{TokenPart::app_id, {}}, {TokenPart::literal, ":"}, {TokenPart::timestamp, {}}};
  out.token = 2;
  out.authorization = 3;
  return out;
}

const std::string seven = "$O=@{}; if($PSVersionTable.PSVersion.Major -ge 7){$O=@{SkipHeaderValidation=$true;SkipHttpErrorCheck=$true}}; ";

TEST(PowerShell, SignsAsTheTargetWantsIt) {
  const std::string body = R"({"a":"用户's"})";
  EXPECT_EQ(signing_powershell_line(usual_authentication(), "demo", secret_variable(0), "http://h/a", body, {std::chrono::minutes(480), false}),
            "$T=[DateTime]::UtcNow.AddMinutes(480).ToString('yyyyMMddHHmmss',[Globalization.CultureInfo]::InvariantCulture); "
            "$K=-join([Security.Cryptography.MD5]::Create().ComputeHash([Text.Encoding]::UTF8.GetBytes(''+'demo'+$APP_SECRET+$T))|%{$_.ToString('x2')}); "
            "$A=[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes(''+'demo'+':'+$T)); " +
                seven +
                "(Invoke-WebRequest @O -UseBasicParsing -Method 'POST' -Uri 'http://h/a' -Headers @{'Accept'='application/json';'Token'=$K;'Authorization'=$A} "
                "-ContentType 'application/json;charset=utf-8' -Body ([Text.Encoding]::UTF8.GetBytes('{\"a\":\"用户''s\"}'))).Content");
  const std::string upper =
      signing_powershell_line(usual_authentication(), "second", secret_variable(1), "http://h/a", "{}", {std::chrono::minutes(-90), true});
  EXPECT_NE(upper.find("AddMinutes(-90)"), std::string::npos) << upper;
  EXPECT_NE(upper.find("'second'+$APP_SECRET_2+$T"), std::string::npos) << upper;
  EXPECT_NE(upper.find("ToString('X2')"), std::string::npos) << upper;
}

// In PowerShell the typographic quotes end a text as well.
TEST(PowerShell, AnAppIdOfAStrangerRunsNothing) {
  EXPECT_EQ(powershell_quoted("a'; ni x; '"), "'a''; ni x; '''");
  EXPECT_EQ(powershell_quoted("a$(ni x)`\"!"), "'a$(ni x)`\"!'");
  for (const std::string quote : {"\u2018", "\u2019", "\u201A", "\u201B"}) EXPECT_EQ(powershell_quoted("a" + quote + "b"), "'a" + quote + quote + "b'");
  EXPECT_EQ(powershell_quoted("\u2017\u201C用"), "'\u2017\u201C用'");
  EXPECT_EQ(powershell_quoted("a\x15ni x\n"), "([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('YRVuaSB4Cg==')))");
  const std::string line = signing_powershell_line(usual_authentication(), "a'; ni x; '", {false, "s\u2019"}, "http://h/'", "{\n}", {});
  EXPECT_NE(line.find("''+'a''; ni x; '''+'s\u2019\u2019'+$T"), std::string::npos) << line;
  EXPECT_NE(line.find("-Uri 'http://h/'''"), std::string::npos) << line;
  EXPECT_NE(line.find("-Body ([Convert]::FromBase64String('ewp9'))"), std::string::npos) << line;
}

TEST(PowerShell, SendsARequestAsItIs) {
  EXPECT_EQ(powershell_line("GET", "http://h/a", {{"X", "1"}, {"Y", ""}}, ""),
            seven + "(Invoke-WebRequest @O -UseBasicParsing -Method 'GET' -Uri 'http://h/a' -Headers @{'X'='1';'Y'=''}).Content");
  EXPECT_NE(powershell_line("POST", "http://h/a", {{"content-type", "a/b"}}, "\xFF").find(" -ContentType 'a/b' -Body ([Convert]::FromBase64String('/w=='))"),
            std::string::npos);
  EXPECT_EQ(powershell_line("POST", "http://h/a", {{"X", "1"}, {"x", "2"}}, ""), "") << "a header twice";
  EXPECT_EQ(powershell_line("POST", "http://h/a", {}, "{}"), "") << "it would add a Content-Type";
  EXPECT_EQ(powershell_line("GET", "http://h/a", {{"Content-Type", "a/b"}}, "{}"), "");
}

}  // namespace powershell_line_test
}  // namespace meterproof::auth
