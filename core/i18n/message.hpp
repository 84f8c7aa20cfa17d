// A message to people, as data: an id of the catalogues with its arguments. Texts are made of it where it is shown, in the reader's language.
// Records keep id and arguments, so that a better wording changes no record.
#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/i18n/catalog.hpp"
#include "core/i18n/language.hpp"
#include "core/text/text.hpp"

namespace meterproof::i18n {

struct Message;

/// An argument's value: a text that is the same in every language (a name, a number, what a target said), or messages.
struct Argument {
  std::string name;
  std::string text;
  std::vector<Message> messages;  // where it is not empty, they are the value

  friend bool operator==(const Argument&, const Argument&) = default;
};

struct Message {
  std::string id;  // "" where there is nothing to say
  std::vector<Argument> arguments;
  std::string fallback;  // the English text of a record whose id this release does not know, or that has none

  bool empty() const { return id.empty() && fallback.empty(); }
  /// Same id and arguments; the wording does not count.
  friend bool operator==(const Message& a, const Message& b) {
    return a.id == b.id && a.arguments == b.arguments && (!a.id.empty() || a.fallback == b.fallback);
  }
};

/// A text that is the same in every language, as a message of its own.
Message verbatim(std::string text);
/// A text that somebody else has written in both languages: a wording of the specification.
Message localized(const core::LocalizedText& text);
/// Several messages, one after the other.
Message list(std::vector<Message> messages);
/// A text of a record that has no ids (schema check/1).
Message untranslated(std::string text);

/// The message's text. Ids that this release does not know are shown by their fallback.
std::string render(const Message& message, Language language);

/// An id that is known when the program is built.
template <std::size_t size>
struct MessageId {
  char text[size];                                                               // NOLINT(*-avoid-c-arrays): a template argument
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
  std::size_t next = 0;
  (out.arguments.push_back(argument(names[next++], std::forward<Arguments>(arguments))), ...);
  return out;
}

}  // namespace meterproof::i18n
