// SPDX-License-Identifier: Apache-2.0
#include "core/json/response_scanner.hpp"

#include <algorithm>
#include <charconv>

#include "core/json/json.hpp"
#include "core/json/json_walk.hpp"
#include "core/text/json_text.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::json {

/// A recursive-descent scanner that validates everything it skips. Its functions return false, or nothing, on invalid JSON.
class ResponseScanner::Scanner {
 public:
  /// `unescaped` keeps the texts that had escapes; a deque, so that views of them stay valid. `names`: room for the names of members.
  Scanner(std::string_view text, std::deque<std::string>& unescaped, std::vector<std::string_view>& names)
      : at_(text.data()), end_(text.data() + text.size()), unescaped_(unescaped), names_(names) {
    names_.clear();
  }

  /// No name is given twice in an object, nor again in other letters, as far as could be seen, and there are no more values than read_reply takes.
  bool regular() const { return regular_; }
  void call_irregular() { regular_ = false; }

  bool take(char wanted) {
    if (at_ == end_ || (*at_ != wanted && peek() != wanted) || at_ == end_) return false;
    ++at_;
    return true;
  }
  bool at_end() {
    peek();
    return at_ == end_;
  }
  /// Skips white space and returns the next character; 0 at the end.
  char peek() {
    while (at_ < end_ && *at_ <= ' ' && is_blank(*at_)) ++at_;
    return at_ < end_ ? *at_ : '\0';
  }
  /// Reads an object. Calls `visit(name)` for each member; it must consume the value and return whether that was valid.
  template <class Visit>
  bool members(Visit visit) {
    if (!take('{')) return false;
    if (take('}')) return true;
    const std::size_t first_name = names_.size();
    do {
      bool escaped = false;
      const auto name = string(escaped);
      if (!name || !take(':')) return false;
      note_name(first_name, *name, escaped);
      if (!visit(text_of(*name, escaped))) return false;
    } while (take(','));
    names_.resize(first_name);
    return take('}');
  }
  std::string_view text_of(std::string_view raw, bool escaped) {
    if (!escaped) return raw;
    const auto parsed = parse_json("\"" + std::string(raw) + "\"");
    return unescaped_.emplace_back(parsed ? parsed->text : std::string(raw));
  }
  /// A string as it is written, without its quotes. Sets `escaped` if it contains a backslash.
  std::optional<std::string_view> string(bool& escaped) {
    if (!take('"')) return std::nullopt;
    const char* const begin = at_;
    bool has_non_ascii = false;
    for (;;) {
      at_ = core::skip_unescaped(at_, end_, has_non_ascii);
      if (at_ == end_) return std::nullopt;
      if (*at_ == '"') break;
      if (*at_ != '\\' || !skip_escape()) return std::nullopt;
      escaped = true;
    }
    const std::string_view out(begin, static_cast<std::size_t>(at_++ - begin));
    if (has_non_ascii && !core::is_valid_utf8(out)) return std::nullopt;
    return out;
  }
  /// Any value: a string without its quotes, everything else as it is written. Contents of containers are validated and skipped.
  std::optional<std::string_view> value(bool& escaped, std::size_t depth = 1) {
    if (++values_ >= max_values) regular_ = false;
    const char first = peek();
    const char* const begin = at_;
    if (first == '"') return string(escaped);
    bool valid = false;
    if (first == '{' || first == '[') {
      valid = depth < max_depth && skip_container(depth);
    } else {
      valid = skip_scalar();
    }
    if (!valid) return std::nullopt;
    return std::string_view(begin, static_cast<std::size_t>(at_ - begin));
  }
  bool skip_value(std::size_t depth = 1) {
    bool escaped = false;
    return value(escaped, depth).has_value();
  }

 private:
  /// Names of an object are few: they are compared one by one. More than that, or written with escapes: read_reply looks.
  void note_name(std::size_t first_name, std::string_view name, bool escaped) {
    constexpr std::size_t few = 64;
    if (!regular_) return;
    const auto is_again = [&](std::string_view one) { return core::equals_ignoring_case(one, name); };
    const auto begin = names_.begin() + static_cast<std::ptrdiff_t>(first_name);
    if (escaped || names_.size() - first_name == few || std::any_of(begin, names_.end(), is_again)) regular_ = false;
    else names_.push_back(name);
  }
  bool skip_escape() {
    constexpr std::string_view simple = "\"\\/bfnrt";
    if (++at_ == end_) return false;
    const char kind = *at_++;
    if (kind != 'u') return simple.find(kind) != std::string_view::npos;
    const int unit = code_unit(at_, end_);
    if (unit < 0) return false;
    at_ += 4;
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    // A character above U+FFFF is two escapes, high surrogate first (RFC 8259, section 7). A single surrogate is no character.
    if (unit > 0xDBFF || end_ - at_ < 6 || at_[0] != '\\' || at_[1] != 'u') return false;
    const int low = code_unit(at_ + 2, end_);
    at_ += 6;
    return low >= 0xDC00 && low <= 0xDFFF;
  }
  bool skip_scalar() {
    if (const char* const end = core::skip_number(at_, end_); end != nullptr) {
      at_ = end;
      return true;
    }
    const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
    for (const std::string_view word : {std::string_view("null"), std::string_view("true"), std::string_view("false")})
      if (rest.starts_with(word)) {
        at_ += word.size();
        return true;
      }
    return false;
  }
  bool skip_container(std::size_t depth) {
    const bool object = *at_ == '{';
    const char close = object ? '}' : ']';
    ++at_;
    if (take(close)) return true;
    const std::size_t first_name = names_.size();
    do {
      if (object) {
        bool escaped = false;
        const auto name = string(escaped);
        if (!name || !take(':')) return false;
        note_name(first_name, *name, escaped);
      }
      if (!skip_value(depth + 1)) return false;
    } while (take(','));
    names_.resize(first_name);
    return take(close);
  }

  const char* at_;
  const char* end_;
  std::deque<std::string>& unescaped_;
  std::vector<std::string_view>& names_;
  std::size_t values_ = 3;  // the object itself; and its rows, whose list and first object are no call of value()
  bool regular_ = true;
};

const ScannedResponse& ResponseScanner::scan(std::string_view body) {
  reply_.code.reset();
  reply_.values.assign(wanted_.size(), std::nullopt);
  if (template_.match(body, values_)) {
    for (const ResponseTemplate::Value& value : values_) store(value);
    reply_.is_json = true;
    reply_.regular = reply_.code.has_value();  // all else is as in the regular body that was learned
    return reply_;
  }
  // No template, or the body has another shape: scan it, and learn its shape if that is due.
  if (!unescaped_.empty()) unescaped_.clear();
  values_.clear();
  learnable_ = true;
  has_message_ = false;
  Scanner scan(body, unescaped_, names_);
  reply_.is_json = scan_members(scan) && scan.at_end();
  reply_.regular = reply_.is_json && scan.regular() && reply_.code && has_message_;
  if (!reply_.regular || !learnable_ || misses_++ < relearn_after_) return reply_;
  template_.learn(body, values_);
  // If bodies alternate between shapes, learning each of them would cost more than it saves.
  constexpr unsigned max_misses = 1000;
  misses_ = 0;
  relearn_after_ = std::min(2 * relearn_after_ + 1, max_misses);
  return reply_;
}

void ResponseScanner::remember_value(const ResponseTemplate::Value& value, char first, bool escaped) {
  constexpr std::size_t most = 64;
  const bool literal = first == 't' || first == 'f' || first == 'n';  // true, false and null become part of the constant text
  if (escaped || first == '{' || first == '[' || values_.size() == most) learnable_ = false;
  else if (!literal) values_.push_back(value);
}

void ResponseScanner::store(const ResponseTemplate::Value& value) {
  if (value.role >= 0) reply_.values[static_cast<std::size_t>(value.role)] = value.text;
  if (value.role != Role::code_role) return;
  int code = 0;
  reply_.code.reset();
  const auto [end, error] = std::from_chars(value.text.data(), value.text.data() + value.text.size(), code);
  // A code in quotes, with a fraction, with a sign of zero or beyond what read_reply takes does not count.
  constexpr int largest = 1'000'000;
  const bool whole = !value.quoted && error == std::errc{} && end == value.text.data() + value.text.size() && value.text != "-0";
  if (whole && code >= -largest && code <= largest) reply_.code = code;
}

bool ResponseScanner::scan_members(Scanner& scan) {
  return scan.members([&](std::string_view name) { return scan_member(scan, name); });
}

bool ResponseScanner::scan_member(Scanner& scan, std::string_view name) {
  if (name == envelope_.rows) return scan_first_row(scan);
  const bool is_code = name == envelope_.code, is_message = name == envelope_.message;
  if (!is_code && !is_message)
    for (const std::string* known : {&envelope_.code, &envelope_.message, &envelope_.rows})
      if (core::equals_ignoring_case(name, *known)) scan.call_irregular();
  const char first = scan.peek();
  bool escaped = false;
  const auto value = scan.value(escaped);
  if (!value) return false;
  if (is_message) has_message_ = first == '"';
  const ResponseTemplate::Value found{*value, first == '"', is_code ? Role::code_role : Role::unwanted};
  remember_value(found, first, escaped);
  store(found);
  return true;
}

bool ResponseScanner::scan_first_row(Scanner& scan) {
  const char first_of_list = scan.peek();
  if (first_of_list != '[' && first_of_list != 'n') scan.call_irregular();  // neither a list nor null
  if (wanted_.empty() || first_of_list != '[') {
    learnable_ = false;
    return scan.skip_value();
  }
  scan.take('[');
  if (scan.take(']')) return true;
  if (scan.peek() == '{') {
    std::size_t expected = 0;  // members mostly come in the same order: begin the search behind the last match
    const bool valid = scan.members([&](std::string_view name) {
      const char first = scan.peek();
      bool escaped = false;
      const auto value = scan.value(escaped, 3);
      if (!value) return false;
      ResponseTemplate::Value found{*value, first == '"', Role::unwanted};
      // A name that is wanted is looked for from `expected` on, around the end.
      for (std::size_t tried = 0; tried < wanted_.size(); ++tried, ++expected) {
        if (expected >= wanted_.size()) expected = 0;
        if (name != wanted_[expected]) {
          if (core::equals_ignoring_case(name, wanted_[expected])) scan.call_irregular();
          continue;
        }
        found.role = static_cast<int>(expected);
        reply_.values[expected++] = scan.text_of(*value, escaped);
        break;
      }
      remember_value(found, first, escaped);
      return true;
    });
    if (!valid) return false;
  } else {
    learnable_ = false;
    if (!scan.skip_value()) return false;
  }
  while (scan.take(',')) {
    learnable_ = false;  // the number of rows changes from reply to reply
    if (!scan.skip_value(2)) return false;
  }
  return scan.take(']');
}

}  // namespace meterproof::json
