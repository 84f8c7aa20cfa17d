// SPDX-License-Identifier: Apache-2.0
// UTF-16 of a text in UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace meterproof::core {

/// Calls take(unit) with each code unit (RFC 2781): two for a character beyond the BMP. Bytes that are no UTF-8 are taken as they are.
template <class Take>
void for_each_utf16_unit(std::string_view text, const Take& take) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0xC0U ? 1 : lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
    std::uint32_t point = size == 1 ? lead : lead & (0xFFU >> (size + 1));
    for (std::size_t k = 1; k < size && i + k < text.size(); ++k) point = point << 6U | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    i += size;
    if (point < 0x10000U) {
      take(point);
    } else {
      take(0xD800U + ((point - 0x10000U) >> 10U));
      take(0xDC00U + ((point - 0x10000U) & 0x3FFU));
    }
  }
}

}  // namespace meterproof::core
