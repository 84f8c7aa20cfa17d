// SPDX-License-Identifier: Apache-2.0
#include "cli/hook_commands.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <iterator>
#include <utility>

namespace meterproof::cli {

namespace {

template <std::size_t size>
bool is_one_of(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// POSIX.1-2017, Shell Command Language, section 2.4; and what common shells reserve beside them.
bool is_reserved(std::string_view name) {
  constexpr std::array<std::string_view, 21> names = {"!",   "{",        "}",  "[[", "case",   "do",   "done", "elif",  "else",  "esac",  "fi",
                                                      "for", "function", "if", "in", "select", "then", "time", "until", "while", "coproc"};
  return is_one_of(names, name);
}

/// Builtins after which other programs may be found, or nothing more may run.
bool changes_the_rest(std::string_view name) {
  constexpr std::array<std::string_view, 14> names = {".",    "alias",    "eval",   "exec", "exit",   "export", "hash",
                                                      "read", "readonly", "return", "set",  "source", "trap",   "unset"};
  return is_one_of(names, name);
}

/// The name in NAME=VALUE; "" for other words.
std::string_view assigned_by(const ShellWord& word) {
  const std::string_view name = std::string_view(word.text).substr(0, word.text.find('='));
  const auto belongs = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  const bool is_name = !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 && std::all_of(name.begin(), name.end(), belongs);
  return is_name && name.size() < word.text.size() ? name : std::string_view();
}

class Reader {
 public:
  explicit Reader(std::string_view script) : rest_(script) {}

  std::vector<SimpleCommand> read() {
    while (!ends_ && read_list()) {
    }
    return std::move(found_);
  }

 private:
  enum class Operator { none, both, either, pipe, end };  // &&, ||, |, and ; & or a new line
  enum class Quote { none, one, two };

  /// What stands between two ends: pipelines that && and || join. False at the end of the script, or where it cannot be understood.
  bool read_list() {
    std::vector<SimpleCommand> certain;
    bool is_certain = true, has_alternative = false;
    for (;;) {
      SimpleCommand command;
      Operator next = Operator::none;
      if (!read_command(command, next)) return false;
      const bool is_cd = !command.empty() && command.front().text == "cd";
      if (is_certain && !command.empty()) certain.push_back(std::move(command));
      has_alternative = has_alternative || next == Operator::either;
      if (next == Operator::both && !is_cd) is_certain = false;
      if (next == Operator::end || next == Operator::none) {
        if (!has_alternative) std::move(certain.begin(), certain.end(), std::back_inserter(found_));
        return next == Operator::end;
      }
    }
  }

  /// Up to the operator behind it. False where that cannot be understood.
  bool read_command(SimpleCommand& command, Operator& next) {
    for (;;) {
      skip_blanks();
      next = take_operator();
      if (next != Operator::none || rest_.empty()) return true;
      if (rest_.front() == '(' || rest_.front() == ')') return false;
      ShellWord word;
      if (!read_word(word)) return false;
      const bool redirects = rest_.starts_with('<') || rest_.starts_with('>');
      const bool is_descriptor = redirects && std::all_of(word.text.begin(), word.text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
      if (!is_descriptor && !take_word(std::move(word), command)) return false;
      if (redirects && !skip_redirection()) return false;
    }
  }

  /// False for the beginning of something else than a simple command.
  bool take_word(ShellWord word, SimpleCommand& command) {
    if (command.empty()) {
      const std::string_view assigned = assigned_by(word);
      if (assigned == "PATH" || (assigned.empty() && (!word.literal || is_reserved(word.text)))) return false;
      if (!assigned.empty()) return true;
      ends_ = ends_ || changes_the_rest(word.text);
    }
    command.push_back(std::move(word));
    return true;
  }

  void skip_blanks() {
    for (;;) {
      if (rest_.starts_with("\\\n")) rest_.remove_prefix(2);
      else if (rest_.starts_with(' ') || rest_.starts_with('\t')) rest_.remove_prefix(1);
      else break;
    }
    if (rest_.starts_with('#')) rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
  }

  Operator take_operator() {
    constexpr std::array<std::pair<std::string_view, Operator>, 6> operators = {
        {{"&&", Operator::both}, {"||", Operator::either}, {"|", Operator::pipe}, {"&", Operator::end}, {";", Operator::end}, {"\n", Operator::end}}};
    for (const auto& [text, meaning] : operators)
      if (rest_.starts_with(text)) {
        rest_.remove_prefix(text.size());
        return meaning;
      }
    return Operator::none;
  }

  /// Up to a blank or an operator; may be empty before a redirection. False where it holds a substitution.
  bool read_word(ShellWord& word) {
    Quote quote = Quote::none;
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
      const char c = rest_.front();
      if (quote == Quote::none && std::string_view(" \t\n;&|<>()").find(c) != std::string_view::npos) break;
      if (c == '\'' && quote != Quote::two) {
        quote = quote == Quote::one ? Quote::none : Quote::one;
        continue;
      }
      if (c == '"' && quote != Quote::one) {
        quote = quote == Quote::two ? Quote::none : Quote::two;
        continue;
      }
      if (quote != Quote::one) {
        if (c == '`' || rest_.starts_with("$(") || rest_.starts_with("${")) return false;
        const bool is_pattern = quote == Quote::none && (std::string_view("*?[").find(c) != std::string_view::npos || (c == '~' && word.text.empty()));
        if ((is_pattern && !is_test(word)) || c == '$' || c == '\\') word.literal = false;
        if (c == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      }
      word.text += rest_.front();
    }
    return true;
  }
  /// The program [ is no pattern.
  bool is_test(const ShellWord& word) const { return word.text.empty() && rest_.starts_with("[ "); }

  /// False for a here-document.
  bool skip_redirection() {
    if (rest_.starts_with("<<")) return false;
    rest_.remove_prefix(std::min(rest_.find_first_not_of("<>&|"), rest_.size()));
    skip_blanks();
    ShellWord target;
    return read_word(target);
  }

  std::string_view rest_;
  std::vector<SimpleCommand> found_;
  bool ends_ = false;  // behind the list at hand
};

}  // namespace

std::vector<SimpleCommand> certain_commands(std::string_view script) { return Reader(script).read(); }

}  // namespace meterproof::cli
