// SPDX-License-Identifier: Apache-2.0
#include "reports/html.hpp"

#include <string_view>
#include <utility>

#include "core/i18n/message.hpp"
#include "reports/page.hpp"
#include "reports/record_json.hpp"
#include "reports/report_writer.hpp"

namespace meterproof::reports {

namespace {

/// JSON that may stand in a script element: "<" only occurs in texts, where it may be escaped.
std::string for_script(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<') out += "\\u003c";
    else out += c;
  }
  return out;
}

}  // namespace

std::string to_html(const std::vector<std::string>& records, const std::string& base) {
  std::string data = "{\"records\":[";
  for (std::size_t i = 0; i < records.size(); ++i) data += (i == 0 ? "" : ",") + for_script(with_chinese(records[i]));
  data += "],\"base\":" + (base.empty() ? std::string("null") : for_script(with_chinese(base))) + "}";

  std::string style(page::style), script;
  style += page::charts_style;
  for (const std::string_view part : {page::base, page::check, page::load, page::certificate, page::start}) script += part;
  const std::pair<std::string_view, std::string_view> places[] = {{"@STYLE@", style}, {"@DATA@", data}, {"@CHARTS@", page::charts}, {"@SCRIPT@", script}};
  std::string out;
  std::string_view rest = page::frame;
  for (const auto& [place, text] : places) {
    const std::size_t at = rest.find(place);
    out += rest.substr(0, at);
    out += text;
    rest.remove_prefix(at + place.size());
  }
  return out += rest;
}

namespace {

/// What a page shows of a record: not the transcript, which is for machines, and large.
std::string for_page(const LoadRecord& record) { return to_json(record); }
std::string for_page(CheckRecord record) {
  record.transcript.reset();
  return to_json(record);
}

class HtmlReport final : public ReportWriter {
 public:
  std::string_view name() const override { return "html"; }
  i18n::Message description() const override { return i18n::msg<"help.report.html">(); }
  std::string write(const std::vector<Record>& records, const ReportOptions& options) const override {
    std::vector<std::string> texts;
    texts.reserve(records.size());
    for (const Record& record : records) texts.push_back(std::visit([](const auto& one) { return for_page(one); }, record));
    return to_html(texts, options.base == nullptr ? "" : to_json(*options.base));
  }
};

}  // namespace

std::unique_ptr<ReportWriter> make_html_report() { return std::make_unique<HtmlReport>(); }

}  // namespace meterproof::reports
