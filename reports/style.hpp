// How a report is put on a terminal.
#pragma once

#include <cstddef>
#include <string>

#include "core/i18n/phrases.hpp"

namespace meterproof::reports {

enum class Language { en, zh };

struct TextStyle {
  bool colour = false;
  Language language = Language::en;
  bool brief = false;     // what fits a screen; the rest is in the other reports
  std::size_t width = 0;  // columns of that screen; 0 where it is none

  const char* tr(const char* zh, const char* en) const { return language == Language::zh ? zh : en; }
  /// What a record says, in this language.
  std::string translate(const std::string& phrase) const { return language == Language::zh ? i18n::in_chinese(phrase).value_or(phrase) : phrase; }
};

}  // namespace meterproof::reports
