// SPDX-License-Identifier: Apache-2.0
// An HTML report: one file that needs no other, made of records as they are written (docs/records.md).
#pragma once

#include <string>

namespace meterproof::reports {

/// `record`: a JSON text, of a certificate too. Records are written by the format "html" (reports/report_writer.hpp).
std::string to_html(const std::string& record);

}  // namespace meterproof::reports
