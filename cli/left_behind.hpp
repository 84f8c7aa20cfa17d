// SPDX-License-Identifier: Apache-2.0
// The rows that a run made, as a list of their own.
#pragma once

#include <string>
#include <vector>

#include "reports/record.hpp"

namespace meterproof::cli {

/// CSV (RFC 4180) of table and key, with a header: a line for each row.
std::string to_csv(const std::vector<reports::LeftBehindRecord>& left_behind);

}  // namespace meterproof::cli
