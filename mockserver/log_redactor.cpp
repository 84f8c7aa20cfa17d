// SPDX-License-Identifier: Apache-2.0
#include "mockserver/log_redactor.hpp"

#include <algorithm>
#include <utility>

#include "core/text/json_text.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::mockserver {

namespace {

std::string length_of(std::string_view credential) { return credential.empty() ? "" : "[" + std::to_string(credential.size()) + " characters]"; }

/// A line that goes on with the one before (RFC 9112, section 5.2).
bool is_folded(std::string_view line) { return line.starts_with(' ') || line.starts_with('\t'); }

}  // namespace

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
  bool credential = false;
  head.remove_prefix(std::min(head.find('\n'), head.size()));
  while (head.size() > 1) {
    head.remove_prefix(1);
    const std::size_t end = std::min(head.find('\n'), head.size());
    const std::string_view line = head.substr(0, end);
    const std::size_t colon = line.find(':');
    head.remove_prefix(end);
    if (credential && is_folded(line)) continue;
    if (colon == std::string_view::npos) continue;  // the empty line, or the rest of one that was cut
    const std::string_view given = core::trimmed(line.substr(colon + 1));
    std::string name(core::trimmed(line.substr(0, colon))), value(given);
    credential = is_credential(name);
    if (credential) value = length_of(given);
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

std::string LogRedactor::shown(std::string_view text, std::size_t most) const {
  std::string out(text);
  redactor_.redact_beginning(out, core::truncate_utf8(text, most).size());
  return out;
}

std::string LogRedactor::shown_beginning(std::string_view bytes, std::size_t most) const {
  std::string out;
  bool credential = false;
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
    const std::string_view line = bytes.substr(0, end);
    const std::size_t name_end = std::min(line.find_first_of(": \t="), line.size());
    if (!is_folded(line)) credential = is_credential(line.substr(0, name_end));
    if (credential && !line.empty()) {
      out += line.substr(0, name_end);
      out += ": " + length_of(core::trimmed(line.substr(std::min(name_end + 1, line.size()))));
    } else {
      out += line;
    }
    // An empty line between a line's CR and its LF ends nothing: what is folded comes behind both.
    const std::size_t next = std::min(bytes.find_first_not_of("\r\n", end), bytes.size());
    out += bytes.substr(end, next - end);
    bytes.remove_prefix(next);
  }
  redactor_.redact_beginning(out, most);
  return out;
}

}  // namespace meterproof::mockserver
