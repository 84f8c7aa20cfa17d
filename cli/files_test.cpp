// SPDX-License-Identifier: Apache-2.0
#include "cli/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/process.hpp"

namespace meterproof::cli {
namespace files_test {

/// What new files are not allowed, until its end.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t before_;
};

unsigned mode_of(const std::string& path) { return static_cast<unsigned>(std::filesystem::status(path).permissions()); }

/// An empty folder, and a file in it that is written bit by bit.
class OutputFiles : public testing::Test {
 protected:
  OutputFiles() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~OutputFiles() override { std::filesystem::remove_all(folder_); }

  /// What the names of parts have behind the name of the file.
  std::vector<std::string> parts() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      if (const std::string path = entry.path().string(); path.size() > path_.size()) out.push_back(path.substr(path_.size()));
    return out;
  }

  std::string folder_ = test::temporary("output-files"), path_ = folder_ + "/report.html";
};

TEST_F(OutputFiles, HaveTheirModeWhileTheyAreWritten) {
  const struct {
    const char* what;
    mode_t umask;
    std::optional<unsigned> replaced;
    unsigned expected;
  } table[] = {
      {"a new one", 0022, {}, 0644},
      {"a new one for a group", 0027, {}, 0640},
      {"a new one for its owner", 0077, {}, 0600},
      {"in place of one for its owner", 0000, 0600, 0600},
      {"in place of one for a group", 0077, 0660, 0660},
  };
  for (const auto& row : table) {
    std::filesystem::remove(path_);
    if (row.replaced) {
      std::ofstream(path_) << "before";
      std::filesystem::permissions(path_, std::filesystem::perms(*row.replaced));
    }
    const Umask umask(row.umask);
    OutputFile file;
    ASSERT_TRUE(file.open(path_)) << row.what;
    ASSERT_EQ(parts().size(), 1U) << row.what;
    const std::string part = path_ + parts().front();
    EXPECT_EQ(mode_of(part), row.expected) << row.what << ", empty";
    file.stream() << "a line\n" << std::flush;
    EXPECT_EQ(test::read_file(part), "a line\n") << row.what;
    EXPECT_EQ(mode_of(part), row.expected) << row.what << ", a part of it";
    ASSERT_TRUE(file.commit()) << row.what;
    EXPECT_EQ(mode_of(path_), row.expected) << row.what << ", whole";
    EXPECT_TRUE(parts().empty()) << row.what;
  }
}

// Who may write into the folder can put nothing in the way beforehand: no half of a name is that of another one.
TEST_F(OutputFiles, HaveNamesThatNobodyForesees) {
  constexpr std::size_t count = 8;
  std::vector<std::unique_ptr<OutputFile>> files;
  files.reserve(count);
  while (files.size() < count) {
    files.push_back(std::make_unique<OutputFile>());
    ASSERT_TRUE(files.back()->open(path_));
  }
  const std::string begin = ".part-";
  std::set<std::string> first, second;
  for (const std::string& name : parts()) {
    ASSERT_EQ(name.size(), begin.size() + 16) << name;
    EXPECT_TRUE(name.starts_with(begin)) << name;
    first.insert(name.substr(begin.size(), 8));
    second.insert(name.substr(begin.size() + 8));
  }
  EXPECT_EQ(first.size(), count);
  EXPECT_EQ(second.size(), count);
  files.clear();
  EXPECT_TRUE(parts().empty()) << "nothing stays of what was never whole";
}

}  // namespace files_test
}  // namespace meterproof::cli
