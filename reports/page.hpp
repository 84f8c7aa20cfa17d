// SPDX-License-Identifier: Apache-2.0
// The parts of an HTML report, embedded when the program is built (cmake/embed.cmake).
#pragma once

#include <string_view>

namespace meterproof::reports::page {

extern const std::string_view frame, style, base, check, load, certificate, start;
extern const std::string_view charts, charts_style;  // uPlot (https://github.com/leeoniya/uPlot), MIT

}  // namespace meterproof::reports::page
