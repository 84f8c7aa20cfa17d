// SPDX-License-Identifier: Apache-2.0
// Messages by id: msg<"area.name">(arguments...) is checked against the catalogues when it is built.
#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/i18n/catalog.hpp"
#include "core/i18n/message_value.hpp"

namespace meterproof::i18n {

/// An id that is known when the program is built.
template <std::size_t size>
struct MessageId {
  char text[size];                                                                  // NOLINT(*-avoid-c-arrays): a template argument
  consteval MessageId(const char (&from)[size]) { std::copy_n(from, size, text); }  // NOLINT(*-avoid-c-arrays,google-explicit-constructor)
  constexpr std::string_view view() const { return {text, size - 1}; }
};

inline Argument argument(std::string_view name, std::string text) { return {std::string(name), std::move(text), {}}; }
inline Argument argument(std::string_view name, std::string_view text) { return {std::string(name), std::string(text), {}}; }
inline Argument argument(std::string_view name, const char* text) { return {std::string(name), text, {}}; }
inline Argument argument(std::string_view name, Message message) { return {std::string(name), {}, {std::move(message)}}; }
inline Argument argument(std::string_view name, std::vector<Message> messages) { return {std::string(name), {}, {list(std::move(messages))}}; }
inline Argument argument(std::string_view name, const core::LocalizedText& text) { return {std::string(name), {}, {localized(text)}}; }
inline Argument argument(std::string_view name, std::integral auto number) { return {std::string(name), std::to_string(number), {}}; }

/// The message of that id; the arguments stand in the order of the English text's placeholders. An unknown id, or an argument too many or
/// too few, is an error of the build.
template <MessageId id, class... Arguments>
Message msg(Arguments&&... arguments) {
  constexpr auto place = find_message(id.view());
  static_assert(place.has_value(), "no such message in core/i18n/catalog_en.inc");
  constexpr Placeholders names(english[place.value_or(0)].text);
  static_assert(names.size() == sizeof...(Arguments), "a message needs an argument for each of its placeholders");
  Message out;
  out.id = id.view();
  out.arguments.reserve(sizeof...(Arguments));
  [[maybe_unused]] std::size_t next = 0;
  (out.arguments.push_back(argument(names[next++], std::forward<Arguments>(arguments))), ...);
  return out;
}

}  // namespace meterproof::i18n
