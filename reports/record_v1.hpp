// SPDX-License-Identifier: Apache-2.0
// Records of schemas check/1 and load/1, of builds before the first release: read as /2. Their texts are English without ids, and stay English.
#pragma once

#include <string>
#include <string_view>

namespace meterproof::reports {

/// The schema before that one.
std::string predecessor(std::string_view schema);
/// A JSON document of schema /1 as one of schema /2. Throws what the JSON library throws where it is none.
std::string upgraded(const std::string& json);

}  // namespace meterproof::reports
