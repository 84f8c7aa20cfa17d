// SPDX-License-Identifier: Apache-2.0
// What a ConnectionPool asks for requests and tells about their outcome. An implementation decides what is sent and when.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "net/client/transport_result.hpp"
#include "net/event_loop.hpp"
#include "net/http/http_parser.hpp"

namespace meterproof::net {

/// All members are called on the pool's thread. `connection` is an index below ConnectionPoolOptions::connections; a connection carries one
/// request at a time. Each request gets make_request, on_sent, and then either on_response or on_error.
class RequestSource {
 public:
  virtual ~RequestSource() = default;
  /// When the next request is due. A time not after `now`: at once. SteadyTime::max(): there will be no other.
  virtual SteadyTime next_due(SteadyTime now) = 0;
  /// Appends the request that is due to `bytes`, which is empty.
  virtual void make_request(std::size_t connection, SteadyTime now, std::string& bytes) = 0;
  /// The request is about to be sent. `idle_since`: since when a connection has been free without interruption; a request that was due later
  /// than that waited for the generator, not for the server.
  virtual void on_sent(std::size_t connection, SteadyTime now, SteadyTime idle_since) = 0;
  /// `now` is when the reply's bytes were read. `reply` is valid during the call.
  virtual void on_response(std::size_t connection, SteadyTime now, const HttpParser& reply) = 0;
  /// The connection's request got no reply.
  virtual void on_error(std::size_t connection, SteadyTime now, TransportResult why) = 0;
  /// A connection could not be opened. The pool tries again after a pause. `detail`: what TLS says; otherwise "".
  virtual void on_connect_error(TransportResult why, std::string_view detail) = 0;
  /// Called about twenty times a second.
  virtual void on_tick(SteadyTime now) = 0;
  /// A signal has ended the run before the connection's request got a reply: in place of on_error.
  virtual void on_left(std::size_t connection, SteadyTime now) { on_error(connection, now, TransportResult::timed_out); }
  /// Whether nobody needs the replies that are still to come when a signal ends the run; otherwise they are waited for, half a second.
  virtual bool may_be_left() const { return false; }
};

}  // namespace meterproof::net
