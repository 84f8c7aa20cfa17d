// SPDX-License-Identifier: Apache-2.0
// Records as Markdown, for the job summaries of CI servers.
#pragma once

#include <string>
#include <string_view>

#include "reports/load_record.hpp"
#include "reports/record.hpp"

namespace meterproof::reports {

/// Text of others on one line, of which nobody makes markup or links; and the same in a table.
std::string markdown_line(std::string_view text);
std::string markdown_cell(std::string_view text);

/// Verdict, counts, and the findings, as many as a summary bears.
std::string to_markdown(const CheckRecord& record, const TextStyle& style = {});
std::string to_markdown(const LoadRecord& record, const TextStyle& style = {});

}  // namespace meterproof::reports
