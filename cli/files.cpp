// SPDX-License-Identifier: Apache-2.0
#include "cli/files.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <set>
#include <streambuf>
#include <thread>
#include <utility>

#include "cli/command.hpp"
#include "core/i18n/message.hpp"
#include "core/text/input_file.hpp"
#include "net/fd.hpp"

namespace meterproof::cli {

namespace fs = std::filesystem;
using i18n::msg;

namespace {

constexpr mode_t for_everybody = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;  // less the umask
constexpr mode_t for_owner = S_IRUSR | S_IWUSR;

/// A link that somebody else may have put in our way: of another owner, in a sticky folder that everybody may write into (/tmp). The rule is that of
/// fs.protected_symlinks (proc_sys_fs(5)), which covers what the kernel follows.
bool is_planted(const fs::path& path) {
  using Status = struct stat;
  Status link{}, folder{};
  const fs::path parent = path.parent_path().empty() ? "." : path.parent_path();
  if (::lstat(path.c_str(), &link) != 0 || !S_ISLNK(link.st_mode) || ::stat(parent.c_str(), &folder) != 0) return false;
  const bool is_shared = (folder.st_mode & S_ISVTX) != 0 && (folder.st_mode & S_IWOTH) != 0;
  return is_shared && link.st_uid != ::geteuid() && link.st_uid != folder.st_uid;
}

/// Where a link leads, though nothing may be there yet; it ends at a planted one.
fs::path followed(fs::path path) {
  constexpr int most_links = 16;
  std::error_code error;
  for (int i = 0; i < most_links && fs::is_symlink(path, error) && !is_planted(path); ++i) path = path.parent_path() / fs::read_symlink(path, error);
  return path;
}

/// A pipe or a device is written to as it is; a file is replaced when its content is whole.
bool is_stream(const fs::path& path) {
  std::error_code error;
  if (is_planted(followed(path))) return false;
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

/// A new file beside the one that it is to replace. It is read and written by no more people than that one; where there is none, the umask decides.
NewFile create_successor(const fs::path& target) {
  using Status = struct stat;
  Status old{};
  const bool replaces = ::lstat(target.c_str(), &old) == 0 && S_ISREG(old.st_mode);
  NewFile made = create_beside(target, replaces ? for_owner : for_everybody);
  Status now{};
  if (!replaces || !made.file || ::fstat(made.file.get(), &now) != 0) return made;
  mode_t mode = old.st_mode & for_everybody;
  if (now.st_gid != old.st_gid && ::fchown(made.file.get(), static_cast<uid_t>(-1), old.st_gid) != 0) mode &= ~static_cast<mode_t>(S_IRWXG);
  (void)::fchmod(made.file.get(), mode);  // where a file system knows no modes, there is nothing to keep
  return made;
}

constexpr std::chrono::seconds patience(5);  // with a pipe that nobody reads

/// Open for writing; closed where nobody has opened the pipe's other end in time (errno).
net::Fd open_stream(const std::string& path) {
  constexpr std::chrono::milliseconds look_again(50);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::error_code error;
  for (;;) {
    net::Fd stream(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    const bool no_reader = !stream && errno == ENXIO && fs::is_fifo(path, error);
    if (!no_reader || std::chrono::steady_clock::now() >= deadline) {
      if (no_reader) errno = ETIMEDOUT;
      return stream;
    }
    std::this_thread::sleep_for(look_again);
  }
}

/// All of it, or errno.
bool write_all(const net::Fd& file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {
      pollfd one{file.get(), POLLOUT, 0};
      const int ready = ::poll(&one, 1, static_cast<int>(std::chrono::milliseconds(patience).count()));
      if (ready == 0) errno = ETIMEDOUT;
      if (ready > 0 || (ready < 0 && errno == EINTR)) continue;
      return false;
    }
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool complain(const std::string& path) {
  print_error(msg<"usage.cannot-write">(path, std::strerror(errno)));
  return false;
}

/// Whether `target` is not to be written through; the reason is printed then.
bool is_refused(const std::string& path, const fs::path& target) {
  if (!is_planted(target)) return false;
  print_error(msg<"usage.cannot-write">(path, msg<"usage.planted-link">()));
  return true;
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
  if (is_refused(path, target)) return false;
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
    const net::Fd stream = open_stream(path);
    return (stream && write_all(stream, content)) || complain(path);
  }
  const fs::path target = followed(path);
  if (is_refused(path, target)) return false;
  const NewFile made = create_successor(target);
  if (!made.file) return complain(path);
  if (write_all(made.file, content) && ::rename(made.path.c_str(), target.c_str()) == 0) return true;
  complain(path);
  std::error_code ignored;
  fs::remove(made.path, ignored);
  return false;
}

/// Of what is written, only the last few kilobytes are kept in memory.
class OutputFile::Buffer final : public std::streambuf {
 public:
  /// The file must outlive it.
  explicit Buffer(const net::Fd& file) : file_(file) { held_.reserve(most); }

  /// Why the last write failed (errno); where none did, the stream found no memory.
  int error() const { return error_; }

 protected:
  int_type overflow(int_type c) override {
    if (c == traits_type::eof()) return sync() == 0 ? traits_type::not_eof(c) : c;
    const char one = traits_type::to_char_type(c);
    return xsputn(&one, 1) == 1 ? c : traits_type::eof();
  }
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    const std::string_view all(text, static_cast<std::size_t>(size));
    if (held_.size() + all.size() >= most && sync() != 0) return 0;
    if (all.size() >= most) return write(all) ? size : 0;
    held_ += all;
    return size;
  }
  int sync() override {
    const bool written = write(held_);
    held_.clear();
    return written ? 0 : -1;
  }

 private:
  static constexpr std::size_t most = 1UL << 16U;

  bool write(std::string_view bytes) {
    if (write_all(file_, bytes)) return true;
    error_ = errno;
    return false;
  }

  const net::Fd& file_;
  std::string held_;
  int error_ = ENOMEM;
};

OutputFile::OutputFile() : stream_(nullptr) {}
OutputFile::~OutputFile() {
  std::error_code ignored;
  if (!part_.empty()) fs::remove(part_, ignored);
}

bool OutputFile::open(const std::string& path) {
  if (is_stream(path)) {
    file_ = open_stream(path);
  } else {
    target_ = followed(path);
    if (is_refused(path, target_)) return false;
    NewFile made = create_successor(target_);
    file_ = std::move(made.file);
    if (file_) part_ = std::move(made.path);
  }
  if (!file_) return complain(path);
  buffer_ = std::make_unique<Buffer>(file_);
  stream_.rdbuf(buffer_.get());
  return true;
}

bool OutputFile::commit() {
  if (!stream_.flush()) {
    errno = buffer_->error();
    return false;
  }
  if (part_.empty()) return true;
  if (::rename(part_.c_str(), target_.c_str()) != 0) return false;
  part_.clear();
  return true;
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

bool replace_own_file(const std::string& path, const std::string& content) {
  const NewFile made = create_beside(path, for_owner);
  if (!made.file) return false;
  if (write_all(made.file, content) && ::rename(made.path.c_str(), path.c_str()) == 0) return true;
  const int why = errno;
  std::error_code ignored;
  fs::remove(made.path, ignored);
  errno = why;
  return false;
}

std::optional<std::string> read_file(const std::string& path) {
  constexpr std::size_t most = 1UL << 30U;
  core::InputFile file = core::read_input_file(path, most);
  return file.problem == core::InputFileProblem::none ? std::optional(std::move(file.content)) : std::nullopt;
}

std::optional<std::string> read_json_file(const std::string& path) {
  constexpr std::size_t most = 256UL << 20U;
  core::InputFile file = core::read_input_file(path, most);
  switch (file.problem) {
    case core::InputFileProblem::none: return std::move(file.content);
    case core::InputFileProblem::unreadable: print_error(msg<"usage.cannot-read">(path)); break;
    case core::InputFileProblem::not_a_file: print_error(msg<"usage.input">(path, msg<"input.not-a-file">())); break;
    case core::InputFileProblem::nobody_writes: print_error(msg<"usage.input">(path, msg<"input.nobody-writes">())); break;
    case core::InputFileProblem::too_large: print_error(msg<"usage.record-too-large">(path)); break;
  }
  return std::nullopt;
}

}  // namespace meterproof::cli
