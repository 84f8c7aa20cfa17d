// SPDX-License-Identifier: Apache-2.0
// A difference of two records as text, JSON, JUnit, Markdown and HTML.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "history/record_difference.hpp"
#include "reports/style.hpp"

namespace meterproof::history {

/// A record, and the file that it was read from.
struct ComparedRecord {
  std::string file;
  const reports::CheckRecord* record = nullptr;
};

/// What there is to tell.
struct DifferenceReport {
  ComparedRecord before, after;
  RecordDifference difference;
  std::string tool;
};

std::string to_text(const DifferenceReport& report, const reports::TextStyle& style);
/// Schema: docs/diff.schema.json. Texts are in both languages.
std::string to_json(const DifferenceReport& report);
/// A test case for each change; new failures and changed answers fail.
std::string to_junit(const DifferenceReport& report, const reports::TextStyle& style);
std::string to_markdown(const DifferenceReport& report, const reports::TextStyle& style);
/// One page in both languages, that needs nothing else.
std::string to_html(const DifferenceReport& report, const reports::TextStyle& style);
/// In one line: "worse: 2 new failures, 1 mended, …".
i18n::Message summary(const RecordDifference& difference);

}  // namespace meterproof::history
