#include "reports/columns.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace meterproof::reports {

namespace {

constexpr std::pair<char32_t, char32_t> wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},  {0xAC00, 0xD7A3},
                                                  {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},  {0xFFE0, 0xFFE6},
                                                  {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

struct Sign {
  std::size_t length = 1;  // bytes
  std::size_t columns = 1;
};

/// The character or the colour at the beginning of a text; a byte that begins neither stands for itself.
Sign first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (text.starts_with("\x1b[")) {
    const std::size_t end = text.find('m');
    return {end == std::string_view::npos ? text.size() : end + 1, 0};
  }
  const std::size_t length = lead < 0xC0U || lead >= 0xF8U ? 1 : lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
  if (length == 1 || length > text.size()) return {};
  char32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
  const bool is_wide = std::any_of(std::begin(wide), std::end(wide), [&](const auto& range) { return code >= range.first && code <= range.second; });
  return {length, is_wide ? 2U : 1U};
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  std::size_t out = 0;
  for (Sign sign; !text.empty(); text.remove_prefix(sign.length)) {
    sign = first_of(text);
    out += sign.columns;
  }
  return out;
}

std::string fitted(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  std::string out;
  std::size_t taken = 1;  // the ellipsis
  bool full = false;
  for (Sign sign; !text.empty(); text.remove_prefix(sign.length)) {
    sign = first_of(text);
    taken += sign.columns;
    if (!full && taken > columns) {
      out += "…";
      full = true;
    }
    if (!full || sign.columns == 0) out += text.substr(0, sign.length);
  }
  return out;
}

}  // namespace meterproof::reports
