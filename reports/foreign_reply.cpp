// SPDX-License-Identifier: Apache-2.0
#include "reports/foreign_reply.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/i18n/message.hpp"
#include "core/json/json.hpp"
#include "core/json/json_diagnosis.hpp"
#include "core/text/encoding_guess.hpp"
#include "core/text/http_reason.hpp"
#include "core/text/reply_protocol.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::reports {

using i18n::Message;
using i18n::msg;
using json::Json;

namespace {

constexpr int unauthorized = 401, forbidden = 403, not_found = 404, method_not_allowed = 405, proxy_authentication = 407, gone = 410, content_too_large = 413,
              upgrade_required = 426, too_many_requests = 429, header_too_large = 431, not_implemented = 501, network_authentication = 511;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The beginning of a text, on one line and safe to show.
std::string beginning_of(std::string_view text, std::size_t most) {
  std::string out = core::sanitize(core::truncate_utf8(text, most));
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

/// In what a body is written, if not in UTF-8; empty where it is.
Message encoding_of(const net::Exchange& exchange) {
  if (const std::string_view wide = core::wide_encoding(exchange.body); !wide.empty()) return i18n::verbatim(std::string(wide));
  if (core::is_valid_utf8(exchange.body)) return {};
  const std::string header = core::normalized_media_type(exchange.header("Content-Type"));
  constexpr std::string_view parameter = "charset=";
  if (const std::size_t at = header.find(parameter); at != std::string::npos) {
    std::string name = header.substr(at + parameter.size());
    name.resize(std::min(name.find(';'), name.size()));
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    if (!name.empty() && name != "UTF-8" && name != "UTF8") return i18n::verbatim(beginning_of(name, 40));
  }
  switch (core::guess_byte_encoding(exchange.body)) {
    case core::ByteEncoding::gbk: return i18n::verbatim("GBK");
    case core::ByteEncoding::big5: return i18n::verbatim("Big5");
    case core::ByteEncoding::single_byte: return msg<"foreign.single-byte-encoding">();
    case core::ByteEncoding::unknown: break;
  }
  return msg<"foreign.unknown-encoding">();
}

/// In what a body is coded: as its header says, or as its first bytes do (RFC 1952, section 2.3.1).
std::string coding_of(const net::Exchange& exchange) {
  std::string coding = exchange.coding();
  return coding.empty() && exchange.body.starts_with("\x1F\x8B") ? "gzip" : coding;
}

/// What servers write to a client that speaks HTTP to their TLS: nginx, Apache, Go, Tomcat and Jetty; or an upgrade to it (RFC 2817, section 4.2).
bool wants_tls(const net::Exchange& exchange) {
  constexpr std::size_t enough = 4096;
  if (exchange.status == upgrade_required && core::to_lower(exchange.header("Upgrade")).starts_with("tls")) return true;
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
    std::string title = beginning_of(core::trimmed(page.substr(begin + 1, end - begin - 1)), most);
    if (!title.empty()) return title;
  }
  return {};
}

/// Where the member is: "data", "d.result", "list[0]"; nothing where it is not. Texts that are JSON are looked into: `in_text` says so.
struct MemberPath {
  std::string path;
  bool in_text = false;
};

std::optional<MemberPath> path_to(const Json& json, std::string_view name, std::size_t levels = 6);

/// Of one value inside, with what leads to it.
std::optional<MemberPath> path_in(const Json& value, const std::string& here, std::string_view name, std::size_t levels) {
  if (value.get(name) != nullptr) return MemberPath{here, false};
  auto inner = path_to(value, name, levels - 1);
  if (inner && inner->path.empty()) inner->path = here;  // the text itself is the object
  else if (inner) inner->path = here + (inner->path.starts_with('[') ? "" : ".") + inner->path;
  return inner;
}

std::optional<MemberPath> path_to(const Json& json, std::string_view name, std::size_t levels) {
  constexpr std::size_t most_items = 3;
  if (levels == 0) return std::nullopt;
  if (json.kind == Json::Kind::text && core::trimmed(json.text).find_first_of("{[") == 0) {
    const std::optional<Json> inner = json::parse_json(json.text);
    if (!inner) return std::nullopt;
    if (inner->get(name) != nullptr) return MemberPath{"", true};
    auto found = path_to(*inner, name, levels - 1);
    if (found) found->in_text = true;
    return found;
  }
  for (const auto& [key, value] : json.members)
    if (auto found = path_in(value, key, name, levels)) return found;
  for (std::size_t i = 0; i < std::min(json.items.size(), most_items); ++i)
    if (auto found = path_in(json.items[i], "[" + std::to_string(i) + "]", name, levels)) return found;
  return std::nullopt;
}

/// The object with that member, inside of something else; empty where there is none.
Message describe_wrapped(const net::Exchange& exchange, const Json& json, std::string_view code_name) {
  constexpr std::size_t most = 200;
  const auto found = path_to(json, code_name);
  if (!found) return {};
  if (found->path.empty()) return msg<"foreign.json-in-text">(exchange.status);
  const std::string path = beginning_of(found->path, most);
  return found->in_text ? msg<"foreign.wrapped-text">(exchange.status, code_name, path) : msg<"foreign.wrapped">(exchange.status, code_name, path);
}

Message describe_json(const net::Exchange& exchange, const Json& json, std::string_view code_name) {
  if (json.kind == Json::Kind::array) return msg<"foreign.array">(exchange.status, code_name);
  if (json.kind == Json::Kind::text && json::parse_json(json.text)) return msg<"foreign.json-in-text">(exchange.status);
  if (json.kind != Json::Kind::object) return msg<"foreign.scalar">(exchange.status, code_name);
  constexpr std::size_t most = 200;
  std::string names;
  for (const auto& [key, value] : json.members)
    if (names.size() < most) names += (names.empty() ? "" : ", ") + key;
  return msg<"foreign.other-json">(exchange.status, code_name, names.empty() ? "-" : beginning_of(names, most));
}

/// The body without its byte order mark and the white space around it.
std::string_view plain_body(const net::Exchange& exchange) {
  std::string_view text = exchange.body;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return core::trimmed(text);
}

/// What stands before an object with that member in a text that is no JSON; nothing where none is found, or nothing stands before it.
std::optional<std::string_view> before_json(std::string_view text, std::string_view code_name) {
  constexpr std::size_t most_braces = 8;
  const std::size_t last = text.rfind('}');
  std::size_t brace = text.find('{');
  for (std::size_t tries = 0; tries < most_braces && brace != std::string_view::npos && last != std::string_view::npos && brace < last; ++tries) {
    const auto object = json::parse_json(text.substr(brace, last - brace + 1));
    const std::string_view before = core::trimmed(text.substr(0, brace));
    if (object && object->get(code_name) != nullptr) return before.empty() || before == "\xEF\xBB\xBF" ? std::nullopt : std::optional(before);
    brace = text.find('{', brace + 1);
  }
  return std::nullopt;
}

/// As PHP prints them where display_errors is on, with and without html_errors.
bool is_php_notice(std::string_view text) {
  constexpr std::size_t enough = 4096;
  const std::string lower = core::to_lower(text.substr(0, enough));
  constexpr std::array<std::string_view, 4> kinds = {"warning", "notice", "deprecated", "fatal error"};
  return std::any_of(kinds.begin(), kinds.end(), [&](std::string_view kind) {
    const std::string name(kind);
    return contains(lower, "<b>" + name + "</b>:") || lower.starts_with(name + ": ") || lower.starts_with("php " + name + ": ");
  });
}

/// A text that is no JSON, and holds the object all the same; empty where it does not.
Message describe_surrounded(const net::Exchange& exchange, std::string_view code_name) {
  constexpr std::size_t most = 80;
  const std::string_view body = plain_body(exchange);
  if (body.starts_with('{') || body.starts_with('[')) return {};  // its first mistake says more
  const auto before = before_json(body, code_name);
  if (!before) return {};
  if (is_php_notice(*before)) return msg<"foreign.php-notice">(exchange.status);
  if (before->starts_with("<?xml") || before->starts_with("<string")) return msg<"foreign.json-in-xml">(exchange.status, code_name);
  if (before->ends_with('(')) return msg<"foreign.jsonp">(exchange.status, beginning_of(*before, most));
  return msg<"foreign.before-json">(exchange.status, beginning_of(*before, most));
}

Message describe_text(const net::Exchange& exchange) {
  const std::string_view text = plain_body(exchange);
  const std::string type = media_type_of(exchange), begin = core::to_lower(text.substr(0, 200));
  if (text.starts_with('<') && (type == "text/html" || contains(begin, "<html") || contains(begin, "<!doctype html"))) {
    const std::string title = title_of(text);
    if (title.empty()) return msg<"foreign.html">(exchange.status, "");
    return msg<"foreign.html">(exchange.status, msg<"foreign.html-title">(title));
  }
  if (text.starts_with('<')) return msg<"foreign.xml">(exchange.status);
  if (contains(type, "json") || text.starts_with('{') || text.starts_with('['))
    if (Message why = json::diagnose(exchange.body, type); !why.empty()) return msg<"foreign.bad-json">(exchange.status, type_of(exchange), std::move(why));
  return msg<"foreign.text">(exchange.status, type_of(exchange));
}

/// What the status alone says, whatever the body is; empty where the body must tell.
Message describe_status(const net::Exchange& exchange) {
  if (Message absent = describe_absence(exchange); !absent.empty()) return absent;
  switch (exchange.status) {
    case unauthorized: return msg<"foreign.unauthorised">(exchange.status, type_of(exchange));
    case forbidden: return msg<"foreign.forbidden">(exchange.status, type_of(exchange));
    case too_many_requests: return msg<"foreign.too-many-requests">(exchange.status, type_of(exchange));
    default: break;
  }
  if (const auto protocol = exchange.header("Upgrade"); exchange.status == upgrade_required && !protocol.empty())
    return msg<"foreign.upgrade">(exchange.status, beginning_of(protocol, 60));
  if (exchange.status >= 500) return msg<"foreign.server-error">(exchange.status, type_of(exchange));
  return {};
}

/// A proxy, a gateway or a login page before the target; empty where none shows.
Message describe_front(const net::Exchange& exchange) {
  constexpr std::size_t most = 200;
  const auto challenge = [&](const char* name) {
    const std::string_view value = exchange.header(name);
    return value.empty() ? std::string() : std::string(name) + ": " + beginning_of(value, most);
  };
  const std::string by_proxy = challenge("Proxy-Authenticate"), by_target = challenge("WWW-Authenticate");
  if (exchange.status == proxy_authentication || !by_proxy.empty())
    return msg<"foreign.proxy-login">(exchange.status, by_proxy.empty() ? "Proxy Authentication Required" : by_proxy);
  if (!by_target.empty()) return msg<"foreign.login">(exchange.status, by_target);
  if (exchange.status == network_authentication) return msg<"foreign.login">(exchange.status, "Network Authentication Required");
  const std::string location = beginning_of(exchange.location(), most);
  if (location.empty()) return {};
  return core::to_lower(location).starts_with("https:") ? msg<"foreign.redirect-https">(exchange.status, location)
                                                        : msg<"foreign.redirect">(exchange.status, location);
}

Message describe_reply(const net::Exchange& exchange, const std::optional<Json>& json, std::string_view code_name) {
  if (Message front = describe_front(exchange); !front.empty()) return front;
  if (wants_tls(exchange)) return msg<"foreign.https-port">();
  if (const auto protocol = core::name_of_reply_protocol(exchange.body); protocol && protocol->id == "mongodb")
    return msg<"foreign.driver-port">(protocol->name);
  if (json && json->kind != Json::Kind::array)
    if (Message wrapped = describe_wrapped(exchange, *json, code_name); !wrapped.empty()) return wrapped;
  if (Message status = describe_status(exchange); !status.empty()) return status;
  if (const std::string coding = coding_of(exchange); !coding.empty()) return msg<"foreign.compressed">(exchange.status, beginning_of(coding, 60));
  if (exchange.body.empty()) return msg<"foreign.empty">(exchange.status);
  if (Message encoding = encoding_of(exchange); !encoding.empty()) return msg<"foreign.encoding">(exchange.status, std::move(encoding));
  if (!json)
    if (Message surrounded = describe_surrounded(exchange, code_name); !surrounded.empty()) return surrounded;
  return json ? describe_json(exchange, *json, code_name) : describe_text(exchange);
}

}  // namespace

std::optional<ForeignReply> describe_foreign(const net::Exchange& exchange, std::string_view code_name) {
  if (exchange.transport == net::TransportResult::no_http) {
    if (exchange.body.starts_with("HTTP/")) {
      std::string zh = core::http_reason_in_chinese(exchange.detail);
      if (zh.empty()) return ForeignReply{msg<"foreign.broken-http">(exchange.detail), true, false};
      return ForeignReply{msg<"foreign.broken-http">(core::LocalizedText{std::move(zh), exchange.detail}), true, false};
    }
    const auto protocol = core::name_of_reply_protocol(exchange.body);
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

Message describe_absence(const net::Exchange& exchange) {
  switch (exchange.status) {
    case not_found:
    case method_not_allowed:
    case gone:
    case not_implemented: return msg<"foreign.no-interface">(exchange.status, type_of(exchange));
    case content_too_large:
    case header_too_large: return msg<"foreign.too-large">(exchange.status, type_of(exchange));
    default: return {};
  }
}

std::string reply_line(const net::Exchange& exchange) {
  constexpr std::size_t most = 300;
  const std::string body = beginning_of(exchange.body, most);
  if (exchange.transport != net::TransportResult::replied) return body.empty() ? std::string(to_string(exchange.transport)) : body;
  const std::string type = beginning_of(exchange.header("Content-Type"), 80);
  return "HTTP " + std::to_string(exchange.status) + (type.empty() ? "" : ", " + type) + (body.empty() ? "" : ": " + body);
}

}  // namespace meterproof::reports
