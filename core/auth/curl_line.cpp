// SPDX-License-Identifier: Apache-2.0
#include "core/auth/curl_line.hpp"

#include "core/text/shell.hpp"
#include "core/text/text.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::auth {
namespace {

using core::shell_quoted;

/// How a command passes the body: what stands before `curl`, and the options that end it.
struct BodyArguments {
  std::string before, after;
};

/// `option`: the option of curl for a body that is written as it is. Other bodies go through printf. So does one that begins with @, which curl
/// would take for the name of a file.
BodyArguments body_arguments(std::string_view body, std::string_view option) {
  if (core::is_pasteable(body) && !body.starts_with('@')) return {{}, " " + std::string(option) + " " + shell_quoted(body)};
  return {core::printf_command(body) + " | ", " --data-binary @-"};
}

/// curl with the address; brackets and braces in it are no patterns.
std::string curl_of(std::string_view url) {
  return std::string("curl -sS ") + (url.find_first_of("[]{}") == std::string_view::npos ? "" : "-g ") + shell_quoted(url);
}

/// The text that is hashed or encoded, in one word: literal texts in single quotes, the variables in double quotes.
std::string signed_text(const std::vector<std::pair<core::TokenPart, std::string>>& parts, const std::string& app_id, const SecretText& secret) {
  std::string out, literal, variables;
  const auto end_literal = [&] {
    if (!literal.empty()) out += shell_quoted(literal);
    literal.clear();
  };
  const auto end_variables = [&] {
    if (!variables.empty()) out += '"' + variables + '"';
    variables.clear();
  };
  const auto append = [&](const std::string& text, bool is_variable) {
    if (is_variable) {
      end_literal();
      variables += "$" + text;
    } else {
      end_variables();
      literal += text;
    }
  };
  for (const auto& [part, text] : parts) {
    switch (part) {
      case core::TokenPart::app_id: append(app_id, false); break;
      case core::TokenPart::app_secret: append(secret.text, secret.is_variable); break;
      case core::TokenPart::timestamp: append("T", true); break;
      case core::TokenPart::literal: append(text, false); break;
    }
  }
  end_literal();
  end_variables();
  return out.empty() ? "''" : out;
}

}  // namespace

std::string curl_line(std::string_view method, std::string_view url, const std::vector<std::pair<std::string, std::string>>& headers, std::string_view body) {
  const BodyArguments arguments = body_arguments(body, "--data-binary");
  std::string out = arguments.before + curl_of(url);
  if (method == "HEAD") out += " -I";
  else if (method != "POST") out += " -X " + core::shell_word(method);
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

SecretText secret_variable(std::size_t app) { return {true, app == 0 ? "APP_SECRET" : "APP_SECRET_" + std::to_string(app + 1)}; }

// The two headers are made before, in variables: in double quotes around a substitution, an interactive shell would look for `!` in the texts.
std::string signing_curl_line(const core::Authentication& authentication, const std::string& app_id, const SecretText& secret, std::string_view url,
                              std::string_view body, const SigningStyle& style) {
  // In TZ the sign is reversed: UTC-8 is eight hours east of Greenwich (POSIX, "Other Environment Variables").
  std::string zone = core::format_utc_offset(style.utc_offset);
  zone[0] = zone[0] == '+' ? '-' : '+';
  const std::string digits = style.upper_case ? " | openssl md5 -r | cut -c1-32 | tr a-f A-F)" : " | openssl md5 -r | cut -c1-32)";
  std::string made = "T=$(TZ=UTC" + zone + " date +%Y%m%d%H%M%S); ", headers;
  for (std::size_t i = 0; i < authentication.headers.size(); ++i) {
    const core::Header& header = authentication.headers[i];
    if (i == authentication.token) {
      made += "K=$(printf %s " + signed_text(header.md5, app_id, secret) + digits + "; ";
      headers += " -H " + shell_quoted(header.name + ": ") + "\"$K\"";
    } else if (i == authentication.authorization) {
      made += "A=$(printf %s " + signed_text(header.base64, app_id, secret) + " | openssl base64 -A); ";
      headers += " -H " + shell_quoted(header.name + ": ") + "\"$A\"";
    } else {
      headers += " -H " + shell_quoted(header.name + ": " + header.value);
    }
  }
  const BodyArguments arguments = body_arguments(body, "-d");
  return made + arguments.before + curl_of(url) + headers + arguments.after;
}

}  // namespace meterproof::auth
