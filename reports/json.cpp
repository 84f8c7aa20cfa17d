// SPDX-License-Identifier: Apache-2.0
// Records as they are: for programs, and for `report`.
#include "core/i18n/message.hpp"
#include "reports/record_json.hpp"
#include "reports/report_writer.hpp"

namespace meterproof::reports {
namespace {

class JsonReport final : public ReportWriter {
 public:
  std::string_view name() const override { return "json"; }
  i18n::Message description() const override { return i18n::msg<"help.report.json">(); }
  bool takes_several() const override { return false; }
  void write_to(std::ostream& out, const std::vector<Record>& records, const ReportOptions&) const override {
    std::visit([&](const auto& one) { write_json(out, one); }, records.front());
  }
};

}  // namespace

std::unique_ptr<ReportWriter> make_json_report() { return std::make_unique<JsonReport>(); }

}  // namespace meterproof::reports
