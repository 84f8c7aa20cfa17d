// SPDX-License-Identifier: Apache-2.0
// Recognizes decimals that were computed in binary floating point and printed in full.
#pragma once

#include <string>
#include <string_view>

#include "core/decimal/decimal.hpp"

namespace meterproof::core {

/// 0.30000000000000004, 50.129999999999995, 5.6e-17: no amount, volume or price has so many places.
bool has_binary_noise(std::string_view number);

/// What was meant: 0.3 for 0.30000000000000004.
std::string without_binary_noise(Decimal number);

}  // namespace meterproof::core
