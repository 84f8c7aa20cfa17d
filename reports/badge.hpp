// SPDX-License-Identifier: Apache-2.0
// A record as a badge (SVG 1.1, https://www.w3.org/TR/SVG11/) for a README or a page. It says of when, how far judged and by which suite, never a verdict
// alone.
#pragma once

#include <string>

#include "reports/load_record.hpp"
#include "reports/record.hpp"

namespace meterproof::reports {

std::string to_badge(const CheckRecord& record, Language language);
std::string to_badge(const LoadRecord& record, Language language);

}  // namespace meterproof::reports
