// SPDX-License-Identifier: Apache-2.0
// What the target does with connections, and with bodies that do not end. Measured after the calibration, so that no case waits for what cannot come.
#pragma once

#include <chrono>
#include <cstddef>
#include <set>
#include <string>

namespace meterproof::conformance {

/// How long to wait for that many replies of a target that answers at once, if it answers at all; by how long one took so far.
std::chrono::milliseconds patience_for(std::size_t replies, double mean_seconds);

/// Where nothing was measured, the target is taken to keep connections, to serve any number of them, and to answer any body.
struct ConnectionProfile {
  /// More are not tried: no case sends more requests at once. A target that serves so many is not limited.
  static constexpr std::size_t many = 16;

  /// Connections that it serves at a time; `many`: or more.
  std::size_t at_a_time = many;
  /// Requests that it answers where they are sent at once. More than `at_a_time` where it closes each connection after its reply, so that the next one
  /// has its turn. 1: they cannot come at once.
  std::size_t at_once = many;
  /// Malformed bodies, by slug, whose rest it waits for.
  std::set<std::string> waits_for;
};

}  // namespace meterproof::conformance
