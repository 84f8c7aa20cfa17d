// SPDX-License-Identifier: Apache-2.0
// What a report says of TLS, once: section 2 of the specification speaks of HTTP only.
#pragma once

#include <string_view>
#include <vector>

#include "core/i18n/message_value.hpp"
#include "net/tls.hpp"

namespace meterproof::reports {

/// `version`: "TLSv1.3", or "" where there was no connection with TLS. `failed`: one could not be made.
std::vector<i18n::Message> tls_notes(std::string_view version, const net::TlsTrust& trust, bool failed);

}  // namespace meterproof::reports
