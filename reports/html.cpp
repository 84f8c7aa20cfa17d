#include "reports/html.hpp"

#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_set>

#include "core/i18n/phrases.hpp"
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

/// The Chinese of every phrase in the records, by its English.
class Phrasebook {
 public:
  void read(const std::string& record) { look(nlohmann::json::parse(record, nullptr, false)); }
  std::string to_json() const { return phrases_.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

 private:
  void look(const nlohmann::json& value) {
    if (value.is_string()) return add(value.get_ref<const std::string&>());
    if (!value.is_structured()) return;
    for (const auto& [name, member] : value.items()) {
      if (name == "evidence" || name == "histograms" || name == "request" || name == "reply" || name == "curl") continue;  // nobody's phrases
      if (value.is_object()) add(name);
      look(member);
    }
  }
  void add(const std::string& text) {
    if (!seen_.insert(text).second) return;
    if (auto chinese = i18n::in_chinese(text)) phrases_[text] = std::move(*chinese);
  }

  std::unordered_set<std::string> seen_;
  nlohmann::json phrases_ = nlohmann::json::object();
};

}  // namespace

std::string to_html(const std::vector<std::string>& records, const std::string& base) {
  std::string data = "{\"records\":[";
  for (std::size_t i = 0; i < records.size(); ++i) data += (i == 0 ? "" : ",") + for_script(records[i]);
  Phrasebook phrases;
  for (const std::string& record : records) phrases.read(record);
  data += "],\"base\":" + (base.empty() ? std::string("null") : for_script(base)) + ",\"phrases\":" + for_script(phrases.to_json()) + "}";

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
