// SPDX-License-Identifier: Apache-2.0
#include "core/json/json.hpp"

#include <strings.h>

#include <nlohmann/json.hpp>

namespace meterproof::json {

const Json* Json::get(std::string_view name) const {
  for (const auto& [key, value] : members)
    if (key == name) return &value;
  for (const auto& [key, value] : members)
    if (key.size() == name.size() && strncasecmp(key.data(), name.data(), name.size()) == 0) return &value;
  return nullptr;
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

namespace {

/// An nlohmann::json_sax: the library's own tree would lose the spelling of numbers.
class Builder {
 public:
  using json = nlohmann::json;

  explicit Builder(Json& root) : root_(root) {}

  bool null() { return set(Json::Kind::null, {}); }
  bool boolean(bool value) { return set(Json::Kind::boolean, value ? "true" : "false"); }
  bool number_integer(json::number_integer_t value) { return set(Json::Kind::number, std::to_string(value)); }
  bool number_unsigned(json::number_unsigned_t value) { return set(Json::Kind::number, std::to_string(value)); }
  // The spelling is kept only for numbers that are not integers; integers of up to 64 bits print as they were written.
  bool number_float(json::number_float_t, const std::string& spelling) { return set(Json::Kind::number, spelling); }
  bool string(std::string& value) { return set(Json::Kind::text, value); }
  // Only binary formats call this.
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Json::Kind::object); }
  bool start_array(std::size_t) { return open(Json::Kind::array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    open_.back()->members.push_back({name, Json()});
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) {
    error_ = error.what();
    return false;
  }
  const std::string& error() const { return error_; }

 private:
  static constexpr std::size_t max_depth = 64;

  /// Where the next value goes: the root, the member whose name was just read, or a new item.
  Json* slot() {
    if (open_.empty()) return &root_;
    if (open_.back()->kind == Json::Kind::object) return &open_.back()->members.back().value;
    return &open_.back()->items.emplace_back();
  }
  bool set(Json::Kind kind, std::string text) {
    Json* target = slot();
    target->kind = kind;
    target->text = std::move(text);
    return true;
  }
  bool open(Json::Kind kind) {
    if (open_.size() >= max_depth) {
      error_ = "nested too deeply";
      return false;
    }
    Json* target = slot();
    target->kind = kind;
    open_.push_back(target);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Json& root_;
  std::vector<Json*> open_;
  std::string error_;
};

}  // namespace

std::optional<Json> parse_json(std::string_view text, std::string* error) {
  // nlohmann takes a zero byte for the end, whatever follows; no JSON has one.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    if (error != nullptr) *error = "a zero byte at " + std::to_string(zero);
    return std::nullopt;
  }
  Json root;
  Builder builder(root);
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return root;
  if (error != nullptr) *error = builder.error();
  return std::nullopt;
}

}  // namespace meterproof::json
