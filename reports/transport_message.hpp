// SPDX-License-Identifier: Apache-2.0
// What became of a request on its connection, as a message.
#pragma once

#include <optional>
#include <string_view>

#include "core/i18n/message_value.hpp"
#include "net/client/http_client.hpp"

namespace meterproof::reports {

i18n::Message to_message(net::TransportResult transport);
/// The same, with what the system or the parser said ("" for nothing).
i18n::Message to_message(net::TransportResult transport, std::string_view detail);
/// Of a record's member `transport`; nothing where the word is none of these.
std::optional<i18n::Message> transport_message(std::string_view word);

}  // namespace meterproof::reports
