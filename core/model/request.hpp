// SPDX-License-Identifier: Apache-2.0
// A request's values, read (Value, Request) and to be written (RequestBuilder).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/decimal/decimal.hpp"
#include "core/model/interface.hpp"
#include "core/text/text.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::core {

/// A JSON value as it came. `text` is the unescaped text, or a number's own spelling; it lives as long as the reader's buffer.
struct Value {
  enum class Kind : std::uint8_t { absent, null, boolean, number, text, container };
  Kind kind = Kind::absent;
  std::string_view text;
  std::optional<Decimal> number{};  // of a number that was read already

  /// Missing, null, or a text of nothing but white space.
  bool empty() const {
    if (kind != Kind::text) return kind == Kind::absent || kind == Kind::null;
    return text.empty() || (static_cast<unsigned char>(text.front()) <= ' ' && trimmed(text).empty());
  }
  std::optional<Decimal> decimal() const { return number ? number : parsed(); }
  /// Whether the number has more digits behind the point than a Decimal, so that `decimal` is a rounded one.
  bool is_rounded() const;
  std::optional<std::int64_t> integer() const;
  /// Whether it is `word`: 1, 1.0 and "1" all are "1".
  bool is(std::string_view word) const;
  /// The number that its text is, rounded where it has too many digits behind the point.
  std::optional<Decimal> parsed() const;
};

/// One member of a JSON object. A value that is an array or object has the kind `container` and no text.
struct JsonMember {
  std::string_view name;
  Value value;
};

/// The values of a request, parallel to Interface::request.
struct Request {
  const Interface* interface = nullptr;
  std::vector<Value> values;

  const Value& operator[](std::size_t field) const { return values[field]; }
};

bool is_admitted(const Rule& rule, const Request& request);
/// Whether the rule's `if` and `unless` admit it.
inline bool applies(const Rule& rule, const Request& request) {
  const bool asks = rule.unless || rule.only_if;
  return !asks || is_admitted(rule, request);
}

/// A request to be sent: raw JSON per field, nothing where the field is left out.
struct RequestBuilder {
  const Interface* interface = nullptr;
  std::vector<std::optional<std::string>> raw;

  std::string body() const;
};

/// The raw JSON by which a field carries `text`: quoted for a text, as it is for a number.
std::string raw_value(const Field& field, std::string_view text);
}  // namespace meterproof::core
