// Texts: a wording in two languages, and small helpers for ASCII and lists of words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace meterproof::core {

/// A wording of the specification in its own language, and in English.
struct LocalizedText {
  std::string zh;
  std::string en;
};

std::string join(const std::vector<std::string>& words, std::string_view between = ", ");

/// Blanks, tabs and line ends at both ends taken off.
std::string_view trimmed(std::string_view text);

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
/// ASCII letters in lower case; all else stays.
std::string to_lower(std::string_view text);
/// Whether the texts are equal, ASCII letter case aside.
bool equals_ignoring_case(std::string_view a, std::string_view b);

/// A media type in a form that can be compared: lower case, no blanks and no quotes (RFC 9110, section 8.3.1).
std::string normalized_media_type(std::string_view header);

/// `pattern` with its first run of # replaced by the number, zero-padded to the run's length: "99####" and 7 make 990007.
std::string format_number_pattern(std::string_view pattern, std::uint64_t number);

}  // namespace meterproof::core
