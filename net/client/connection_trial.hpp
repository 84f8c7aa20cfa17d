// SPDX-License-Identifier: Apache-2.0
// Finds out by requests over new connections what a server does with them: whether it keeps one, and how many it serves at a time.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "net/client/http_client.hpp"

namespace meterproof::net {

/// What a server does with a connection after its reply.
enum class Keeping { keeps, says_close, closes_silently };
inline constexpr std::array keepings{Keeping::keeps, Keeping::says_close, Keeping::closes_silently};
/// For records: "keeps", "says close", "closes silently".
std::string_view to_string(Keeping keeping);

struct ConnectionTrial {
  /// Each over a new connection, all of them sent at once.
  std::vector<HttpRequest> requests;
  /// For all replies; never longer than the client's timeout.
  std::chrono::milliseconds patience{0};
  /// The first request is answered before the others are sent, and a connection stays open and idle while they are: the first's, or, where the server
  /// closes that, one that nothing was sent on.
  bool beside_idle = false;
};

struct TrialResult {
  /// One per request, in their order. A connection that opens only after the system has asked twice counts as timed out: the server's queue was full.
  std::vector<Exchange> exchanges;
  /// Of a trial beside an idle connection whose first request was answered.
  std::optional<Keeping> keeping;
};

}  // namespace meterproof::net
