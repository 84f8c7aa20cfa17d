// SPDX-License-Identifier: Apache-2.0
// Texts of strangers in command lines that somebody will paste into a POSIX shell: a shell expands nothing in them, and a terminal obeys nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meterproof::core {

/// Whether a terminal takes the text for text: UTF-8 without control characters but line ends. A tab is one: it asks for a completion.
bool is_pasteable(std::string_view text);

/// The text in single quotes: one word. What is not pasteable is written in octal, for printf(1).
std::string shell_quoted(std::string_view text);

/// The same, without quotes where no shell needs them.
std::string shell_word(std::string_view text);

/// A command: its words, quoted where needed.
std::string shell_command(const std::vector<std::string>& words);

/// A command that prints exactly these bytes.
std::string printf_command(std::string_view bytes);

}  // namespace meterproof::core
