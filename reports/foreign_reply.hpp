// SPDX-License-Identifier: Apache-2.0
// Names what answers in place of the interface: a page, a login, a proxy, another encoding, another protocol.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/i18n/message_value.hpp"
#include "net/client/http_client.hpp"

namespace meterproof::reports {

struct ForeignReply {
  i18n::Message what;
  bool is_http = true;
  bool may_refuse_signature = false;  // 401 without a challenge: some targets refuse a signature so
};

/// What the reply is, if it is no JSON object with a member `code_name`. Nothing if it is one, or if no byte came.
std::optional<ForeignReply> describe_foreign(const net::Exchange& exchange, std::string_view code_name);

/// That there is no interface, or that the request is too large to reach one, where the status says so, even beside a result code that comes for every
/// request; empty where it does not.
i18n::Message describe_absence(const net::Exchange& exchange);

/// A reply on one line, safe to show: status, media type, and the beginning of the body; of what is no HTTP, the first bytes.
std::string reply_line(const net::Exchange& exchange);

}  // namespace meterproof::reports
