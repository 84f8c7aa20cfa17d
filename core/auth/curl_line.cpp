// SPDX-License-Identifier: Apache-2.0
#include "core/auth/curl_line.hpp"

#include <cctype>

#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::auth {
namespace {

/// True if the bytes can be shown as text and pasted into a terminal.
bool is_printable(std::string_view body) {
  for (const char c : body)
    if ((static_cast<unsigned char>(c) < 0x20U && c != '\n' && c != '\t') || c == '\x7F') return false;
  return core::is_valid_utf8(body);
}

/// The bytes as an argument of printf(1), in octal escapes where needed.
std::string octal(std::string_view body) {
  std::string out;
  for (const char c : body) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20U && byte < 0x7FU && c != '\\' && c != '%' && c != '\'') {
      out += c;
      continue;
    }
    out += '\\';
    for (const unsigned shift : {6U, 3U, 0U}) out += static_cast<char>('0' + (byte >> shift & 7U));
  }
  return out;
}

/// How a command passes the body: what stands before `curl`, and the options that end it.
struct BodyArguments {
  std::string before, after;
};

/// `option`: the option of curl for a body that is written as it is. Other bodies go through printf. So does one that begins with @, which curl
/// would take for the name of a file.
BodyArguments body_arguments(std::string_view body, std::string_view option) {
  if (is_printable(body) && !body.starts_with('@')) return {{}, " " + std::string(option) + " " + shell_quoted(body)};
  return {"printf '" + octal(body) + "' | ", " --data-binary @-"};
}

/// The text as a part of a word in double quotes. What a shell would expand there stands in single quotes of its own.
std::string in_double_quotes(std::string_view text) {
  if (text.find_first_of("\"\\$`!") == std::string_view::npos) return std::string(text);
  return '"' + shell_quoted(text) + '"';
}

/// The text that is hashed or encoded, with the shell variable $T for the timestamp. A variable gets braces where a letter follows: `${T}secret`.
std::string shell_text(const std::vector<std::pair<core::TokenPart, std::string>>& parts, const App& app, std::string_view secret) {
  std::string out;
  std::size_t variable = std::string::npos;  // where the variable begins that `out` ends in
  const auto append = [&](std::string_view text, bool is_variable) {
    const std::string quoted = is_variable ? std::string(text) : in_double_quotes(text);
    const bool in_name = !quoted.empty() && (std::isalnum(static_cast<unsigned char>(quoted.front())) != 0 || quoted.front() == '_');
    if (variable != std::string::npos && in_name) out.insert(variable + 1, "{").append("}");
    variable = is_variable ? out.size() : std::string::npos;
    out += quoted;
  };
  for (const auto& [part, literal] : parts) {
    switch (part) {
      case core::TokenPart::app_id: append(app.id, false); break;
      case core::TokenPart::app_secret: append(secret, secret.starts_with('$')); break;
      case core::TokenPart::timestamp: append("$T", true); break;
      case core::TokenPart::literal: append(literal, false); break;
    }
  }
  return out;
}

}  // namespace

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += "'\\''";
    else out += c;
  }
  return out + "'";
}

std::string curl_line(std::string_view method, std::string_view url, const std::vector<std::pair<std::string, std::string>>& headers, std::string_view body) {
  const BodyArguments arguments = body_arguments(body, "--data-binary");
  std::string out = arguments.before + "curl -sS";
  if (method == "HEAD") out += " -I";
  else if (method != "POST") out += " -X " + std::string(method);
  out += " " + shell_quoted(url);
  bool has_content_type = false;
  for (const auto& [name, value] : headers) {
    // curl drops a header that ends in a colon; with a semicolon it sends the header without a value.
    out += " -H " + shell_quoted(value.empty() ? name + ";" : name + ": " + value);
    has_content_type = has_content_type || core::equals_ignoring_case(name, "Content-Type");
  }
  // curl adds a Content-Type of its own to a POST. This takes it away.
  if (!has_content_type) out += " -H 'Content-Type:'";
  if (method != "POST" && body.empty()) return out;
  return out + arguments.after;
}

std::string secret_variable(std::size_t app) { return app == 0 ? "$APP_SECRET" : "$APP_SECRET_" + std::to_string(app + 1); }

std::string signing_curl_line(const core::Authentication& authentication, const App& app, std::string_view secret, std::string_view url, std::string_view body,
                              const SigningStyle& style) {
  // In TZ the sign is reversed: UTC-8 is eight hours east of Greenwich (POSIX, "Other Environment Variables").
  std::string zone = core::format_utc_offset(style.utc_offset);
  zone[0] = zone[0] == '+' ? '-' : '+';
  const BodyArguments arguments = body_arguments(body, "-d");
  const char* const digits = style.upper_case ? " | md5sum | cut -c1-32 | tr a-f A-F)" : " | md5sum | cut -c1-32)";
  std::string out = "T=$(TZ=UTC" + zone + " date +%Y%m%d%H%M%S); " + arguments.before + "curl -sS " + shell_quoted(url);
  for (std::size_t i = 0; i < authentication.headers.size(); ++i) {
    const core::Header& header = authentication.headers[i];
    out += " -H \"" + header.name + ": ";
    if (i == authentication.token) out += "$(printf %s \"" + shell_text(header.md5, app, secret) + "\"" + digits;
    else if (i == authentication.authorization) out += "$(printf %s \"" + shell_text(header.base64, app, secret) + "\" | base64 -w0)";
    else out += in_double_quotes(header.value);
    out += '"';
  }
  return out + arguments.after;
}

}  // namespace meterproof::auth
