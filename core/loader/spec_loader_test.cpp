// SPDX-License-Identifier: Apache-2.0
#include "core/loader/spec_loader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/in_process.hpp"

namespace meterproof::loader {
namespace spec_loader_test {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
  std::stringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

/// The specs with one file changed, in a folder of their own; what the loader says of them.
std::string problems_after(const std::string& file, const std::string& from, const std::string& to) {
  const fs::path folder = fs::temp_directory_path() / ("meterproof-lint-" + std::to_string(::getpid()));
  fs::remove_all(folder);
  fs::create_directories(folder);
  for (const auto& entry : fs::directory_iterator(test::spec_directory()))
    if (entry.path().extension() == ".yaml") fs::copy(entry.path(), folder);
  std::string text = content_of(folder / file);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "the file has no " << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  std::ofstream(folder / file) << text;
  const auto loaded = load_spec(folder.string());
  fs::remove_all(folder);
  return loaded ? "" : core::format(loaded.problems(), i18n::Language::en);
}

struct Mistake {
  const char* name;
  const char* file;
  const char* from;
  const char* to;
  std::vector<std::string> says;
};

TEST(Loader, LocatesEveryKindOfMistake) {
  const Mistake table[] = {
      {"unknown key",
       "3.02_remote_pay.yaml",
       "required: N, zh: 用户编号",
       "reqired: N, zh: 用户编号",
       {"3.02_remote_pay.yaml:9:28: error: unknown key \"reqired\"", "did you mean \"required\"?", "^"}},
      {"unknown type",
       "3.02_remote_pay.yaml",
       "Money:     { type: decimal",
       "Money:     { type: decimel",
       {":12:22: error: unknown type \"decimel\"", "did you mean \"decimal\"?"}},
      {"unguarded required field",
       "3.02_remote_pay.yaml",
       "when: { empty: TransId }",
       "when: { blank_alone: TransId }",
       {"no rule answers a missing TransId, which is required"}},
      {"rule on an unknown field",
       "3.02_remote_pay.yaml",
       "{ empty: PayDate }",
       "{ empty: PayDat }",
       {"\"PayDat\" is not a field of RemotePay", "did you mean \"PayDate\"?"}},
      {"unknown rule word", "3.02_remote_pay.yaml", "{ empty: PayDate }", "{ emty: PayDate }", {"unknown key \"emty\"", "did you mean \"empty\"?"}},
      {"code without a rule", "3.02_remote_pay.yaml", ", when: { empty: PayDate }", "", {"nothing leads to the code -5"}},
      {"unreachable code",
       "3.04_control_valve.yaml",
       "{ unlisted: ValveMode, or: [-200] }",
       "{ empty: ValveMode }",
       {"the code -4 cannot be reached: -3 answers the same violation first"}},
      {"code given twice", "3.02_remote_pay.yaml", "- { code: -4,", "- { code: -3,", {"the code -3 is given twice"}},
      {"two codes of one meaning", "3.02_remote_pay.yaml", "zh: 充值日期不能为空", "zh: 充值流水号不能为空", {"the codes -3 and -5 mean the same"}},
      {"rule that does not fit",
       "3.02_remote_pay.yaml",
       "{ unlisted: PayWay, or: [-200] }",
       "{ unlisted: Money, or: [-200] }",
       {"does not fit: Money has no vocabulary"}},
      {"unknown variant",
       "3.02_remote_pay.yaml",
       "from: by_user }",
       "from: by_usr }",
       {"\"by_usr\" is not a variant of RemotePay", "did you mean \"by_user\"?"}},
      {"unknown table", "3.02_remote_pay.yaml", "refers: user }", "refers: usr }", {"no table \"usr\"", "did you mean \"user\"?"}},
      {"unknown column", "3.02_remote_pay.yaml", "Remnant:      {", "Remmant:      {", {"\"Remmant\" is not a column of meter", "did you mean \"Remnant\"?"}},
      {"unknown row in an effect",
       "3.02_remote_pay.yaml",
       "[meter.Remnant, request.Money]",
       "[metre.Remnant, request.Money]",
       {"\"metre\" is neither the request nor a row found before", "did you mean \"meter\"?"}},
      {"unknown column in a path",
       "3.01_get_user_info.yaml",
       "meter.UserCode.UserName",
       "meter.UserCode.UserNam",
       {"\"UserNam\" is not a column of user", "did you mean \"UserName\"?"}},
      {"reply field that nothing fills", "3.01_get_user_info.yaml", "        Phone:     meter.UserCode.Phone\n", "", {"nothing fills the reply's field Phone"}},
      {"no YAML", "3.08_set_price.yaml", "request:", "request: [", {"not YAML"}},
      {"key given twice", "3.08_set_price.yaml", "served_by: platform", "served_by: platform\nserved_by: platform", {"\"served_by\" is given twice"}},
      {"two interfaces that nothing tells apart",
       "3.05_get_data.yaml",
       "/api/Meters/GetData",
       "/api/Users/GetUserInfo",
       {"have the same path and no field that tells them apart"}},
      {"state of a table that does not refer",
       "3.02_remote_pay.yaml",
       "meter.Status",
       "price.Remark",
       {"no column price.Remark of a table that refers to user"}},
      {"no example", "3.10_create_price.yaml", "range: [1, 12], example: \"1\" }", "range: [1, 12] }", {"no valid value of FreezeMonth is known"}},
      {"question without answers", "3.08_set_price.yaml", "    accept: [-1, -200, -203, -999, 1]\n", "", {"a rule without accepted answers"}},
      {"unknown signature error",
       "common.yaml",
       "- token_wrong\n",
       "- token_wrongg\n",
       {"unknown signature error \"token_wrongg\"", "did you mean \"token_wrong\"?"}},
      {"offset", "common.yaml", "utc_offset: \"+08:00\"", "utc_offset: \"8\"", {"\"8\" is not a UTC offset", "write it like \"+08:00\""}},
  };
  for (const Mistake& mistake : table) {
    const std::string said = problems_after(mistake.file, mistake.from, mistake.to);
    for (const std::string& part : mistake.says)
      EXPECT_NE(said.find(part), std::string::npos) << mistake.name << " should say: " << part << "\nbut says:\n" << said;
  }
}

TEST(Loader, ShowsALineWithoutItsCarriageReturn) {
  const auto loaded = parse_spec({"common.yaml", "# ours\r\nspec_versio: 1.0.0\r\n"}, {});
  ASSERT_FALSE(loaded);
  const auto shown = std::find_if(loaded.problems().begin(), loaded.problems().end(), [](const auto& one) { return one.place.line == 2; });
  ASSERT_NE(shown, loaded.problems().end());
  EXPECT_EQ(shown->source_line, "spec_versio: 1.0.0");
}

TEST(Loader, RefusesAFolderThatIsNone) {
  const auto loaded = load_spec("/nowhere/at/all");
  ASSERT_FALSE(loaded);
  EXPECT_NE(core::format(loaded.problems(), i18n::Language::en).find("no such folder of spec files"), std::string::npos);
}

TEST(Worlds, RowsFitTheirTables) {
  const struct {
    const char *name, *text;
    std::vector<std::string> says;
  } table[] = {
      {"number", "user: [{ UserCode: U1 }]\nmeter: [{ MeterAddr: M1, UserCode: U1, ReadNumber: much }]", {":2:", "ReadNumber must be a decimal number"}},
      {"time", "meter: [{ MeterAddr: M1, ReadDate: never }]", {":1:", "ReadDate must be a time like"}},
      {"no key", "user: [{ UserName: a }]", {"this row has no key", "give it UserCode"}},
      {"key twice", "user: [{ UserCode: U1 }, { UserCode: U1 }]", {"two rows of \"user\" have the key \"U1\""}},
      {"no such row", "meter: [{ MeterAddr: M1, UserCode: U1 }]", {"refers to UserCode \"U1\", which is not there"}},
      {"no such column", "user: [{ UserCode: U1, UserNam: a }]", {"did you mean \"UserName\"?"}},
  };
  const fs::path file = fs::temp_directory_path() / ("meterproof-fixtures-" + std::to_string(::getpid()));
  for (const auto& mistake : table) {
    std::ofstream(file) << mistake.text << "\n";
    const auto loaded = load_fixtures(test::specification(), file.string());
    ASSERT_FALSE(loaded) << mistake.name;
    const std::string said = core::format(loaded.problems(), i18n::Language::en);
    for (const std::string& part : mistake.says)
      EXPECT_NE(said.find(part), std::string::npos) << mistake.name << " should say: " << part << "\nbut says:\n" << said;
  }
  fs::remove(file);
}

TEST(Apps, AreReadByLine) {
  const fs::path file = fs::temp_directory_path() / ("meterproof-apps-" + std::to_string(::getpid()));
  std::ofstream(file) << "\xEF\xBB\xBF# ours\na:1\n\n b : two:with:colons # comment\nc:se#cret\t# comment\n";
  const auto apps = load_apps(file.string());
  ASSERT_TRUE(apps);
  EXPECT_EQ(*apps, (std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"b", "two:with:colons"}, {"c", "se#cret"}}));
  std::ofstream(file) << "a:1\nnonsense\n";
  const auto broken = load_apps(file.string());
  fs::remove(file);
  ASSERT_FALSE(broken);
  EXPECT_NE(core::format(broken.problems(), i18n::Language::en).find(":2:1: error: no `appId:secret`"), std::string::npos);
}

// A pair is what its maker meant, or it is refused: nothing unseen becomes a part of a secret.
TEST(Apps, WhatIsNotSeenIsNoPartOfASecret) {
  const std::pair<const char*, const char*> right[] = {
      {"demo:secret", "secret"}, {" demo : secret \r", "secret"}, {"demo:se#cret:x", "se#cret:x"}, {"demo:se cret", "se cret"}, {"demo:密钥", "密钥"}};
  for (const auto& [text, secret] : right) {
    i18n::Message why;
    const auto pair = read_app_pair(text, why);
    ASSERT_TRUE(pair) << text;
    EXPECT_EQ(pair->first, "demo") << text;
    EXPECT_EQ(pair->second, secret) << text;
  }
  for (const char* text : {"demo:sec\u00A0ret", "demo:\u3000secret", "demo:secret\u200B", "\uFEFFdemo:secret", "demo:sec\nret", "demo:sec\x07ret",
                           "demo:sec\xffret", "demo:", ":secret", "demo", ""}) {
    i18n::Message why;
    EXPECT_FALSE(read_app_pair(text, why)) << text;
    EXPECT_FALSE(why.empty()) << text;
    EXPECT_EQ(i18n::render(why, i18n::Language::en).find("secret\u200B"), std::string::npos);
  }
  const std::string longest(longest_credential, 'x');
  i18n::Message none, of_id, of_secret;
  EXPECT_TRUE(read_app_pair(longest + ":" + longest, none));
  EXPECT_FALSE(read_app_pair(longest + "x:s", of_id));
  EXPECT_FALSE(read_app_pair("a:" + longest + "x", of_secret));
  EXPECT_EQ(i18n::render(of_id, i18n::Language::en), "the appId has more than 1024 bytes");
  EXPECT_EQ(i18n::render(of_secret, i18n::Language::en), "the secret has more than 1024 bytes");
  const fs::path file = fs::temp_directory_path() / ("meterproof-old-apps-" + std::to_string(::getpid()));
  std::ofstream(file) << "demo:secret\ra2:s2\r";  // lines as old Macs ended them
  const auto apps = load_apps(file.string());
  fs::remove(file);
  ASSERT_TRUE(apps);
  EXPECT_EQ(*apps, (std::vector<std::pair<std::string, std::string>>{{"demo", "secret"}, {"a2", "s2"}}));
}

}  // namespace spec_loader_test
}  // namespace meterproof::loader
