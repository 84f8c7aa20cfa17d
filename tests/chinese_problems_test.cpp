// SPDX-License-Identifier: Apache-2.0
// Mistakes in files as the program tells them with --lang zh, and with a Chinese locale.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/in_process.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace chinese_problems_test {

namespace fs = std::filesystem;
using test::Finished;
using test::run;

TEST(ChineseProblems, AreToldByTheProgram) {
  const fs::path folder = test::temporary("chinese");
  fs::create_directory(folder);
  const auto write = [&](const char* name, const std::string& text) {
    std::ofstream(folder / name) << text;
    return (folder / name).string();
  };
  const auto spec_with = [&](const char* name, const char* from, const char* to) {
    fs::copy(test::spec_directory() + "/examples/library", folder / name, fs::copy_options::recursive);
    std::string text = test::read_file(folder / name / "1_add_book.yaml");
    text.replace(text.find(from), std::string_view(from).size(), to);
    std::ofstream(folder / name / "1_add_book.yaml") << text;
    return (folder / name).string();
  };
  const std::string url = "http://127.0.0.1:1", app = "a:b";
  const struct {
    std::vector<std::string> arguments;
    int exit_code;
    std::vector<std::string> says;
  } table[] = {
      {{"check", "--target", write("target.yaml", "rol: platform\n")},
       2,
       {"target.yaml:1:1: 错误：未知的键 \"rol\"", "\n  1 | rol: platform\n", "  是否指 \"role\"？\n"}},
      {{"check", "--target", write("waiver.yaml", "waivers:\n  - { cases: \"*\", reason: 已约定, expires: soon }\n")},
       2,
       {":2:5: 错误：`expires` 须为日期，如 2027-01-31"}},
      {{"check", url, "--apps", write("apps.txt", "demo\n")}, 2, {"apps.txt:1:1: 错误：不是 `appId:secret`", "每行写一对；“#”加空格表示注释"}},
      {{"check", url, "--apps", "/nowhere"}, 2, {"/nowhere: 错误：无法读取", "请指定每行一个 `appId:secret` 的文件"}},
      {{"load", url, "--app", app, "--workload", write("load.yaml", "zh: 负载\nen: load\nmix: [{ call: ReportDat }]\n")},
       2,
       {"load.yaml:3:15: 错误：没有接口 \"ReportDat\"", "是否指 \"ReportData\"？"}},
      {{"mock", "--port", "0", "--fixtures", write("rows.yaml", "user: [{ UserName: a }]\n")}, 2, {"rows.yaml:1:8: 错误：该数据行没有主键", "请给出 UserCode"}},
      {{"mock", "--port", "0", "--fixtures", write("twice.yaml", "user: [{ UserCode: a }, { UserCode: a }]\n")},
       2,
       {"错误：\"user\" 中有两行的主键均为 \"a\""}},
      {{"spec", "lint", spec_with("kind", "out_of_range: copies", "out_of_rang: copies")},
       1,
       {"错误：未知的键 \"out_of_rang\"", "是否指 \"out_of_range\"？", "\n2 个问题\n"}},
      {{"spec", "lint", spec_with("fit", "out_of_range: copies", "out_of_range: title")}, 1, {"错误：规则 \"out_of_range\" 不适用：title 没有取值范围"}},
      {{"spec", "lint", spec_with("yaml", "request:", "request: [")}, 1, {"错误：不是有效的 YAML：", "请检查括号、引号与缩进", "\n1 个问题\n"}},
      {{"spec", "lint", test::spec_directory() + "/examples/library"}, 0, {"2 个接口，没有问题"}},
      {{"--spec", "/nowhere", "spec", "list"}, 2, {"/nowhere: 错误：没有该规范文件目录", "请指定包含 common.yaml 的目录"}},
      {{"check", "ftp://127.0.0.1:1", "--app", app}, 2, {"不是以 http:// 或 https:// 开头的地址"}},
      {{"check", "https://127.0.0.1:1", "--app", app, "--ca", "/nowhere.pem"}, 2, {"--ca /nowhere.pem：", "该文件须含 PEM 格式的证书"}},
      {{"keygen"}, 2, {"缺少 --out"}},
      {{"mock", "--port", "99999"}, 2, {"--port 的取值须为 0-65535"}},
      {{"report", "/dev/null"}, 2, {"/dev/null：这是文件夹或设备，不是文件\n"}},
      {{"mock", "--port", "0", "--mutant", "nonsense"}, 2, {"没有该变异体；`spec list --mutants` 列出全部变异体"}},
      {{"mock", "--port", "0", "--interpretation", "token-cse=any"}, 2, {"没有未明确问题“token-cse”；是否指 \"token-case\"？"}},
      {{"check", "--init", (folder / "new.yaml").string()}, 0, {"填写后运行：meterproof check --target "}},
  };
  for (const auto& row : table) {
    std::vector<std::string> arguments = row.arguments;
    arguments.insert(arguments.begin(), {"--lang", "zh"});
    const Finished done = run(arguments);
    EXPECT_EQ(done.exit_code, row.exit_code) << done.out;
    for (const std::string& part : row.says) EXPECT_NE(done.out.find(part), std::string::npos) << part << "\n" << done.out;
    for (const char* english : {"error:", "problem", "did you mean", "one of:"}) EXPECT_EQ(done.out.find(english), std::string::npos) << done.out;
  }
  ::setenv("LC_ALL", "zh_CN.UTF-8", 1);
  const Finished by_locale = run({"check", url, "--apps", "/nowhere"});
  ::unsetenv("LC_ALL");
  EXPECT_NE(by_locale.out.find("错误：无法读取"), std::string::npos) << by_locale.out;
  const Finished english = run({"--lang", "en", "check", url, "--apps", "/nowhere"});
  EXPECT_NE(english.out.find("/nowhere: error: cannot be read\n"), std::string::npos) << english.out;
  fs::remove_all(folder);
}

}  // namespace chinese_problems_test
}  // namespace meterproof
