// SPDX-License-Identifier: Apache-2.0
// Files that the program writes and reads whole. What is written appears at once or not at all: the content goes into a new file beside it
// (O_EXCL, an unpredictable name, so that no link and no file of somebody else is ever written through), which then takes the name.
#pragma once

#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace meterproof::cli {

/// Whether no file is written twice, or written and read ("" is no file). False after the mistake was printed.
bool are_distinct(const std::vector<std::string>& written, const std::vector<std::string>& read);
/// Whether that file can be written once there is something to write ("" is no file). False after the reason was printed.
bool can_write(const std::string& path);
/// Writes the file whole or not at all, replacing one of that name; a pipe or a device is written to as it is, if somebody reads it within five
/// seconds. False after the failure was printed.
bool write_file(const std::string& path, const std::string& content);
/// Opens a file, a pipe or a device that is written to bit by bit. False after the failure was printed.
bool open_for_writing(const std::string& path, std::ofstream& out);
/// Who may read a new file.
enum class Readers { everybody, owner };
/// Writes a file that must not exist yet, not even as a link, with its mode from the first byte on. False after the failure was printed.
bool write_new_file(const std::string& path, const std::string& content, Readers readers);

/// Replaces a file that its owner alone reads. Prints nothing: false with errno.
bool replace_own_file(const std::string& path, const std::string& content);

/// The whole of a file or a pipe; nothing where it cannot be read, or has more than a gibibyte.
std::optional<std::string> read_file(const std::string& path);

}  // namespace meterproof::cli
