// SPDX-License-Identifier: Apache-2.0
#include "reports/html.hpp"

#include <sstream>
#include <string_view>
#include <utility>

#include "core/i18n/message.hpp"
#include "reports/page.hpp"
#include "reports/record_json.hpp"
#include "reports/report_writer.hpp"

namespace meterproof::reports {

namespace {

/// JSON that may stand in a script element: "<" only occurs in texts, where it may be escaped. That makes it six times as long, so it is escaped on its way.
void write_for_script(std::ostream& out, std::string_view json) {
  for (std::size_t at = 0; (at = json.find('<')) != std::string_view::npos; json.remove_prefix(at + 1)) out << json.substr(0, at) << "\\u003c";
  out << json;
}

/// `write_data`: what the page shows, as a script element's content.
template <class WriteData>
void write_page(std::ostream& out, const WriteData& write_data) {
  std::string_view rest = page::frame;
  const auto write_until = [&](std::string_view place) {
    const std::size_t at = rest.find(place);
    out << rest.substr(0, at);
    rest.remove_prefix(at + place.size());
  };
  write_until("@STYLE@");
  out << page::style << page::charts_style;
  write_until("@DATA@");
  write_data();
  write_until("@CHARTS@");
  out << page::charts;
  write_until("@SCRIPT@");
  for (const std::string_view part : {page::base, page::check, page::load, page::certificate, page::start}) out << part;
  out << rest;
}

}  // namespace

std::string to_html(const std::string& record) {
  std::ostringstream out;
  write_page(out, [&] {
    out << R"({"records":[)";
    write_for_script(out, with_chinese(record));
    out << R"(],"base":null})";
  });
  return std::move(out).str();
}

namespace {

class HtmlReport final : public ReportWriter {
 public:
  std::string_view name() const override { return "html"; }
  i18n::Message description() const override { return i18n::msg<"help.report.html">(); }
  void write_to(std::ostream& out, const std::vector<Record>& records, const ReportOptions& options) const override {
    write_page(out, [&] {
      out << R"({"records":[)";
      for (const Record& record : records) {
        if (&record != &records.front()) out << ',';
        write_for_script(out, std::visit([](const auto& one) { return to_page_json(one); }, record));
      }
      out << R"(],"base":)";
      write_for_script(out, options.base == nullptr ? "null" : to_page_json(*options.base));
      out << '}';
    });
  }
};

}  // namespace

std::unique_ptr<ReportWriter> make_html_report() { return std::make_unique<HtmlReport>(); }

}  // namespace meterproof::reports
