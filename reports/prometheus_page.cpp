// SPDX-License-Identifier: Apache-2.0
#include "reports/prometheus_page.hpp"

#include <array>
#include <charconv>

namespace meterproof::reports {

std::string prometheus_number(double value) {
  std::array<char, 512> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr};
}

std::string prometheus_seconds(std::chrono::nanoseconds time) { return prometheus_number(std::chrono::duration<double>(time).count()); }

std::string quoted_label(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') out += "\\n";
    else out += c;
  }
  return out + '"';
}

void PrometheusPage::begin(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  (((((out_ += "# HELP ") += name) += ' ') += help) += "\n# TYPE ") += name;
  ((out_ += ' ') += type) += '\n';
}

void PrometheusPage::add(const std::string& value, const std::string& labels, std::string_view suffix) {
  (out_ += name_) += suffix;
  if (!labels.empty()) ((out_ += '{') += labels) += '}';
  ((out_ += ' ') += value) += '\n';
}

void PrometheusPage::only(std::string_view name, std::string_view type, std::string_view help, const std::string& value) {
  begin(name, type, help);
  add(value);
}

}  // namespace meterproof::reports
