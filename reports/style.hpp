// SPDX-License-Identifier: Apache-2.0
// How a report is shown: for whom, and on what.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "core/auth/curl_line.hpp"
#include "core/i18n/message_value.hpp"

namespace meterproof::reports {

using Language = i18n::Language;

/// What comes of a run that is held against an earlier one (check --baseline).
struct BaselineVerdict {
  i18n::Message told;
  int exit_code = 0;
  std::set<std::string> known;  // cases that fail as they did then
};

struct TextStyle {
  bool colour = false;
  Language language = Language::en;
  bool brief = false;     // what fits a screen; the rest is in the other reports
  std::size_t width = 0;  // columns of that screen; 0 where it is none
  auth::CommandDialect commands = auth::CommandDialect::sh;
  std::size_t rows = 0;  // of that screen; 0 where it does not say
  bool told = false;     // it has shown every finding as it came
  std::optional<BaselineVerdict> baseline = {};

  bool is_known(const std::string& id) const { return baseline && baseline->known.contains(id); }

  /// The message in this language, as text that is safe to show.
  std::string text(const i18n::Message& message) const;
  /// Of a wording in both languages, this one's.
  const std::string& text(const core::LocalizedText& wording) const { return language == Language::zh ? wording.zh : wording.en; }
};

/// A figure by a format of printf for one double; `-` where it is not known.
std::string number(double value, const char* format = "%.3f");
/// The text, followed by blanks up to that many columns of a terminal.
std::string padded(std::string text, std::size_t columns);

}  // namespace meterproof::reports
