// SPDX-License-Identifier: Apache-2.0
#include "core/text/input_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace meterproof::core {
namespace input_file_test {

class InputFileTest : public testing::Test {
 protected:
  InputFileTest() { std::filesystem::create_directories(folder_); }
  ~InputFileTest() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("meterproof-input-" + std::to_string(::getpid()));
};

TEST_F(InputFileTest, AFileIsReadWholeUpToItsLimit) {
  const std::string content(200'000, 'x');
  std::ofstream(path("file")) << content;
  EXPECT_EQ(read_input_file(path("file"), content.size()).content, content);
  EXPECT_EQ(read_input_file(path("file"), content.size() - 1).problem, InputFileProblem::too_large);
  std::ofstream(path("empty"));
  EXPECT_EQ(read_input_file(path("empty"), 10).problem, InputFileProblem::none);
}

TEST_F(InputFileTest, WhatIsNoFileIsRefusedAtOnce) {
  EXPECT_EQ(read_input_file(path("nowhere"), 10).problem, InputFileProblem::unreadable);
  EXPECT_EQ(read_input_file(folder_.string(), 10).problem, InputFileProblem::not_a_file);
  for (const char* device : {"/dev/zero", "/dev/null", "/dev/full"}) EXPECT_EQ(read_input_file(device, 10).problem, InputFileProblem::not_a_file) << device;
}

TEST_F(InputFileTest, APipeIsReadToTheEndOfItsWriter) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  ASSERT_EQ(::write(pipe[1], "a:b\n", 4), 4);
  ::close(pipe[1]);
  EXPECT_EQ(read_input_file("/dev/fd/" + std::to_string(pipe[0]), 10).content, "a:b\n");
  ::close(pipe[0]);
}

}  // namespace input_file_test
}  // namespace meterproof::core
