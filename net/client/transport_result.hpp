// SPDX-License-Identifier: Apache-2.0
// How an exchange over a connection ended.
#pragma once

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
  no_file      // this process is out of file descriptors
};
/// A short phrase in English for records and messages, like "connection refused".
std::string_view to_string(TransportResult transport);
/// What an errno of socket(2) or connect(2) means.
TransportResult to_transport_result(int error);

}  // namespace meterproof::net
