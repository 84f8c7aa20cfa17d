// A user's mistake in a file or on the command line: where it stands, what is wrong, and what to do about it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace meterproof::core {

struct SourceLocation {
  std::string file;
  int line = 0;  // from 1; 0 where the whole file is meant
  int column = 0;
};

struct Diagnostic {
  SourceLocation place;
  std::string fault;
  std::string source_line;  // the line of the file, for the caret
  std::string remedy;
};

/// place, fault, line, caret, remedy: what every refusal prints.
std::string format(const Diagnostic& problem);
std::string format(const std::vector<Diagnostic>& problems);

/// The word of `known` nearest to `word`, or "" where none is near: the text behind "did you mean".
std::string nearest(std::string_view word, const std::vector<std::string>& known);
/// `did you mean "x"?`, or `one of: a, b, c` where nothing is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

/// A value, or the problems that kept it from being made.
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
