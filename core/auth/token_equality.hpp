// SPDX-License-Identifier: Apache-2.0
// Comparison of a secret with what somebody has presented.
#pragma once

#include <string_view>

namespace meterproof::auth {

/// Takes as long for every text of that length: how far the two agree cannot be measured.
bool equals_in_constant_time(std::string_view presented, std::string_view secret);

}  // namespace meterproof::auth
