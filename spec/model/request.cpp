#include "spec/model/request.hpp"

#include <algorithm>

#include "spec/model/plain_text.hpp"

namespace meterproof::spec {

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return in_small_letters(x) == in_small_letters(y); });
}

std::string in_small_letters(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = in_small_letters(c);
  return out;
}

bool is_utf8(std::string_view bytes) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned lead = byte(i);
    // Most Chinese: three bytes of which the second may be any.
    if (lead > 0xE0U && lead < 0xEDU && i + 2 < bytes.size() && (byte(i + 1) & 0xC0U) == 0x80U && (byte(i + 2) & 0xC0U) == 0x80U) {
      i += 3;
      continue;
    }
    const std::size_t more = lead < 0x80U ? 0 : lead >= 0xC2U && lead < 0xE0U ? 1 : lead >= 0xE0U && lead < 0xF0U ? 2 : lead >= 0xF0U && lead < 0xF5U ? 3 : 4;
    if (more == 4 || i + more >= bytes.size() + (more == 0 ? 1 : 0)) return false;
    for (std::size_t k = 1; k <= more; ++k)
      if ((byte(i + k) & 0xC0U) != 0x80U) return false;
    if (more > 0) {
      const unsigned next = byte(i + 1);
      const bool overlong = (lead == 0xE0U && next < 0xA0U) || (lead == 0xF0U && next < 0x90U);
      const bool beyond = (lead == 0xEDU && next > 0x9FU) || (lead == 0xF4U && next > 0x8FU);
      if (overlong || beyond) return false;
    }
    i += more + 1;
  }
  return true;
}

bool is_json_number(std::string_view text) {
  const char* const end = text.data() + text.size();
  return !text.empty() && pass_number(text.data(), end) == end;
}

std::optional<Decimal> Value::parsed() const {
  if (kind != Kind::number && kind != Kind::text) return std::nullopt;
  return Decimal::parse(kind == Kind::text ? trimmed(text) : text);
}

std::optional<std::int64_t> Value::integer() const {
  const auto own = decimal();
  return own ? own->as_integer() : std::nullopt;
}

bool Value::is(std::string_view word) const {
  if (kind != Kind::number && kind != Kind::text) return false;
  if (trimmed(text) == word) return true;
  if (kind != Kind::number) return false;
  const auto mine = decimal();
  const auto other = Decimal::parse(word);
  return mine && other && *mine == *other;
}

std::string serial(std::string_view pattern, std::uint64_t number) {
  std::string out(pattern);
  const std::size_t begin = out.find('#');
  if (begin == std::string::npos) return out;
  const std::size_t end = std::min(out.find_first_not_of('#', begin), out.size());
  for (std::size_t at = end; at-- > begin; number /= 10) out[at] = static_cast<char>('0' + number % 10);
  return out;
}

namespace {

bool holds(const Guard& guard, const Request& request) {
  const Value& value = request[guard.field];
  return guard.value.empty() ? !value.empty() : value.is(guard.value);
}

}  // namespace

namespace {

/// Whether the rule's value is empty in just the form that it does not see.
bool overlooks(const Rule& rule, const Request& request) {
  return std::any_of(rule.uses.begin(), rule.uses.end(), [&](const FieldUse& use) {
    const Value& value = request[use.field];
    switch (rule.blind) {
      case Blind::none: return false;
      case Blind::to_missing: return value.kind == Value::Kind::absent;
      case Blind::to_null: return value.kind == Value::Kind::null;
      case Blind::to_empty_text: return value.kind == Value::Kind::text && value.text.empty();
      case Blind::to_blanks: return value.kind == Value::Kind::text && !value.text.empty() && value.empty();
    }
    return false;
  });
}

}  // namespace

bool is_admitted(const Rule& rule, const Request& request) {
  if (rule.blind != Blind::none && overlooks(rule, request)) return false;
  if (rule.unless && holds(*rule.unless, request)) return false;
  return !rule.only_if || holds(*rule.only_if, request);
}

std::string Draft::body() const {
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

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  const char* const end = text.data() + text.size();
  bool foreign = false;
  for (const char* at = text.data();; ++at) {
    const char* const plain = at;
    at = pass_plain(at, end, foreign);
    out.append(plain, static_cast<std::size_t>(at - plain));
    if (at == end) break;
    const char c = *at;
    out += '\\';
    switch (c) {
      case '"': out += '"'; break;
      case '\\': out += '\\'; break;
      case '\n': out += 'n'; break;
      case '\r': out += 'r'; break;
      case '\t': out += 't'; break;
      default:
        out += "u00";
        out += hex[static_cast<unsigned char>(c) >> 4U];
        out += hex[static_cast<unsigned char>(c) & 0xFU];
    }
  }
  out += '"';
}

std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

std::string raw_value(const Field& field, std::string_view text) { return field.type == Type::text ? quoted(text) : std::string(text); }

}  // namespace meterproof::spec
