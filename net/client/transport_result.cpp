// SPDX-License-Identifier: Apache-2.0
#include "net/client/transport_result.hpp"

#include <cerrno>

namespace meterproof::net {

std::string_view to_string(TransportResult transport) {
  switch (transport) {
    case TransportResult::replied: return "replied";
    case TransportResult::unresolved: return "host not found";
    case TransportResult::refused: return "connection refused";
    case TransportResult::timed_out: return "timed out";
    case TransportResult::reset: return "connection reset";
    case TransportResult::closed: return "connection closed without a reply";
    case TransportResult::incomplete: return "connection closed inside a reply";
    case TransportResult::no_http: return "the reply is no HTTP";
    case TransportResult::no_port: return "out of ports of our own";
    case TransportResult::no_file: return "out of file descriptors";
    case TransportResult::too_large: return "the reply is too large";
    case TransportResult::no_tls: return "no TLS";
    case TransportResult::unread: return "connection closed before the request could be read";
  }
  return {};
}

TransportResult to_transport_result(int error) {
  switch (error) {
    case ETIMEDOUT: return TransportResult::timed_out;
    case EADDRNOTAVAIL: return TransportResult::no_port;
    case EMFILE:
    case ENFILE: return TransportResult::no_file;
    default: return TransportResult::refused;
  }
}

}  // namespace meterproof::net
