// SPDX-License-Identifier: Apache-2.0
// A message to people, as data: an id of the catalogues with its arguments. Texts are made of it where it is shown, in the reader's language.
// Records keep id and arguments, so that a better wording changes no record. message.hpp makes messages whose id is checked when built; this header is
// for those who only keep or show them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

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

/// Whether this release has a text of that id.
bool is_known(std::string_view id);

/// The message's text. Ids that this release does not know are shown by their fallback.
std::string render(const Message& message, Language language);

/// Whether the message has that id, or one of its arguments does.
bool mentions(const Message& message, std::string_view id);

/// Calls `change` with every text that did not come from the catalogues: arguments and fallbacks.
template <class Change>
void for_each_text(Message& message, const Change& change) {
  if (!message.fallback.empty()) change(message.fallback);
  for (Argument& argument : message.arguments) {
    if (!argument.text.empty()) change(argument.text);
    for (Message& inner : argument.messages) for_each_text(inner, change);
  }
}

}  // namespace meterproof::i18n
