// SPDX-License-Identifier: Apache-2.0
// A history as text, JSON, Markdown and HTML.
#pragma once

#include <string>

#include "history/run_history.hpp"
#include "reports/style.hpp"

namespace meterproof::history {

struct HistoryReport {
  std::string folder;
  RunHistory history;
  std::string tool;
};

std::string to_text(const HistoryReport& report, const reports::TextStyle& style);
/// Schema: docs/history.schema.json. Texts are in both languages.
std::string to_json(const HistoryReport& report);
std::string to_markdown(const HistoryReport& report, const reports::TextStyle& style);
/// One page in both languages that needs nothing but the reports that it links to. `to_folder`: from the page's place to the folder, "" or with "/" at its end.
std::string to_html(const HistoryReport& report, const reports::TextStyle& style, const std::string& to_folder);

}  // namespace meterproof::history
