// SPDX-License-Identifier: Apache-2.0
// Reports a user's mistake in a file or on the command line: the location, what is wrong, and how to correct it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/i18n/message_value.hpp"

namespace meterproof::core {

struct SourceLocation {
  std::string file;
  int line = 0;    // from 1; 0: the whole file
  int column = 0;  // from 1, in characters
};

struct Diagnostic {
  SourceLocation place;
  i18n::Message message;     // what is wrong
  std::string source_line;   // the line of the file, for the caret; of a long one the part around the column
  i18n::Message remedy;      // advice, like "did you mean …?"; may be empty
  int source_column = 1;     // of the first character of `source_line`
  std::size_t and_more = 0;  // problems that were found after this one, and only counted
};

/// Sets `source_line` to the part of the line that a screen can show; place.column must be set.
void set_source(Diagnostic& problem, std::string_view line);

/// The text that every rejection prints: file:line:column, what is wrong, the line with a caret below the column, the remedy. What comes from
/// the file is cut where it is long, and shows its control characters as escapes.
std::string format(const Diagnostic& problem, i18n::Language language);
/// The first twenty, and how many more there are.
std::string format(const std::vector<Diagnostic>& problems, i18n::Language language);

/// The word of `known` with the smallest edit distance (Levenshtein) to `word`, without regard to case; "" if that
/// distance is above a third of the length of `word` plus one.
std::string nearest(std::string_view word, const std::vector<std::string>& known);
/// `did you mean "x"?` for the nearest known word, or `one of: a, b, c` if none is near. Empty where no word is known.
i18n::Message suggestion(std::string_view word, const std::vector<std::string>& known);

/// A value, or the problems because of which there is none. Asking for the other one throws std::bad_variant_access.
template <class T>
class Result {
 public:
  Result(T value) : held_(std::move(value)) {}
  Result(std::vector<Diagnostic> problems) : held_(std::move(problems)) {}
  Result(Diagnostic problem) : held_(std::vector<Diagnostic>{std::move(problem)}) {}

  explicit operator bool() const { return held_.index() == 0; }
  T& operator*() { return std::get<0>(held_); }
  const T& operator*() const { return std::get<0>(held_); }
  T* operator->() { return &std::get<0>(held_); }
  const T* operator->() const { return &std::get<0>(held_); }
  const std::vector<Diagnostic>& problems() const { return std::get<1>(held_); }

 private:
  std::variant<T, std::vector<Diagnostic>> held_;
};

}  // namespace meterproof::core
