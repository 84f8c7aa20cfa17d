// SPDX-License-Identifier: Apache-2.0
// Which protocol a server speaks that was sent HTTP/1.1 and answers with something else: its greeting, or its refusal of what came.
#pragma once

#include <optional>
#include <string_view>

#include "core/text/protocol_name.hpp"

namespace meterproof::core {

/// Nothing where the bytes fit none of those that are known.
std::optional<ProtocolName> name_of_reply_protocol(std::string_view bytes);

}  // namespace meterproof::core
