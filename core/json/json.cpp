// SPDX-License-Identifier: Apache-2.0
#include "core/json/json.hpp"

#include <algorithm>
#include <charconv>

#include "core/json/json_walk.hpp"
#include "core/text/text.hpp"

namespace meterproof::json {

const Json* Json::get(std::string_view name) const {
  const auto last = [&](auto&& is_it) -> const Json* {
    const auto found = std::find_if(members.rbegin(), members.rend(), is_it);
    return found == members.rend() ? nullptr : &found->value;
  };
  if (const Json* exact = last([&](const Member& one) { return one.name == name; })) return exact;
  return last([&](const Member& one) { return core::equals_ignoring_case(one.name, name); });
}

bool Json::has(std::string_view name) const {
  return std::any_of(members.begin(), members.end(), [&](const Member& one) { return one.name == name; });
}

std::string_view to_string(Json::Kind kind) {
  switch (kind) {
    case Json::Kind::null: return "null";
    case Json::Kind::boolean: return "boolean";
    case Json::Kind::number: return "number";
    case Json::Kind::text: return "text";
    case Json::Kind::array: return "array";
    case Json::Kind::object: return "object";
  }
  return {};
}

int code_unit(const char* at, const char* end) {
  unsigned value = 0;
  if (end - at < 4) return -1;
  const auto [rest, error] = std::from_chars(at, at + 4, value, 16);
  return error == std::errc{} && rest == at + 4 ? static_cast<int>(value) : -1;
}

namespace {

void append_utf8(std::string& out, unsigned character) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((character >> shift) & 0x3FU)); };
  if (character < 0x80U) {
    out += static_cast<char>(character);
  } else if (character < 0x800U) {
    out += static_cast<char>(0xC0U | (character >> 6U));
    tail(0);
  } else if (character < 0x10000U) {
    out += static_cast<char>(0xE0U | (character >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (character >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

std::string unescaped(std::string_view raw) {
  constexpr std::string_view letters = "bfnrt", meanings = "\b\f\n\r\t";
  std::string out;
  out.reserve(raw.size());
  for (std::size_t at = 0; at < raw.size();) {
    if (raw[at] != '\\') {
      out += raw[at++];
      continue;
    }
    const char kind = raw[at + 1];
    at += 2;
    if (kind == 'u') {
      const auto unit = [&] { return static_cast<unsigned>(code_unit(raw.data() + at, raw.data() + raw.size())); };
      unsigned character = unit();
      at += 4;
      if (character >= 0xD800U && character <= 0xDBFFU) {
        at += 2;
        character = 0x10000U + ((character - 0xD800U) << 10U) + (unit() - 0xDC00U);
        at += 4;
      }
      append_utf8(out, character);
    } else {
      const std::size_t letter = letters.find(kind);
      out += letter == std::string_view::npos ? kind : meanings[letter];
    }
  }
  return out;
}

namespace {

class Builder {
 public:
  explicit Builder(Json& root) : root_(root) {}

  void scalar(Json::Kind kind, std::string_view spelling) {
    Json& target = slot();
    target.kind = kind;
    target.text = spelling;
  }
  void text(std::string_view raw, bool escaped) {
    Json& target = slot();
    target.kind = Json::Kind::text;
    target.text = escaped ? unescaped(raw) : std::string(raw);
  }
  void name(std::string_view raw, bool escaped) { open_.back()->members.push_back({escaped ? unescaped(raw) : std::string(raw), Json()}); }
  void open(Json::Kind kind) {
    Json& target = slot();
    target.kind = kind;
    open_.push_back(&target);
  }
  void close() { open_.pop_back(); }

 private:
  /// Where the next value goes: the root, the member whose name was just read, or a new item.
  Json& slot() {
    if (open_.empty()) return root_;
    if (open_.back()->kind == Json::Kind::object) return open_.back()->members.back().value;
    return open_.back()->items.emplace_back();
  }

  Json& root_;
  std::vector<Json*> open_;
};

}  // namespace

std::optional<Json> parse_json(std::string_view text, ParseError* error) {
  Json root;
  Builder builder(root);
  const std::optional<Stop> stop = JsonWalk(text, builder).run();
  if (!stop) return root;
  if (error != nullptr) *error = classify(text, *stop);
  return std::nullopt;
}

}  // namespace meterproof::json
