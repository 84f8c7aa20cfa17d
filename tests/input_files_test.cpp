// SPDX-License-Identifier: Apache-2.0
// Input files that are none: endless, silent, a folder. Whoever names one is told within seconds what is wrong with it.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/process.hpp"

namespace meterproof {
namespace input_files_test {

using test::Finished;
using test::Process;
using test::run;
using test::temporary;

/// What is read as text, in the place of FILE; and records, which may be larger.
const std::vector<std::vector<std::string>> texts = {
    {"check", "http://127.0.0.1:1", "--apps", "FILE"},
    {"check", "--target", "FILE"},
    {"mock", "--port", "0", "--apps", "FILE"},
    {"mock", "--port", "0", "--fixtures", "FILE"},
    {"load", "http://127.0.0.1:1", "--app", "a:s", "--workload", "FILE"},
};
const std::vector<std::vector<std::string>> records = {
    {"report", "FILE"}, {"merge", "FILE", "FILE", "--json", "NEW"}, {"check", "http://127.0.0.1:1", "--app", "a:s", "--failed-in", "FILE"}};

/// All of them at once: some wait.
void expect_refused(const std::vector<std::vector<std::string>>& commands, const std::string& file, const std::string& says) {
  const auto begin = std::chrono::steady_clock::now();
  const std::string made = temporary("input-files.json");
  std::vector<std::pair<std::string, std::unique_ptr<Process>>> running;
  for (std::vector<std::string> command : commands) {
    std::string shown;
    for (std::string& word : command) {
      if (word == "FILE") word = file;
      if (word == "NEW") word = made;
      shown += word + " ";
    }
    running.emplace_back(std::move(shown), std::make_unique<Process>(std::move(command)));
  }
  for (auto& [command, process] : running) {
    const Finished done = process->finish();
    EXPECT_EQ(done.exit_code, 2) << command << ": " << done.out;
    EXPECT_NE(done.out.find(says), std::string::npos) << command << ": " << done.out;
  }
  EXPECT_FALSE(std::filesystem::exists(made)) << file;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::minutes(1)) << file;
}

TEST(InputFiles, DevicesAndFoldersAreNone) {
  for (const std::string& file : {std::string("/dev/zero"), std::filesystem::temp_directory_path().string()})
    for (const auto* commands : {&texts, &records}) expect_refused(*commands, file, "it is a folder or a device, not a file");
}

// A file by its kind and without a size: of a table of pages there are some hundred gigabytes.
TEST(InputFiles, AnEndlessOneOfTheKernelIsCut) {
  const std::string file = "/proc/self/pagemap";
  if (::access(file.c_str(), R_OK) != 0) GTEST_SKIP() << "this kernel shows no " << file;
  expect_refused(texts, file, "it has more than 67108864 bytes");
}

TEST(InputFiles, APipeThatNobodyWritesToIsNotWaitedForForEver) {
  const std::string pipe = temporary("input-files.pipe");
  std::filesystem::remove(pipe);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const auto* commands : {&texts, &records}) expect_refused(*commands, pipe, "it is a pipe, and nothing came through it for 5 s");
  std::filesystem::remove(pipe);
}

TEST(InputFiles, ACharacterThatIsNotSeenIsToldWithItsPlace) {
  const std::string file = temporary("odd.apps");
  for (const auto& [text, says] : {std::pair(std::string("a:s\0x\n", 6), "character 2 of the secret is a control"),
                                   std::pair(std::string("ap\u00A0p:s\n"), "character 3 of the appId is a control")}) {
    std::ofstream(file, std::ios::binary) << text;
    const Finished done = run({"mock", "--port", "0", "--apps", file});
    EXPECT_EQ(done.exit_code, 2) << done.out;
    EXPECT_NE(done.out.find(says), std::string::npos) << done.out;
  }
  std::filesystem::remove(file);
}

}  // namespace input_files_test
}  // namespace meterproof
