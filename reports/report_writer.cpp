// SPDX-License-Identifier: Apache-2.0
#include "reports/report_writer.hpp"

#include <sstream>

namespace meterproof::reports {

std::string ReportWriter::write(const std::vector<Record>& records, const ReportOptions& options) const {
  std::ostringstream out;
  write_to(out, records, options);
  return std::move(out).str();
}

const std::vector<std::unique_ptr<ReportWriter>>& report_writers() {
  static const std::vector<std::unique_ptr<ReportWriter>> all = [] {
    std::vector<std::unique_ptr<ReportWriter>> out;
#define REPORT_FORMAT(name) out.push_back(make_##name##_report());
#include "reports/report_formats.inc"
#undef REPORT_FORMAT
    return out;
  }();
  return all;
}

}  // namespace meterproof::reports
