// SPDX-License-Identifier: Apache-2.0
// What a server says of bytes that are no complete HTTP request.
#pragma once

#include <string>

#include "core/text/text.hpp"
#include "net/http/http_parser.hpp"
#include "net/server/http_server.hpp"

namespace meterproof::mockserver {

struct BadRequest {
  std::string kind;  // for counters: the protocol's ("tls"), or "bad-request", "too-large", "incomplete"
  core::LocalizedText title;
  core::LocalizedText why;
};

/// `status`: what it is answered with; 0 for a request that ended before it was complete.
BadRequest explain_bad_request(const net::HttpParser& request, int status, net::Arrival::Ended ended);

}  // namespace meterproof::mockserver
