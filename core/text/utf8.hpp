// UTF-8: validity, display, truncation. utf8proc (https://juliastrings.github.io/utf8proc/) knows the characters, simdjson the encoding.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace meterproof::core {

/// Well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view bytes);

/// Bytes as text that is safe to show: what is not UTF-8 becomes U+FFFD, control characters other than newline and tab become \xNN.
std::string sanitize(std::string_view bytes);

/// At most `longest` bytes of a UTF-8 text, never half a character.
std::string_view truncate_utf8(std::string_view text, std::size_t longest);

/// Columns of a terminal that a UTF-8 text takes: two for wide East Asian characters and pictures (Unicode Standard Annex 11), none for
/// colours (ESC [ … m) and combining marks.
std::size_t display_width(std::string_view text);
/// The text, or as much of it as leaves room for an ellipsis within that many columns; colours stay.
std::string truncate_to_width(std::string_view text, std::size_t columns);

}  // namespace meterproof::core
