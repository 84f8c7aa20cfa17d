// SPDX-License-Identifier: Apache-2.0
// The header of a reply that tells the client's engineer what was understood, though the specification does not allow it.
#pragma once

#include <string>
#include <string_view>

namespace meterproof::mockserver {

/// The header line with its end. Of a long text the beginning.
std::string hint_header_line(std::string_view text);

}  // namespace meterproof::mockserver
