// SPDX-License-Identifier: Apache-2.0
#include "reports/foreign_reply.hpp"

#include <algorithm>

#include "core/i18n/message.hpp"
#include "core/json/json.hpp"
#include "core/text/protocol_name.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::reports {

using i18n::Message;
using i18n::msg;
using json::Json;

namespace {

constexpr int unauthorized = 401, forbidden = 403, not_found = 404, method_not_allowed = 405, proxy_authentication = 407, gone = 410, upgrade_required = 426,
              not_implemented = 501, network_authentication = 511;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The beginning of a text, on one line and safe to show.
std::string beginning_of(std::string_view text, std::size_t most) {
  std::string out = core::sanitize(text.substr(0, most));
  std::replace(out.begin(), out.end(), '\n', ' ');
  std::replace(out.begin(), out.end(), '\t', ' ');
  return std::string(core::trimmed(out)) + (text.size() > most ? "…" : "");
}

std::string media_type_of(const net::Exchange& exchange) {
  const std::string_view header = exchange.header("Content-Type");
  return core::to_lower(core::trimmed(header.substr(0, header.find(';'))));
}

Message type_of(const net::Exchange& exchange) {
  const std::string type = media_type_of(exchange);
  return type.empty() ? msg<"foreign.no-type">() : i18n::verbatim(beginning_of(type, 60));
}

/// Pairs of bytes as GBK has them, where the text is no ASCII (GB 18030, double bytes).
bool looks_like_gbk(std::string_view text) {
  bool any = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80U) continue;
    if (lead == 0x80U || lead == 0xFFU || i + 1 == text.size()) return false;
    const auto trail = static_cast<unsigned char>(text[++i]);
    if (trail < 0x40U || trail == 0x7FU || trail == 0xFFU) return false;
    any = true;
  }
  return any;
}

bool looks_like_utf16(std::string_view text) {
  using namespace std::string_view_literals;
  if (text.starts_with("\xFE\xFF") || text.starts_with("\xFF\xFE")) return true;
  return text.size() >= 4 && text.size() % 2 == 0 && (text.substr(0, 2) == "{\0"sv || text.substr(0, 2) == "\0{"sv || text.substr(0, 2) == "<\0"sv);
}

/// In what a body is written, if not in UTF-8; empty where it is.
Message encoding_of(const net::Exchange& exchange) {
  if (looks_like_utf16(exchange.body)) return i18n::verbatim("UTF-16");
  if (core::is_valid_utf8(exchange.body)) return {};
  const std::string header = core::normalized_media_type(exchange.header("Content-Type"));
  for (const char* const charset : {"gb18030", "gb2312", "gbk", "big5", "iso-8859-1"}) {
    if (!contains(header, std::string("charset=") + charset)) continue;
    std::string name = charset;
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return i18n::verbatim(name);
  }
  return looks_like_gbk(exchange.body) ? i18n::verbatim("GBK") : msg<"foreign.unknown-encoding">();
}

/// In what a body is coded: as its header says, or as its first bytes do (RFC 1952, section 2.3.1).
std::string coding_of(const net::Exchange& exchange) {
  std::string coding = exchange.coding();
  return coding.empty() && exchange.body.starts_with("\x1F\x8B") ? "gzip" : coding;
}

/// What servers write to a client that speaks HTTP to their TLS: nginx, Apache, Go, Tomcat and Jetty.
bool wants_tls(const net::Exchange& exchange) {
  constexpr std::size_t enough = 4096;
  const std::string text = core::to_lower(exchange.body.substr(0, enough));
  return exchange.status >= 400 && exchange.status < 500 &&
         (contains(text, "https port") || contains(text, "https server") || contains(text, "requires tls") || contains(text, "ssl-enabled server"));
}

/// The text of an HTML page's title, or of its first heading.
std::string title_of(std::string_view page) {
  constexpr std::size_t enough = 65'536, most = 80;
  const std::string lower = core::to_lower(page.substr(0, enough));
  for (const std::string name : {"title", "h1"}) {
    const std::size_t tag = lower.find("<" + name);
    const std::size_t begin = tag == std::string::npos ? tag : lower.find('>', tag);
    const std::size_t end = begin == std::string::npos ? begin : lower.find("</" + name, begin);
    if (end == std::string::npos) continue;
    const std::string title = beginning_of(core::trimmed(page.substr(begin + 1, end - begin - 1)), most);
    if (!title.empty()) return title;
  }
  return {};
}

/// Where the member is, at most two levels down: "data", "d.result"; "" where it is not.
std::string path_to(const Json& object, std::string_view name, int levels = 2) {
  for (const auto& [key, value] : object.members) {
    if (value.get(name) != nullptr) return key;
    if (const std::string inner = levels > 1 ? path_to(value, name, levels - 1) : ""; !inner.empty()) return key + "." + inner;
  }
  return {};
}

Message describe_json(const net::Exchange& exchange, const Json& json, std::string_view code_name) {
  if (json.kind == Json::Kind::array) return msg<"foreign.array">(exchange.status, code_name);
  if (json.kind == Json::Kind::text && json::parse_json(json.text)) return msg<"foreign.json-in-text">(exchange.status);
  if (json.kind != Json::Kind::object) return msg<"foreign.scalar">(exchange.status, code_name);
  constexpr std::size_t most = 200;
  if (const std::string path = path_to(json, code_name); !path.empty()) return msg<"foreign.wrapped">(exchange.status, code_name, beginning_of(path, most));
  std::string names;
  for (const auto& [key, value] : json.members)
    if (names.size() < most) names += (names.empty() ? "" : ", ") + key;
  return msg<"foreign.other-json">(exchange.status, code_name, names.empty() ? "-" : beginning_of(names, most));
}

Message describe_text(const net::Exchange& exchange) {
  std::string_view text = exchange.body;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text = core::trimmed(text);
  const std::string type = media_type_of(exchange), begin = core::to_lower(text.substr(0, 200));
  if (text.starts_with('<') && (type == "text/html" || contains(begin, "<html") || contains(begin, "<!doctype html"))) {
    const std::string title = title_of(text);
    if (title.empty()) return msg<"foreign.html">(exchange.status, "");
    return msg<"foreign.html">(exchange.status, msg<"foreign.html-title">(title));
  }
  if (text.starts_with('<')) return msg<"foreign.xml">(exchange.status);
  return msg<"foreign.text">(exchange.status, type_of(exchange));
}

/// What the status alone says, whatever the body is; empty where the body must tell.
Message describe_status(const net::Exchange& exchange) {
  switch (exchange.status) {
    case not_found:
    case method_not_allowed:
    case gone:
    case not_implemented: return msg<"foreign.no-interface">(exchange.status, type_of(exchange));
    case unauthorized: return msg<"foreign.unauthorised">(exchange.status, type_of(exchange));
    case forbidden: return msg<"foreign.forbidden">(exchange.status, type_of(exchange));
    default: break;
  }
  if (exchange.status >= 500) return msg<"foreign.server-error">(exchange.status, type_of(exchange));
  return {};
}

/// A proxy, a gateway or a login page before the target; empty where none shows.
Message describe_front(const net::Exchange& exchange) {
  constexpr std::size_t most = 200;
  for (const char* const name : {"Proxy-Authenticate", "WWW-Authenticate"})
    if (const std::string_view challenge = exchange.header(name); !challenge.empty())
      return msg<"foreign.login">(exchange.status, std::string(name) + ": " + beginning_of(challenge, most));
  if (exchange.status == proxy_authentication || exchange.status == network_authentication)
    return msg<"foreign.login">(exchange.status, exchange.status == proxy_authentication ? "Proxy Authentication Required" : "Network Authentication Required");
  const std::string location = beginning_of(exchange.location(), most);
  if (location.empty()) return {};
  return core::to_lower(location).starts_with("https:") ? msg<"foreign.redirect-https">(exchange.status, location)
                                                        : msg<"foreign.redirect">(exchange.status, location);
}

Message describe_reply(const net::Exchange& exchange, const std::optional<Json>& json, std::string_view code_name) {
  if (Message front = describe_front(exchange); !front.empty()) return front;
  if (exchange.status == upgrade_required || wants_tls(exchange)) return msg<"foreign.https-port">();
  if (json && json->kind == Json::Kind::object && !path_to(*json, code_name).empty()) return describe_json(exchange, *json, code_name);
  if (Message status = describe_status(exchange); !status.empty()) return status;
  if (const std::string coding = coding_of(exchange); !coding.empty()) return msg<"foreign.compressed">(exchange.status, beginning_of(coding, 60));
  if (exchange.body.empty()) return msg<"foreign.empty">(exchange.status);
  if (Message encoding = encoding_of(exchange); !encoding.empty()) return msg<"foreign.encoding">(exchange.status, std::move(encoding));
  return json ? describe_json(exchange, *json, code_name) : describe_text(exchange);
}

}  // namespace

std::optional<ForeignReply> describe_foreign(const net::Exchange& exchange, std::string_view code_name) {
  if (exchange.transport == net::TransportResult::no_http) {
    if (exchange.body.starts_with("HTTP/")) return ForeignReply{msg<"foreign.broken-http">(exchange.detail), true, false};
    const auto protocol = core::name_of_protocol(exchange.body);
    return ForeignReply{!protocol               ? msg<"foreign.unknown-bytes">()
                        : protocol->id == "tls" ? msg<"foreign.https-port">()
                                                : msg<"foreign.protocol">(protocol->name),
                        false, false};
  }
  if (exchange.transport != net::TransportResult::replied) return std::nullopt;
  const std::optional<Json> json = json::parse_json(exchange.body);
  if (json && json->get(code_name) != nullptr && exchange.location().empty()) return std::nullopt;
  const bool challenged = !exchange.header("WWW-Authenticate").empty();
  return ForeignReply{describe_reply(exchange, json, code_name), true, exchange.status == unauthorized && !challenged};
}

std::string reply_line(const net::Exchange& exchange) {
  constexpr std::size_t most = 300;
  const std::string body = beginning_of(exchange.body, most);
  if (exchange.transport != net::TransportResult::replied) return body.empty() ? std::string(to_string(exchange.transport)) : body;
  const std::string type = beginning_of(exchange.header("Content-Type"), 80);
  return "HTTP " + std::to_string(exchange.status) + (type.empty() ? "" : ", " + type) + (body.empty() ? "" : ": " + body);
}

}  // namespace meterproof::reports
