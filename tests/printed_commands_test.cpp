// SPDX-License-Identifier: Apache-2.0
// Command lines that the program prints, pasted into shells: they do what they say, and nothing that a stranger's text says.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/text/shell.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace printed_commands_test {

namespace fs = std::filesystem;
using nlohmann::json;
using test::Finished;
using test::Process;
using test::run;

/// What a shell would run, or expand, or take for the end of a quotation, wherever it stands.
const std::string hostile = R"(a$(touch P1)`touch P2`"; touch P3; "'; touch P4; '!! ${HOME} ~ * \)";

/// An empty folder, where such a text would leave its files.
class Folder {
 public:
  Folder() : path_(test::temporary("pasted")) {
    fs::remove_all(path_);
    fs::create_directory(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  Finished paste(const std::string& shell, const std::string& line) const {
    return Process(shell, {"-c", "cd " + core::shell_quoted(path_) + " && { " + line + "\n}"}).finish();
  }
  bool is_empty() const { return fs::is_empty(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

const std::vector<std::string>& shells() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> out{"sh", "bash"};
    for (const char* other : {"dash", "zsh"})
      if (Process("sh", {"-c", std::string("command -v ") + other}).finish().exit_code == 0) out.emplace_back(other);
    return out;
  }();
  return all;
}

std::string line_from(const std::string& text, const std::string& begin) {
  const std::size_t at = text.find(begin);
  return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

TEST(PrintedCommands, TheMocksCallWorksAndRunsNothingElse) {
  Process mock({"mock", "--port", "0", "--replay-protection", "off", "--app", hostile + ":its $(touch P5) secret"});
  const std::string line = line_from(mock.wait_for("listening on"), "T=$(");
  ASSERT_NE(line, "");
  for (const std::string& shell : shells()) {
    const Folder folder;
    const Finished pasted = folder.paste(shell, "APP_SECRET='its $(touch P5) secret'; " + line);
    EXPECT_NE(pasted.out.find("\"ResultCode\":1,"), std::string::npos) << shell << ": " << line << "\n" << pasted.out;
    EXPECT_TRUE(folder.is_empty()) << shell << ": " << line;
  }
}

TEST(PrintedCommands, AChecksRepeatLinesWorkAndRunNothingElse) {
  Process mock({"mock", "--port", "0", "--replay-protection", "off", "--mutant", "RemotePay/-6/as-46", "--app", hostile + ":other-secret"});
  const std::string url = "http://127.0.0.1:" + std::to_string(mock.port()), file = test::temporary("hostile.json");
  const Finished done = run({"check", url, "--app", hostile + ":other-secret", "--filter", "RemotePay/-6/*", "--json", file});
  ASSERT_EQ(done.exit_code, 1) << done.out;
  const json record = json::parse(test::read_file(file));
  std::size_t lines = 0;
  for (const json& one : record["cases"]) {
    if (one["verdict"] != "failed") continue;
    const std::string curl = one["curl"];
    EXPECT_TRUE(one.contains("powershell")) << one["id"];
    for (const std::string& shell : shells()) {
      const Folder folder;
      const Finished pasted = folder.paste(shell, "APP_SECRET=other-secret; " + curl);
      EXPECT_NE(pasted.out.find("\"ResultCode\":"), std::string::npos) << shell << ": " << curl << "\n" << pasted.out;
      EXPECT_EQ(pasted.out.find("\"ResultCode\":-202"), std::string::npos) << shell << ": " << curl << "\n" << pasted.out;
      EXPECT_TRUE(folder.is_empty()) << shell << ": " << curl;
      ++lines;
    }
  }
  EXPECT_GT(lines, 0U);
  fs::remove(file);
}

TEST(PrintedCommands, TheSignedLineKeepsAddressAndBodyAsTheyAre) {
  const std::string url = "file:///nowhere/" + hostile + "[1-9]{a,b}";  // curl needs no server to say what it was told
  const Finished signed_line = run({"sign", "--app", hostile + ":" + hostile + "-secret", "--curl", url, hostile});
  ASSERT_EQ(signed_line.exit_code, 0) << signed_line.out;
  for (const std::string& shell : shells()) {
    const Folder folder;
    const Finished pasted = folder.paste(shell, "curl() { for word in \"$@\"; do printf '%s\\n' \"$word\"; done; }; " + signed_line.out);
    EXPECT_NE(pasted.out.find("\n" + url + "\n"), std::string::npos) << shell << ": " << pasted.out;
    EXPECT_NE(pasted.out.find("--data-binary\n" + hostile + "\n"), std::string::npos) << shell << ": " << pasted.out;
    EXPECT_TRUE(folder.is_empty()) << shell;
  }
}

TEST(PrintedCommands, TheTemplatesNextStepNamesTheFile) {
  const std::string path = test::temporary("a b;touch P6;$(touch P7).yaml");
  const Finished written = run({"check", "--init", path});
  ASSERT_EQ(written.exit_code, 0) << written.out;
  for (const std::string& shell : shells()) {
    const Folder folder;
    const Finished pasted =
        folder.paste(shell, "meterproof() { for word in \"$@\"; do printf '<%s>' \"$word\"; done; }; " + line_from(written.out, "meterproof check "));
    EXPECT_EQ(pasted.out, "<check><--target><" + path + ">") << shell;
    EXPECT_TRUE(folder.is_empty()) << shell;
  }
  fs::remove(path);
}

TEST(PrintedCommands, AChecksTextIsForTheShellThatWasAskedFor) {
  Process mock({"mock", "--port", "0", "--replay-protection", "off", "--mutant", "RemotePay/-6/as-46"});
  const std::string url = "http://127.0.0.1:" + std::to_string(mock.port()), record = test::temporary("dialect.json"), text = test::temporary("dialect.txt");
  const std::vector<std::string> check = {"check", url, "--app", "demo:demo-secret", "--filter", "RemotePay/-6/*", "--json", record, "--text", text};
  std::vector<std::string> for_powershell = check;
  for_powershell.insert(for_powershell.end(), {"--repeat-as", "powershell"});
  ASSERT_EQ(run(for_powershell).exit_code, 1);
  EXPECT_NE(test::read_file(text).find("$T=[DateTime]::UtcNow.AddMinutes(480)"), std::string::npos) << test::read_file(text);
  EXPECT_EQ(test::read_file(text).find("curl "), std::string::npos) << test::read_file(text);
  const json written = json::parse(test::read_file(record));
  for (const json& one : written["cases"]) EXPECT_TRUE(one["curl"] == "" || one["curl"].get<std::string>().starts_with("T=$(")) << one["id"];
  const Finished reported = run({"report", record});
  EXPECT_NE(reported.out.find(" | openssl md5 -r | cut -c1-32)"), std::string::npos) << reported.out;
  for (const char* elsewhere : {"md5sum", "base64 -w0"}) EXPECT_EQ(reported.out.find(elsewhere), std::string::npos) << reported.out;
  EXPECT_NE(run({"report", record, "--repeat-as", "powershell"}).out.find("Invoke-WebRequest"), std::string::npos);
  EXPECT_EQ(run({"report", record, "--repeat-as", "fish"}).exit_code, 2);
  for (const std::string& path : {record, text}) fs::remove(path);
}

}  // namespace printed_commands_test
}  // namespace meterproof
