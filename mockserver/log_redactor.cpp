// SPDX-License-Identifier: Apache-2.0
#include "mockserver/log_redactor.hpp"

#include <algorithm>
#include <utility>

#include "core/text/json_text.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::mockserver {

LogRedactor::LogRedactor(const core::Spec& spec, const std::vector<auth::App>& apps)
    : credentials_({"Authorization", "Proxy-Authorization", "Cookie"}), redactor_(apps) {
  for (const std::size_t header : {spec.authentication.token, spec.authentication.authorization})
    credentials_.push_back(spec.authentication.headers[header].name);
}

bool LogRedactor::is_credential(std::string_view name) const {
  return std::any_of(credentials_.begin(), credentials_.end(), [&](const std::string& one) { return core::equals_ignoring_case(one, name); });
}

void LogRedactor::append_headers(std::string& out, std::string_view head) const {
  std::vector<std::pair<std::string, std::string>> headers;
  head.remove_prefix(std::min(head.find('\n'), head.size()));
  while (head.size() > 1) {
    head.remove_prefix(1);
    const std::size_t end = std::min(head.find('\n'), head.size());
    const std::string_view line = head.substr(0, end);
    const std::size_t colon = line.find(':');
    head.remove_prefix(end);
    if (colon == std::string_view::npos) continue;  // the empty line, or the rest of one that was cut
    const std::string_view given = core::trimmed(line.substr(colon + 1));
    std::string name(core::trimmed(line.substr(0, colon))), value(given);
    if (is_credential(name)) value = given.empty() ? "" : "[" + std::to_string(given.size()) + " characters]";
    redactor_.redact(name);
    redactor_.redact(value);
    const auto known = std::find_if(headers.begin(), headers.end(), [&](const auto& one) { return core::equals_ignoring_case(one.first, name); });
    if (known != headers.end()) known->second += ", " + value;
    else headers.emplace_back(std::move(name), std::move(value));
  }
  out += '{';
  for (const auto& [name, value] : headers) {
    if (out.back() != '{') out += ',';
    core::append_quoted(out, core::sanitize(name));
    out += ':';
    core::append_quoted(out, core::sanitize(value));
  }
  out += '}';
}

}  // namespace meterproof::mockserver
