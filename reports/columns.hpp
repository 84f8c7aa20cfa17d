// How wide a text stands on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace meterproof::reports {

/// Columns of a terminal that a UTF-8 text takes: two for the wide characters of East Asia (Unicode Standard Annex 11) and for pictures, none for
/// colours (ESC [ … m).
std::size_t columns_of(std::string_view text);
/// The text, or as much of it as leaves room for an ellipsis within that many columns; colours stay.
std::string fitted(std::string_view text, std::size_t columns);

}  // namespace meterproof::reports
