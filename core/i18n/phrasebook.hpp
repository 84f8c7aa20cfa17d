// The words of our own that records hold, and their Chinese.
#pragma once

#include <span>
#include <string_view>

namespace meterproof::i18n {

struct Phrase {
  std::string_view english;  // {} stands for any text, [] for one without blanks; it is put into Chinese too where it is a phrase
  std::string_view chinese;  // {1} … are those texts, in the order of the English
};

/// In the order in which they are tried: what is more special stands before what is more general.
std::span<const Phrase> phrasebook();

}  // namespace meterproof::i18n
