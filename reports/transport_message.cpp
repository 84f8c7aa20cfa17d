// SPDX-License-Identifier: Apache-2.0
#include "reports/transport_message.hpp"

#include <string>
#include <utility>

#include "core/i18n/message.hpp"
#include "core/text/http_reason.hpp"
#include "core/text/text.hpp"

namespace meterproof::reports {

using i18n::msg;
using net::TransportResult;

i18n::Message to_message(TransportResult transport) {
  switch (transport) {
    case TransportResult::replied: return msg<"transport.replied">();
    case TransportResult::unresolved: return msg<"transport.unresolved">();
    case TransportResult::refused: return msg<"transport.refused">();
    case TransportResult::timed_out: return msg<"transport.timed-out">();
    case TransportResult::reset: return msg<"transport.reset">();
    case TransportResult::closed: return msg<"transport.closed">();
    case TransportResult::incomplete: return msg<"transport.incomplete">();
    case TransportResult::no_http: return msg<"transport.no-http">();
    case TransportResult::no_port: return msg<"transport.no-port">();
    case TransportResult::no_file: return msg<"transport.no-file">();
    case TransportResult::too_large: return msg<"transport.too-large">();
    case TransportResult::no_tls: return msg<"transport.no-tls">();
    case TransportResult::unread: return msg<"transport.unread">();
  }
  return {};
}

i18n::Message to_message(TransportResult transport, std::string_view detail) {
  if (detail.empty()) return to_message(transport);
  std::string zh = core::http_reason_in_chinese(detail);
  if (zh.empty()) return msg<"transport.detail">(to_message(transport), detail);  // the operating system's words
  return msg<"transport.detail">(to_message(transport), core::LocalizedText{std::move(zh), std::string(detail)});
}

std::optional<i18n::Message> transport_message(std::string_view word) {
  for (const TransportResult one : net::transport_results)
    if (to_string(one) == word) return to_message(one);
  return std::nullopt;
}

}  // namespace meterproof::reports
