// SPDX-License-Identifier: Apache-2.0
#include "core/i18n/message.hpp"

#include <cstdlib>
#include <span>
#include <utility>

namespace meterproof::i18n {
namespace {

// Ids of messages that are no sentence of ours: their arguments are the text.
constexpr std::string_view verbatim_id = "verbatim", localized_id = "localized", list_id = "list";

constexpr std::size_t parts = 8;  // of the catalogues; clang limits the steps of one constant

/// Both catalogues have the same ids in the same order, and every text the same placeholders.
template <std::size_t part>
constexpr bool is_in_step = [] {
  const std::span<const CatalogEntry> en = english, zh = chinese;
  if (en.size() != zh.size()) return false;
  for (std::size_t i = en.size() * part / parts; i < en.size() * (part + 1) / parts; ++i) {
    if (en[i].id != zh[i].id || (i > 0 && en[i].id <= en[i - 1].id)) return false;
    const Placeholders ours(en[i].text), theirs(zh[i].text);
    if (ours.size() != theirs.size()) return false;
    for (std::size_t k = 0; k < ours.size(); ++k)
      if (!theirs.has(ours[k])) return false;
  }
  return true;
}();
static_assert(
    []<std::size_t... part>(std::index_sequence<part...>) { return (is_in_step<part> && ...); }(std::make_index_sequence<parts>()),
    "catalog_en.inc and catalog_zh.inc differ in ids, order or placeholders: run ci/catalogs");

const Argument* find(const Message& message, std::string_view name) {
  for (const Argument& one : message.arguments)
    if (one.name == name) return &one;
  return nullptr;
}

std::string joined(const std::vector<Message>& messages, Language language) {
  std::string out;
  for (const Message& one : messages) {
    if (!out.empty()) out += language == Language::zh ? "；" : "; ";
    out += render(one, language);
  }
  return out;
}

std::string value_of(const Argument& argument, Language language) { return argument.messages.empty() ? argument.text : joined(argument.messages, language); }

}  // namespace

Message verbatim(std::string text) { return {std::string(verbatim_id), {argument("text", std::move(text))}, {}}; }

Message localized(const core::LocalizedText& text) { return {std::string(localized_id), {argument("zh", text.zh), argument("en", text.en)}, {}}; }

Message list(std::vector<Message> messages) {
  if (messages.size() == 1) return std::move(messages.front());
  return {std::string(list_id), {{"items", {}, std::move(messages)}}, {}};
}

Message untranslated(std::string text) { return {{}, {}, std::move(text)}; }

bool mentions(const Message& message, std::string_view id) {
  if (message.id == id) return true;
  return std::any_of(message.arguments.begin(), message.arguments.end(), [&](const Argument& argument) {
    return std::any_of(argument.messages.begin(), argument.messages.end(), [&](const Message& inner) { return mentions(inner, id); });
  });
}

bool is_known(std::string_view id) { return id == verbatim_id || id == localized_id || id == list_id || find_message(id).has_value(); }

std::string render(const Message& message, Language language) {
  if (message.id == verbatim_id || message.id == list_id) return message.arguments.empty() ? std::string() : value_of(message.arguments.front(), language);
  if (message.id == localized_id) {
    const Argument* own = find(message, language == Language::zh ? "zh" : "en");
    return own == nullptr ? message.fallback : own->text;
  }
  const auto place = find_message(message.id);
  if (!place) return message.fallback;
  const std::string_view text = language == Language::zh ? chinese[*place].text : english[*place].text;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = text.find('{', at);
    out += text.substr(at, open == std::string_view::npos ? open : open - at);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    // A record of another release may lack the argument.
    if (const Argument* value = find(message, text.substr(open + 1, close - open - 1))) out += value_of(*value, language);
    at = close + 1;
  }
  return out;
}

Language language_of_locale() {
  for (const char* const name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return std::string_view(value).starts_with("zh") ? Language::zh : Language::en;
  }
  return Language::en;
}

}  // namespace meterproof::i18n
