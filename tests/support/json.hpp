// SPDX-License-Identifier: Apache-2.0
// JSON of whatever a run sends.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/text/json_excess.hpp"

namespace meterproof::test {

/// Discarded where it is no JSON, and where it is nested so deeply that a copy would need more stack than there is.
inline nlohmann::ordered_json json_of(const std::string& text) {
  using Json = nlohmann::ordered_json;
  return core::json_excess(text) == core::JsonExcess::none ? Json::parse(text, nullptr, false) : Json(Json::value_t::discarded);
}

}  // namespace meterproof::test
