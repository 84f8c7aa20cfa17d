// SPDX-License-Identifier: Apache-2.0
#include "core/model/request.hpp"

#include "core/text/json_text.hpp"
#include "core/text/text.hpp"

namespace meterproof::core {

std::optional<Decimal> Value::parsed() const {
  if (kind != Kind::number && kind != Kind::text) return std::nullopt;
  return Decimal::parse_rounded(kind == Kind::text ? trimmed(text) : text);
}

bool Value::is_rounded() const {
  const auto own = decimal();
  return own && own->scale() > 0 && !Decimal::parse(trimmed(text));
}

std::optional<std::int64_t> Value::integer() const {
  const auto own = decimal();
  return own && !is_rounded() ? own->as_integer() : std::nullopt;
}

bool Value::is(std::string_view word) const {
  if (kind != Kind::number && kind != Kind::text) return false;
  if (trimmed(text) == word) return true;
  if (kind != Kind::number) return false;
  const auto mine = decimal();
  const auto other = Decimal::parse(word);
  return mine && other && *mine == *other && !is_rounded();
}

namespace {

bool holds(const Guard& guard, const Request& request) {
  const Value& value = request[guard.field];
  return guard.value.empty() ? !value.empty() : value.is(guard.value);
}

}  // namespace

bool is_admitted(const Rule& rule, const Request& request) {
  if (rule.unless && holds(*rule.unless, request)) return false;
  return !rule.only_if || holds(*rule.only_if, request);
}

std::string RequestBuilder::body() const {
  std::string out = "{";
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (!raw[i]) continue;
    if (out.size() > 1) out += ',';
    append_quoted(out, interface->request[i].name);
    out += ':';
    out += *raw[i];
  }
  out += '}';
  return out;
}

std::string raw_value(const Field& field, std::string_view text) { return field.type == Type::text ? quoted(text) : std::string(text); }

}  // namespace meterproof::core
