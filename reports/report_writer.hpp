// SPDX-License-Identifier: Apache-2.0
// A format that a record can be written in. To add one: a class in a file of its own, and a line in report_formats.inc.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reports/load_record.hpp"
#include "reports/record.hpp"

namespace meterproof::reports {

using Record = std::variant<CheckRecord, LoadRecord>;

struct ReportOptions {
  TextStyle style;
  const LoadRecord* base = nullptr;  // a load that is shown beside the records, or null
};

class ReportWriter {
 public:
  virtual ~ReportWriter() = default;
  /// Its option is --NAME FILE.
  virtual std::string_view name() const = 0;
  /// Of that option.
  virtual i18n::Message description() const = 0;
  /// Whether one file can hold several records.
  virtual bool takes_several() const { return true; }
  /// At least one record is given. A report may be many times as large as its record: what is long goes out piece by piece.
  virtual void write_to(std::ostream& out, const std::vector<Record>& records, const ReportOptions& options) const = 0;
  /// The same as a text.
  std::string write(const std::vector<Record>& records, const ReportOptions& options) const;
};

/// Every format, in the order of report_formats.inc.
const std::vector<std::unique_ptr<ReportWriter>>& report_writers();

// Each format's file defines its own: std::unique_ptr<ReportWriter> make_NAME_report().
#define REPORT_FORMAT(name) std::unique_ptr<ReportWriter> make_##name##_report();
#include "reports/report_formats.inc"
#undef REPORT_FORMAT

}  // namespace meterproof::reports
