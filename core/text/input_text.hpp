// SPDX-License-Identifier: Apache-2.0
// Texts that people made in editors, shells and spreadsheets: what is in them that nobody sees.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace meterproof::core {

/// Whether it begins with the byte order mark of UTF-16.
bool is_utf16(std::string_view bytes);

/// The line of the first byte that is not UTF-8, from 1; 0 where all is.
std::size_t first_line_not_utf8(std::string_view bytes);

/// Without the byte order mark of UTF-8 at its beginning, every line ended by \n: CRLF and CR become it.
std::string with_unix_lines(std::string_view text);

/// The place, from 1 and in characters, of the first character that nobody types on purpose in an appId, a secret or a key: a control, a blank
/// other than U+0020 (no-break, full-width), one that has no width. 0 where there is none.
std::size_t odd_character(std::string_view text);

}  // namespace meterproof::core
