// SPDX-License-Identifier: Apache-2.0
// A series as a small picture (SVG 1.1, https://www.w3.org/TR/SVG11/): a point for each run, a line for each change of level.
#pragma once

#include <string>
#include <vector>

#include "history/run_history.hpp"

namespace meterproof::history {

/// An SVG element for an HTML page. `dates`: of the series' runs, by place in it. Nothing is drawn by colour alone.
std::string series_chart(const Series& series, const std::vector<std::string>& dates);

/// "12.3 ms", "1,234/s": three digits that count.
std::string with_unit(double value, const std::string& unit);

}  // namespace meterproof::history
