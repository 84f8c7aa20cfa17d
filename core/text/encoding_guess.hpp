// SPDX-License-Identifier: Apache-2.0
// In which encoding bytes are written that should be UTF-8, as far as they show it.
#pragma once

#include <string>
#include <string_view>

namespace meterproof::core {

/// UTF-16 or UTF-32 with its byte order, by its byte order mark or by the zero bytes around the first character; "" where it is neither.
std::string_view wide_encoding(std::string_view bytes);

enum class ByteEncoding { unknown, gbk, big5, single_byte };

/// Of bytes that are not UTF-8. Short texts fit several encodings: of GBK and Big5 it is GBK then, the usual one of the two here. single_byte: one such
/// as ISO-8859-1, whose letters above ASCII stand alone.
ByteEncoding guess_byte_encoding(std::string_view bytes);

/// "GBK"; "" where nobody knows.
std::string_view name_of(ByteEncoding encoding);

/// Stands for a character that is not known. Unicode has no character of that number (U+FDD0), so that no text is mistaken for it.
inline constexpr std::string_view unknown_character = "\uFDD0";

/// Bytes that are not UTF-8, with that in place of each character of the encoding beyond ASCII: what stands around them can be read. Where nobody knows the
/// encoding, what is UTF-8 in them stays.
std::string without_foreign_characters(std::string_view bytes, ByteEncoding encoding);

}  // namespace meterproof::core
