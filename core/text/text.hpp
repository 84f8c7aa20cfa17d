// SPDX-License-Identifier: Apache-2.0
// Small text helpers, for ASCII unless said otherwise, and LocalizedText.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace meterproof::core {

/// One text of the specification in Chinese, its own language, and in English.
struct LocalizedText {
  std::string zh;
  std::string en;
};

/// The words with `between` between each two.
std::string join(const std::vector<std::string>& words, std::string_view between = ", ");

/// The text without spaces, tabs and line ends at its beginning and end. It points into `text`.
std::string_view trimmed(std::string_view text);

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
/// Changes ASCII letters only; UTF-8 stays valid.
std::string to_lower(std::string_view text);
/// Compares without regard to the case of ASCII letters.
bool equals_ignoring_case(std::string_view a, std::string_view b);

/// The value of a Content-Type header in lower case, without white space and quotes, so that equal media types are equal texts (RFC 9110,
/// section 8.3.1). Parameters keep their order.
std::string normalized_media_type(std::string_view header);

/// Each %XX as the byte that it stands for (RFC 3986, section 2.1); a % that two hexadecimal digits do not follow stays.
std::string percent_decoded(std::string_view text);
/// The reverse, for one part of a path or a query: all but letters, digits and - . _ ~ becomes %XX (RFC 3986, section 2.3).
std::string percent_encoded(std::string_view text);

/// Replaces the first run of # by the number, padded with zeros to the run's length: "99####" and 7 give 990007. Higher digits are cut off.
std::string format_number_pattern(std::string_view pattern, std::uint64_t number);

}  // namespace meterproof::core
