// SPDX-License-Identifier: Apache-2.0
#include "reports/report_writer.hpp"

namespace meterproof::reports {

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
