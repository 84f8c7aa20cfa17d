// SPDX-License-Identifier: Apache-2.0
// UTF-8: validation, display width, truncation. By simdjson (validation) and utf8proc (https://juliastrings.github.io/utf8proc/, widths).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace meterproof::core {

/// Well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view bytes);

/// Makes bytes safe to print: a byte that is not UTF-8 becomes U+FFFD; a control character other than newline and tab becomes \xNN; a line or
/// paragraph separator or a control of the writing direction becomes \uNNNN.
std::string sanitize(std::string_view bytes);

/// The same, but each of these becomes one character, so that columns keep their places: a tab a space, another '?'.
std::string without_controls(std::string_view bytes);

/// Whether a character is a control, a blank of any kind or nothing that is seen, or no UTF-8.
bool is_odd(std::string_view character);

/// The longest prefix of a UTF-8 text that has at most `max_bytes` bytes and ends at a character's end. It points into `text`.
std::string_view truncate_utf8(std::string_view text, std::size_t max_bytes);

/// How many columns of a terminal a UTF-8 text takes: two for wide characters (Unicode Standard Annex 11), none for combining marks and for
/// colour sequences (ESC [ … m). A byte that is not UTF-8 counts as one column.
std::size_t display_width(std::string_view text);
/// The text if it fits into `columns` columns; otherwise its beginning and an ellipsis. Colour sequences behind the cut are kept, so that the
/// colour ends.
std::string truncate_to_width(std::string_view text, std::size_t columns);

}  // namespace meterproof::core
