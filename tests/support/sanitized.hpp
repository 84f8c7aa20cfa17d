// SPDX-License-Identifier: Apache-2.0
// What tests do otherwise under a sanitizer.
#pragma once

#include <chrono>
#include <cstddef>

namespace meterproof::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif

/// What a mock is given to answer.
inline constexpr std::chrono::seconds longest_answer{is_sanitized ? 120 : 10};

/// Whether that row of a table is left out: a sanitizer looks for other mistakes than the rows do, and takes a hundred times as long.
constexpr bool is_left_out(std::size_t row) {
  constexpr std::size_t step = 8;
  return is_sanitized && row % step != 0;
}

}  // namespace meterproof::test
