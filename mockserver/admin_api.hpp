// SPDX-License-Identifier: Apache-2.0
// The mock's control surface under /_mock/: health, world, faults, journal, counters. JSON in, JSON out.
#pragma once

#include <string_view>

#include "mockserver/mock_state.hpp"

namespace meterproof::mockserver {

class AdminApi {
 public:
  static constexpr std::string_view prefix = "/_mock/";

  explicit AdminApi(MockState& state) : state_(&state) {}

  void handle(const net::HttpParser& request, core::DateTime now, net::Response& response);

 private:
  MockState* state_;
};

}  // namespace meterproof::mockserver
