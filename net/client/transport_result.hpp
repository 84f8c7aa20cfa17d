// SPDX-License-Identifier: Apache-2.0
// How an exchange over a connection ended.
#pragma once

#include <array>
#include <string_view>

namespace meterproof::net {

/// `replied`: an HTTP response was received, whatever its status. All others: there is no response, and why.
enum class TransportResult {
  replied,
  unresolved,  // the host name has no address
  refused,     // connect(2) failed
  timed_out,   // no connection or no reply in time
  reset,       // the peer sent a TCP reset, or sending failed
  closed,      // the peer closed the connection without a byte of a reply
  incomplete,  // the peer closed the connection inside a reply
  no_http,     // what was received is not HTTP, or more than one reply to one request
  no_port,     // this machine is out of local ports
  no_file,     // this process is out of file descriptors
  too_large,   // the reply is longer than our limit: its header, or its body
  no_tls,      // the handshake of TLS failed, or the certificate is not believed
  unread       // the peer had closed a connection that it promised to keep, before a byte of the request came to it
};
inline constexpr std::array transport_results{TransportResult::replied, TransportResult::unresolved, TransportResult::refused,    TransportResult::timed_out,
                                              TransportResult::reset,   TransportResult::closed,     TransportResult::incomplete, TransportResult::no_http,
                                              TransportResult::no_port, TransportResult::no_file,    TransportResult::too_large,  TransportResult::no_tls,
                                              TransportResult::unread};
/// A short phrase in English for records and messages, like "connection refused".
std::string_view to_string(TransportResult transport);
/// What an errno of socket(2) or connect(2) means.
TransportResult to_transport_result(int error);

}  // namespace meterproof::net
