// SPDX-License-Identifier: Apache-2.0
#include "mockserver/log_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

namespace meterproof::mockserver {
namespace log_file_test {

std::string own_path(const std::string& name) {
  return (std::filesystem::temp_directory_path() / ("meterproof-log-" + std::to_string(::getpid()) + "-" + name)).string();
}

std::string content(const std::string& path) {
  std::stringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

TEST(LogFile, AppendsAndIsOpenedAgain) {
  const std::string path = own_path("rotated"), moved = path + ".1";
  std::ofstream(path) << "before\n";
  LogFile file;
  ASSERT_TRUE(file.open(path));
  file.write("one");
  std::filesystem::rename(path, moved);
  file.write("two");
  EXPECT_TRUE(file.reopen());
  file.write("three");
  EXPECT_EQ(content(moved), "before\none\ntwo\n");
  EXPECT_EQ(content(path), "three\n");
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_FALSE(file.reopen()) << "a folder";
  file.write("four");
  EXPECT_EQ(file.lost(), 0U) << "the old file is written on";
  for (const std::string& one : {path, moved}) std::filesystem::remove(one);
  EXPECT_FALSE(LogFile().open("/nowhere/at/all"));
}

// A pipe that is full takes the beginning of a line, and what was taken cannot be taken back.
TEST(LogFile, EndsAPartOfALineThatItCannotTakeBack) {
  const std::string path = own_path("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);  // NOLINT(*-vararg)
  ASSERT_GE(reader, 0);
  std::vector<int> losses;
  LogFile file;
  file.on_loss([&](int error) { losses.push_back(error); });
  ASSERT_TRUE(file.open(path));
  // The file's own descriptor is looked for by the pipe's inode, and made to fail in place of waiting.
  struct stat pipe {};
  ASSERT_EQ(::stat(path.c_str(), &pipe), 0);
  for (int fd = 3; fd < 1024; ++fd) {
    struct stat one {};
    if (fd != reader && ::fstat(fd, &one) == 0 && one.st_ino == pipe.st_ino && one.st_dev == pipe.st_dev)
      ::fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND);  // NOLINT(*-vararg)
  }
  const std::string line(40'000, 'x');
  for (int i = 0; i < 4; ++i) file.write(line);
  EXPECT_GE(file.lost(), 2U);
  EXPECT_EQ(losses.size(), 1U) << "told once";
  std::string read;
  std::array<char, 65536> chunk{};
  const auto drain = [&] {
    for (ssize_t got = 0; (got = ::read(reader, chunk.data(), chunk.size())) > 0;) read.append(chunk.data(), static_cast<std::size_t>(got));
  };
  drain();
  const std::uint64_t lost = file.lost();
  file.write("after");
  drain();
  const std::string told = "\n{\"lost\":" + std::to_string(lost) + "}\nafter\n";
  ASSERT_GE(read.size(), told.size());
  EXPECT_EQ(read.substr(read.size() - told.size()), told);
  ::close(reader);
  std::filesystem::remove(path);
}

}  // namespace log_file_test
}  // namespace meterproof::mockserver
