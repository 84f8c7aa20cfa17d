#include "spec/wire/reply_scan.hpp"

#include <charconv>

namespace meterproof::wire {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool take(char wanted) {
    blanks();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  bool at_end() {
    blanks();
    return at_ == text_.size();
  }
  char peek() {
    blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  std::optional<std::string_view> string() {
    if (!take('"')) return std::nullopt;
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2U : 1U;
    if (at_ >= text_.size()) return std::nullopt;
    return text_.substr(begin, at_++ - begin);
  }
  /// Any value: a string without its quotes, a scalar as it stands, a container passed over.
  std::optional<std::string_view> value() {
    const char first = peek();
    if (first == '"') return string();
    const std::size_t begin = at_;
    if (first == '{' || first == '[') {
      if (!pass_over()) return std::nullopt;
    } else {
      while (at_ < text_.size() && std::string_view(",}] \t\r\n").find(text_[at_]) == std::string_view::npos) ++at_;
    }
    if (at_ == begin) return std::nullopt;
    return text_.substr(begin, at_ - begin);
  }

 private:
  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) ++at_;
  }
  bool pass_over() {
    int depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        if (!string()) return false;
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return true;
    }
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

const ScannedReply& ReplyScanner::scan(std::string_view body) {
  reply_.is_json = false;
  reply_.code.reset();
  reply_.values.assign(wanted_.size(), std::nullopt);
  Scanner scan(body);
  if (!scan.take('{')) return reply_;
  // One object's members; `visit` returns false where the value could not be read.
  const auto members = [&scan](auto visit) {
    if (scan.take('}')) return true;
    do {
      const auto name = scan.string();
      if (!name || !scan.take(':') || !visit(*name)) return false;
    } while (scan.take(','));
    return scan.take('}');
  };
  const auto first_row = [&] {
    if (wanted_.empty() || scan.peek() != '[') return scan.value().has_value();
    scan.take('[');
    if (scan.take(']')) return true;
    if (scan.peek() == '{') {
      scan.take('{');
      const bool whole = members([&](std::string_view name) {
        const auto value = scan.value();
        for (std::size_t i = 0; i < wanted_.size(); ++i)
          if (name == wanted_[i]) reply_.values[i] = value;
        return value.has_value();
      });
      if (!whole) return false;
    } else if (!scan.value()) {
      return false;
    }
    while (scan.take(','))
      if (!scan.value()) return false;
    return scan.take(']');
  };
  const bool whole = members([&](std::string_view name) {
    if (name == rows_) return first_row();
    const auto value = scan.value();
    if (!value) return false;
    if (name == code_) {
      int number = 0;
      const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
      if (error == std::errc{} && end == value->data() + value->size()) reply_.code = number;
    }
    return true;
  });
  reply_.is_json = whole && scan.at_end() && reply_.code.has_value();
  return reply_;
}

}  // namespace meterproof::wire
