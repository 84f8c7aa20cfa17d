// SPDX-License-Identifier: Apache-2.0
// The page of the admin API, embedded when the program is built (cmake/embed.cmake).
#pragma once

#include <string_view>

namespace meterproof::mockserver::page {

extern const std::string_view html, style, script;

}  // namespace meterproof::mockserver::page
