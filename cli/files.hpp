// SPDX-License-Identifier: Apache-2.0
// Files that the program writes and reads whole. What is written appears at once or not at all: the content goes into a new file beside it
// (O_EXCL, an unpredictable name, so that no link and no file of somebody else is ever written through), which then takes the name.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "net/fd.hpp"

namespace meterproof::cli {

/// Whether no file is written twice, or written and read ("" is no file). False after the mistake was printed.
bool are_distinct(const std::vector<std::string>& written, const std::vector<std::string>& read);
/// Whether that file can be written once there is something to write ("" is no file). False after the reason was printed.
bool can_write(const std::string& path);
/// Writes the file whole or not at all, replacing one of that name, whose mode it keeps; a pipe or a device is written to as it is, if somebody reads it within
/// five seconds. False after the failure was printed.
bool write_file(const std::string& path, const std::string& content);

/// A file that is written bit by bit. It takes its name when it is whole; without that, nothing of it stays. A pipe or a device is written to as it is.
class OutputFile {
 public:
  OutputFile();
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// False after the failure was printed.
  bool open(const std::string& path);
  std::ostream& stream() { return stream_; }
  /// Whether all of it was written, and has its name now; false with errno.
  bool commit();

 private:
  class Buffer;

  net::Fd file_;
  std::filesystem::path target_, part_;  // part: the file before it has its name; "" where there is none
  std::unique_ptr<Buffer> buffer_;
  std::ostream stream_;
};

/// Who may read a new file.
enum class Readers { everybody, owner };
/// Writes a file that must not exist yet, not even as a link, with its mode from the first byte on. False after the failure was printed.
bool write_new_file(const std::string& path, const std::string& content, Readers readers);

/// Replaces a file that its owner alone reads. Prints nothing: false with errno.
bool replace_own_file(const std::string& path, const std::string& content);

/// The whole of a file or a pipe; nothing where it cannot be read, or has more than a gibibyte.
std::optional<std::string> read_file(const std::string& path);
/// The same for a record or a certificate, which has 256 MiB at the most: read as JSON, it takes several times as much memory. Nothing after the mistake
/// was printed.
std::optional<std::string> read_json_file(const std::string& path);

}  // namespace meterproof::cli
