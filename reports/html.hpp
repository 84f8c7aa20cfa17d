// SPDX-License-Identifier: Apache-2.0
// An HTML report: one file that needs no other, made of records as they are written (docs/records.md).
#pragma once

#include <string>
#include <vector>

namespace meterproof::reports {

/// `records` are JSON texts as `to_json` makes them, of checks, loads and certificates; `base` is a load to draw beside them, or "".
std::string to_html(const std::vector<std::string>& records, const std::string& base = {});

}  // namespace meterproof::reports
