// The mock's control surface under /_mock/: health, world, faults, journal, counters. JSON in, JSON out.
#pragma once

#include <string_view>

#include "mockserver/engine.hpp"

namespace meterproof::mock {

class Control {
 public:
  static constexpr std::string_view prefix = "/_mock/";

  explicit Control(Engine& engine) : engine_(&engine) {}

  void handle(const wire::HttpParser& request, spec::DateTime now, http::Response& response);

 private:
  Engine* engine_;
};

}  // namespace meterproof::mock
