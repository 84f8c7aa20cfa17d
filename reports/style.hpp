// How a report is put on a terminal.
#pragma once

#include <string>

namespace meterproof::reports {

enum class Language { en, zh };

struct TextStyle {
  bool colour = false;
  Language language = Language::en;
  bool brief = false;  // what fits a screen; the rest is in the other reports

  const char* say(const char* zh, const char* en) const { return language == Language::zh ? zh : en; }
};

}  // namespace meterproof::reports
