// SPDX-License-Identifier: Apache-2.0
#include "core/auth/powershell_line.hpp"

#include <set>

#include "core/auth/base64.hpp"
#include "core/text/shell.hpp"
#include "core/text/text.hpp"

namespace meterproof::auth {
namespace {

constexpr std::string_view utf8 = "[Text.Encoding]::UTF8";

bool is_literal(std::string_view text) { return core::is_pasteable(text) && text.find('\n') == std::string_view::npos; }

/// The bytes of a body, as an expression.
std::string bytes_of(std::string_view body) {
  if (is_literal(body)) return "(" + std::string(utf8) + ".GetBytes(" + powershell_quoted(body) + "))";
  return "([Convert]::FromBase64String('" + base64(body) + "'))";
}

/// The text that is hashed or encoded, as an expression of bytes.
std::string signed_bytes(const std::vector<std::pair<core::TokenPart, std::string>>& parts, const std::string& app_id, const SecretText& secret) {
  std::string out = "''";  // first, so that + joins texts
  for (const auto& [part, text] : parts) {
    switch (part) {
      case core::TokenPart::app_id: out += "+" + powershell_quoted(app_id); break;
      case core::TokenPart::app_secret: out += "+" + (secret.is_variable ? "$" + secret.text : powershell_quoted(secret.text)); break;
      case core::TokenPart::timestamp: out += "+$T"; break;
      case core::TokenPart::literal: out += "+" + powershell_quoted(text); break;
    }
  }
  return std::string(utf8) + ".GetBytes(" + out + ")";
}

/// A request line by line: what every request needs, and what the headers and the body are.
class Request {
 public:
  /// `value`: an expression. False where the header cannot be sent.
  bool add(const std::string& name, const std::string& value) {
    if (!names_.insert(core::to_lower(name)).second) return false;
    if (core::equals_ignoring_case(name, "Content-Type")) content_type_ = " -ContentType " + value;
    else headers_ += (headers_.empty() ? "" : ";") + powershell_quoted(name) + "=" + value;
    return true;
  }
  bool has_content_type() const { return !content_type_.empty(); }

  // PowerShell 7 refuses headers whose form it does not know, such as ours, and takes every status but 200 for an error of the program.
  std::string line(std::string_view method, std::string_view url, std::string_view body) const {
    std::string out = "$O=@{}; if($PSVersionTable.PSVersion.Major -ge 7){$O=@{SkipHeaderValidation=$true;SkipHttpErrorCheck=$true}}; ";
    out += "(Invoke-WebRequest @O -UseBasicParsing -Method " + powershell_quoted(method) + " -Uri " + powershell_quoted(url) + " -Headers @{" + headers_ + "}";
    if (!body.empty()) out += content_type_ + " -Body " + bytes_of(body);
    return out + ").Content";
  }

 private:
  std::set<std::string> names_;
  std::string headers_, content_type_;
};

}  // namespace

std::string powershell_quoted(std::string_view text) {
  if (!is_literal(text)) return "(" + std::string(utf8) + ".GetString([Convert]::FromBase64String('" + base64(text) + "')))";
  std::string out = "'";
  for (std::size_t at = 0; at < text.size();) {
    // PowerShell takes U+2018 to U+201B for the single quote, too (about_Quoting_Rules).
    const std::string_view rest = text.substr(at);
    const bool is_curly = rest.size() >= 3 && rest.starts_with("\xE2\x80") && rest[2] >= '\x98' && rest[2] <= '\x9B';
    const std::string_view one = rest.substr(0, is_curly ? 3 : 1);
    out += one;
    if (is_curly || one == "'") out += one;
    at += one.size();
  }
  return out + "'";
}

std::string powershell_line(std::string_view method, std::string_view url, const std::vector<std::pair<std::string, std::string>>& headers,
                            std::string_view body) {
  Request request;
  for (const auto& [name, value] : headers)
    if (!request.add(name, powershell_quoted(value))) return {};
  const bool has_body = !body.empty();
  if (has_body && (!request.has_content_type() || method == "GET" || method == "HEAD")) return {};
  return request.line(method, url, body);
}

std::string signing_powershell_line(const core::Authentication& authentication, const std::string& app_id, const SecretText& secret, std::string_view url,
                                    std::string_view body, const SigningStyle& style) {
  std::string out = "$T=[DateTime]::UtcNow.AddMinutes(" + std::to_string(style.utc_offset.count()) +
                    ").ToString('yyyyMMddHHmmss',[Globalization.CultureInfo]::InvariantCulture); ";
  Request request;
  for (std::size_t i = 0; i < authentication.headers.size(); ++i) {
    const core::Header& header = authentication.headers[i];
    if (i == authentication.token) {
      out += "$K=-join([Security.Cryptography.MD5]::Create().ComputeHash(" + signed_bytes(header.md5, app_id, secret) + ")|%{$_.ToString('" +
             (style.upper_case ? "X2" : "x2") + "')}); ";
      request.add(header.name, "$K");
    } else if (i == authentication.authorization) {
      out += "$A=[Convert]::ToBase64String(" + signed_bytes(header.base64, app_id, secret) + "); ";
      request.add(header.name, "$A");
    } else {
      request.add(header.name, powershell_quoted(header.value));
    }
  }
  return out + request.line("POST", url, body);
}

}  // namespace meterproof::auth
