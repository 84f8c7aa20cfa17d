// SPDX-License-Identifier: Apache-2.0
// An exception for people: what went wrong, as a message.
#pragma once

#include <exception>
#include <stdexcept>
#include <utility>

#include "core/i18n/message_value.hpp"

namespace meterproof::i18n {

/// what() is the English text.
class MessageError : public std::runtime_error {
 public:
  explicit MessageError(Message message) : std::runtime_error(render(message, Language::en)), message_(std::move(message)) {}
  const Message& message() const { return message_; }

 private:
  Message message_;
};

/// What an exception says to people: a MessageError its message, an error of the system its reason. The words of a library are none for them: what only
/// has those is an error of this program, named by its type.
Message message_of(const std::exception& error);

}  // namespace meterproof::i18n
