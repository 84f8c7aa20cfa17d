#include "reports/html.hpp"

#include <string_view>

#include "reports/page.hpp"

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
  for (std::size_t i = 0; i < records.size(); ++i) data += (i == 0 ? "" : ",") + for_script(records[i]);
  data += "],\"base\":" + (base.empty() ? std::string("null") : for_script(base)) + "}";

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

}  // namespace meterproof::reports
