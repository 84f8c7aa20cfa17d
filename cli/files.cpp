// SPDX-License-Identifier: Apache-2.0
#include "cli/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "cli/command.hpp"
#include "core/i18n/message.hpp"
#include "net/fd.hpp"

namespace meterproof::cli {

namespace fs = std::filesystem;
using i18n::msg;

namespace {

constexpr mode_t for_everybody = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;  // less the umask
constexpr mode_t for_owner = S_IRUSR | S_IWUSR;

/// Where a link leads, though nothing may be there yet.
fs::path followed(fs::path path) {
  constexpr int most_links = 16;
  std::error_code error;
  for (int i = 0; i < most_links && fs::is_symlink(path, error); ++i) path = path.parent_path() / fs::read_symlink(path, error);
  return path;
}

/// A pipe or a device is written to as it is; a file is replaced when its content is whole.
bool is_stream(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error) && !fs::is_regular_file(path, error) && !fs::is_directory(path, error);
}

/// One name for each file, whatever links and dots lead to it.
fs::path canonical(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(followed(path), error);
  const fs::path found = fs::weakly_canonical(absolute, error);
  return found.empty() ? absolute.lexically_normal() : found;
}

net::Fd open_new(const fs::path& path, mode_t mode) { return net::Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)); }

/// A new file in the same folder, open for writing, and its path; closed where none can be made (errno).
struct NewFile {
  fs::path path;
  net::Fd file;
};

NewFile create_beside(const fs::path& target, mode_t mode) {
  std::random_device random;
  constexpr int tries = 8;
  NewFile out;
  for (int i = 0; i < tries; ++i) {
    char name[32];  // NOLINT(*-avoid-c-arrays)
    std::snprintf(name, sizeof name, ".part-%08x%08x", random(), random());
    out.path = target.string() + name;
    out.file = open_new(out.path, mode);
    if (out.file || errno != EEXIST) break;
  }
  return out;
}

/// All of it, or errno.
bool write_all(const net::Fd& file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool complain(const std::string& path) {
  print_error(msg<"usage.cannot-write">(path, std::strerror(errno)));
  return false;
}

}  // namespace

bool are_distinct(const std::vector<std::string>& written, const std::vector<std::string>& read) {
  std::set<fs::path> taken;
  for (const std::string& path : read)
    if (!path.empty() && !is_stream(path)) taken.insert(canonical(path));
  for (const std::string& path : written) {
    if (path.empty() || taken.insert(canonical(path)).second) continue;
    print_error(msg<"usage.named-twice">(path));
    return false;
  }
  return true;
}

bool can_write(const std::string& path) {
  if (path.empty() || is_stream(path)) return true;
  const fs::path target = followed(path);
  std::error_code ignored;
  if (fs::is_directory(target, ignored)) {
    errno = EISDIR;
    return complain(path);
  }
  const NewFile probe = create_beside(target, for_owner);
  if (!probe.file) return complain(path);
  fs::remove(probe.path, ignored);
  return true;
}

bool write_file(const std::string& path, const std::string& content) {
  if (is_stream(path)) {
    const net::Fd stream(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return (stream && write_all(stream, content)) || complain(path);
  }
  const fs::path target = followed(path);
  const NewFile made = create_beside(target, for_everybody);
  if (!made.file) return complain(path);
  if (write_all(made.file, content) && ::rename(made.path.c_str(), target.c_str()) == 0) return true;
  complain(path);
  std::error_code ignored;
  fs::remove(made.path, ignored);
  return false;
}

bool write_new_file(const std::string& path, const std::string& content, Readers readers) {
  const net::Fd file = open_new(path, readers == Readers::owner ? for_owner : for_everybody);
  if (!file) {
    if (errno != EEXIST) return complain(path);
    print_error(msg<"usage.file-exists">(path));
    return false;
  }
  if (write_all(file, content)) return true;
  complain(path);
  std::error_code ignored;
  fs::remove(path, ignored);  // our own: it was made by this call
  return false;
}

std::optional<std::string> read_file(const std::string& path) {
  constexpr std::size_t most = 1UL << 30U, step = 1UL << 16U;
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  if (!file || fs::is_directory(path, error)) return std::nullopt;
  std::string out;
  while (file && out.size() <= most) {
    const std::size_t before = out.size();
    out.resize(before + step);
    file.read(out.data() + before, step);
    out.resize(before + static_cast<std::size_t>(file.gcount()));
  }
  return out.size() > most ? std::nullopt : std::optional(std::move(out));
}

}  // namespace meterproof::cli
