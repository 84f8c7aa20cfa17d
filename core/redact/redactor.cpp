// SPDX-License-Identifier: Apache-2.0
#include "core/redact/redactor.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <optional>
#include <utility>

#include "core/auth/base64.hpp"
#include "core/text/text.hpp"

namespace meterproof::redact {

/// A text as it came, or with escapes decoded.
struct Redactor::Text {
  std::string bytes;
  std::vector<std::uint32_t> begins;  // of each byte, where it begins in the original text; empty while nothing was decoded, and in nested texts
  std::size_t original = 0;           // bytes

  std::size_t begin_of(std::size_t at) const { return begins.empty() ? at : begins[at]; }
  /// The decoded byte covers the whole escape, so that redacting it removes the escape.
  std::size_t end_of(std::size_t at) const { return begins.empty() ? at + 1 : at + 1 < begins.size() ? begins[at + 1] : original; }
};

/// Where something was found; of a nested text only what.
struct Redactor::Found {
  std::vector<Span>* spans = nullptr;  // null: the first one is enough
  const char* first = nullptr;

  /// Whether to look for more.
  bool add(const Text& text, std::size_t begin, std::size_t end, const char* replacement) {
    if (first == nullptr) first = replacement;
    if (spans != nullptr) spans->push_back({text.begin_of(begin), text.end_of(end - 1), replacement});
    return spans != nullptr;
  }
  bool is_enough() const { return first != nullptr && spans == nullptr; }
};

namespace {

constexpr std::size_t md5_digits = 32;
constexpr std::size_t min_word = 8;
constexpr std::size_t min_secret = 4, max_short_secret = 7;
constexpr int max_layers = 3;
constexpr std::string_view ellipsis = "…";
constexpr const char* token_replacement = "[token]";
constexpr const char* secret_replacement = "[secret]";

constexpr unsigned no_digit = 255;

/// What a byte is, by its value: every byte of megabytes is asked several times.
struct Classes {
  using Set = std::array<bool, 256>;
  Set alphanumeric{}, begins_escape{}, hexadecimal_digit{};
  Set base64_in_lines{};  // digits, and ends of lines
  Set of_words{};         // of tokens in Base64
  std::array<char, 256> lower{};
  std::array<std::uint8_t, 256> hexadecimal{}, base64{};  // the digit's value, or no_digit; Base64 of either alphabet (RFC 4648, sections 4 and 5)
};
constexpr Classes classes = [] {
  Classes out;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
    out.alphanumeric[byte] = upper || lower || digit;
    out.begins_escape[byte] = c == '%' || c == '\\' || c == '&';
    out.lower[byte] = upper ? static_cast<char>(c - 'A' + 'a') : c;
    const unsigned letter = upper ? byte - 'A' : lower ? byte - 'a' : no_digit;
    out.hexadecimal[byte] = static_cast<std::uint8_t>(digit ? byte - '0' : letter < 6 ? letter + 10 : no_digit);
    out.base64[byte] = static_cast<std::uint8_t>(upper                  ? letter
                                                 : lower                ? letter + 26
                                                 : digit                ? byte - '0' + 52
                                                 : c == '+' || c == '-' ? 62
                                                 : c == '/' || c == '_' ? 63
                                                                        : no_digit);
    out.hexadecimal_digit[byte] = out.hexadecimal[byte] != no_digit;
    out.base64_in_lines[byte] = out.base64[byte] != no_digit || c == '\r' || c == '\n';
    out.of_words[byte] = out.alphanumeric[byte] || c == '+' || c == '/' || c == '=';
  }
  return out;
}();

std::size_t value_of(char c) { return static_cast<unsigned char>(c); }
bool is_alphanumeric(char c) { return classes.alphanumeric[value_of(c)]; }
bool is_hexadecimal(char c) { return classes.hexadecimal_digit[value_of(c)]; }
bool is_base64(char c) { return classes.base64[value_of(c)] != no_digit; }
unsigned hexadecimal_value(char c) { return classes.hexadecimal[value_of(c)]; }
unsigned base64_value(char c) { return classes.base64[value_of(c)]; }

/// Where the next run of at least so many bytes of a set begins, behind one that has ended at `at`; the text's end where there is none. Looks at the last byte
/// of a possible run first: most of them are ruled out by it, and all bytes before it need not be looked at.
std::size_t next_run(std::string_view text, const Classes::Set& set, std::size_t least, std::size_t at) {
  while (at + least <= text.size()) {
    std::size_t last = at + least;
    while (last > at && set[value_of(text[last - 1])]) --last;
    if (last == at) return at;
    at = last;
  }
  return text.size();
}

std::size_t end_of_run(std::string_view text, const Classes::Set& set, std::size_t at) {
  while (at < text.size() && set[value_of(text[at])]) ++at;
  return at;
}

std::optional<unsigned> parse_number(std::string_view digits, int base) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// If `text` begins with an encoded ASCII character: the character, and the length of its encoding in bytes.
std::optional<std::pair<char, std::size_t>> decode_character(std::string_view text) {
  const auto ascii = [](std::optional<unsigned> code, std::size_t length) -> std::optional<std::pair<char, std::size_t>> {
    constexpr unsigned beyond = 0x80;
    if (!code || *code >= beyond) return std::nullopt;
    return std::pair(static_cast<char>(*code), length);
  };
  if (text.size() > 2 && text[0] == '%') return ascii(parse_number(text.substr(1, 2), 16), 3);
  if (text.size() > 1 && text[0] == '\\') {
    if (text[1] == 'u' && text.size() > 5) return ascii(parse_number(text.substr(2, 4), 16), 6);
    if (text[1] == 'x' && text.size() > 3) return ascii(parse_number(text.substr(2, 2), 16), 4);
    if (text[1] == 'n' || text[1] == 'r' || text[1] == 't') return std::pair('\n', 2);
    return std::pair(text[1], 2);
  }
  if (text.starts_with("&#")) {
    constexpr std::size_t max_length = 10;
    const std::size_t end = text.substr(0, max_length).find(';');
    if (end == std::string_view::npos) return std::nullopt;
    const bool hexadecimal = text[2] == 'x' || text[2] == 'X';
    return ascii(parse_number(text.substr(hexadecimal ? 3 : 2, end - (hexadecimal ? 3 : 2)), hexadecimal ? 16 : 10), end + 1);
  }
  return std::nullopt;
}

/// Decodes one layer of escapes in place. Returns false if there was none. `begins`: as Redactor::Text has it; null where nobody asks for places.
bool decode_escapes(std::string& bytes, std::vector<std::uint32_t>* begins) {
  std::size_t at = 0;
  while (at < bytes.size() && !classes.begins_escape[value_of(bytes[at])]) ++at;
  if (at == bytes.size()) return false;
  if (begins != nullptr && begins->empty()) {
    begins->resize(bytes.size());
    std::iota(begins->begin(), begins->end(), 0U);
  }
  bool any = false;
  std::size_t out = at;
  while (at < bytes.size()) {
    std::size_t length = 1;
    char byte = bytes[at];
    if (classes.begins_escape[value_of(byte)]) {
      if (const auto one = decode_character(std::string_view(bytes).substr(at))) {
        byte = one->first;
        length = one->second;
        any = true;
      }
    }
    if (begins != nullptr) (*begins)[out] = (*begins)[at];
    bytes[out++] = byte;
    at += length;
  }
  bytes.resize(out);
  if (begins != nullptr) begins->resize(out);
  return any;
}

/// Letters and digits only, in lower case: what remains if case and separators do not matter.
std::string normalized(std::string_view text) {
  std::string out(text.size(), ' ');
  std::size_t size = 0;
  for (const char c : text) {  // without a branch: half of them would be foreseen wrongly
    out[size] = classes.lower[value_of(c)];
    size += static_cast<std::size_t>(classes.alphanumeric[value_of(c)]);
  }
  out.resize(size);
  return out;
}

/// The places in a text of what remained of it.
class Places {
 public:
  explicit Places(std::string_view text) : text_(text) {}

  /// Where the letter or digit of that number stands. Numbers must not become smaller.
  std::size_t of(std::size_t number) {
    for (;; ++at_)
      if (is_alphanumeric(text_[at_]) && number_++ == number) {
        --number_;
        return at_;
      }
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0, number_ = 0;
};

/// Decodes Base64 digits. An incomplete group at the end is padded or dropped.
std::string decode_base64_digits(std::string_view digits) {
  std::string out;
  out.reserve(digits.size() / 4 * 3 + 3);
  const auto value = [&](std::size_t at) { return at < digits.size() ? base64_value(digits[at]) : 0U; };
  for (std::size_t i = 0; i + 1 < digits.size(); i += 4) {
    const unsigned group = value(i) << 18U | value(i + 1) << 12U | value(i + 2) << 6U | value(i + 3);
    for (const unsigned shift : {16U, 8U, 0U}) out += static_cast<char>(group >> shift & 0xFFU);
  }
  return out;
}

std::string decode_hexadecimal(std::string_view digits) {
  std::string out;
  out.reserve(digits.size() / 2);
  for (std::size_t i = 0; i + 2 <= digits.size(); i += 2) out += static_cast<char>(hexadecimal_value(digits[i]) << 4U | hexadecimal_value(digits[i + 1]));
  return out;
}

/// An MD5 as a number of 128 bits.
std::array<std::uint64_t, 2> appended(std::array<std::uint64_t, 2> token, unsigned digit) { return {token[0] << 4U | token[1] >> 60U, token[1] << 4U | digit}; }

}  // namespace

Redactor::Redactor(const std::vector<auth::App>& apps) {
  // A secret is searched for as it is and in its normalized form.
  const auto add = [this](const std::string& secret) {
    secrets_.add(secret);
    bare_secrets_.add(normalized(secret));
  };
  for (const auth::App& app : apps) {
    if (app.secret.size() < min_secret) continue;
    if (app.secret.size() <= max_short_secret) short_secrets_.add(app.secret);
    add(app.secret);
    // Servers print what they hash: appId and secret together.
    add(app.id + app.secret);
    if (app.secret.size() <= max_short_secret) continue;
    sorted_secrets_.push_back(app.secret);
    begins_secret_[value_of(app.secret.front())] = true;
    longest_secret_ = std::max(longest_secret_, app.secret.size());
  }
  std::sort(sorted_secrets_.begin(), sorted_secrets_.end());
}

void Redactor::add_token(std::string_view token) {
  if (token.size() != md5_digits || !std::all_of(token.begin(), token.end(), is_hexadecimal)) return add_word(token);
  std::array<std::uint64_t, 2> value{};
  for (const char digit : token) value = appended(value, hexadecimal_value(digit));
  tokens_.insert(value);
}

void Redactor::add_word(std::string_view word) {
  if (word.size() < min_word) return;
  words_.emplace(word);
  std::string encoded = auth::base64(word);
  longest_word_ = std::max(longest_word_, encoded.size());
  words_.insert(std::move(encoded));
}

void Redactor::redact(std::string& text) const { redact_beginning(text, text.size()); }

void Redactor::redact_beginning(std::string& text, std::size_t kept) const {
  constexpr std::size_t behind = 4096;  // a secret in Base64 of Base64 is shorter
  kept = std::min(kept, text.size());
  Text copy{text.substr(0, std::min(text.size() - kept, behind) + kept), {}, 0};
  copy.original = copy.bytes.size();
  std::vector<Span> spans;
  Found found{&spans};
  find(copy, max_layers, found);
  if (spans.empty()) return text.resize(kept);
  // Spans may overlap, if one secret was found in several encodings: the first one wins.
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
  std::string out;
  std::size_t done = 0;
  for (const Span& span : spans) {
    if (span.begin >= kept) break;
    if (span.begin >= done) {
      out.append(text, done, span.begin - done);
      out += span.replacement;
    }
    done = std::max(done, span.end);
  }
  if (done < kept) out.append(text, done, kept - done);
  text = std::move(out);
}

/// Searches the text as it is, then with one layer of escapes decoded after the other.
void Redactor::find(Text& text, int layers, Found& found) const {
  find_words(text, found);
  for (;; --layers) {
    find_secrets(text, found);
    if (!found.is_enough()) find_cut_secrets(text, found);
    if (!found.is_enough()) find_bare(text, layers, found);
    if (layers > 0 && !found.is_enough()) find_base64(text, layers, found);
    if (layers == 0 || found.is_enough() || !decode_escapes(text.bytes, found.spans != nullptr ? &text.begins : nullptr)) return;
  }
}

/// What is in a decoded text; null where it is nothing.
const char* Redactor::find_nested(std::string&& decoded, int layers) const {
  Text text{std::move(decoded), {}, 0};
  Found found;
  find(text, layers, found);
  return found.first;
}

/// How many bytes the shortest of what is searched for has.
std::size_t Redactor::least_bytes() const { return short_secrets_.empty() ? min_word : min_secret; }

void Redactor::find_secrets(const Text& text, Found& found) const {
  secrets_.find(text.bytes, [&](std::size_t at, std::size_t size) { return found.add(text, at, at + size, secret_replacement); });
  short_secrets_.find(text.bytes, [&](std::size_t at, std::size_t size) {
    const char before = at > 0 ? text.bytes[at - 1] : ' ', after = at + size < text.bytes.size() ? text.bytes[at + size] : ' ';
    if (is_alphanumeric(before) || is_alphanumeric(after) || (before == '[' && after == ']')) return true;  // in brackets: our own mark, or as good as it
    return found.add(text, at, at + size, secret_replacement);
  });
}

/// Where the text ends in half a secret or more, its length; otherwise 0.
std::size_t Redactor::cut_secret_before(std::string_view text) const {
  for (std::size_t size = std::min(longest_secret_, text.size()); size >= min_secret; --size) {
    const std::string_view end = text.substr(text.size() - size);
    if (!begins_secret_[value_of(end.front())]) continue;
    const auto secret = std::lower_bound(sorted_secrets_.begin(), sorted_secrets_.end(), end);
    if (secret != sorted_secrets_.end() && secret->starts_with(end) && 2 * size >= secret->size()) return size;
  }
  return 0;
}

/// Excerpts end in an ellipsis, with a quotation mark before it where they stand in some.
void Redactor::find_cut_secrets(const Text& text, Found& found) const {
  if (sorted_secrets_.empty()) return;
  const std::string_view bytes = text.bytes;
  for (std::size_t at = bytes.find(ellipsis); at != std::string_view::npos; at = bytes.find(ellipsis, at + ellipsis.size())) {
    const std::size_t end = at > 0 && bytes[at - 1] == '"' ? at - 1 : at;
    const std::size_t size = cut_secret_before(bytes.substr(0, end));
    if (size > 0 && !found.add(text, end - size, end, secret_replacement)) return;
  }
}

/// What is found whatever the case and the separators.
void Redactor::find_bare(const Text& text, int layers, Found& found) const {
  const std::string bare = normalized(text.bytes);
  Places begins(text.bytes);
  bare_secrets_.find(bare, [&](std::size_t at, std::size_t size) {
    const std::size_t begin = begins.of(at);
    Places ends = begins;
    return found.add(text, begin, ends.of(at + size - 1) + 1, secret_replacement);
  });
  if (!found.is_enough()) find_tokens(text, bare, found);
  if (layers > 0 && !found.is_enough()) find_hexadecimal(text, bare, layers, found);
}

void Redactor::find_tokens(const Text& text, const std::string& bare, Found& found) const {
  if (tokens_.empty()) return;
  Places places(text.bytes);
  for (std::size_t at = 0, end = 0; (at = next_run(bare, classes.hexadecimal_digit, md5_digits, end)) < bare.size();) {
    end = end_of_run(bare, classes.hexadecimal_digit, at);
    std::array<std::uint64_t, 2> window{};  // the last 32 hexadecimal digits
    for (std::size_t digits = 0; at < end; ++at) {
      window = appended(window, hexadecimal_value(bare[at]));
      if (++digits < md5_digits || tokens_.count(window) == 0) continue;
      const std::size_t begin = places.of(at + 1 - md5_digits);
      if (!found.add(text, begin, places.of(at) + 1, token_replacement)) return;
      digits = 0;
    }
  }
}

/// Finds added words that are surrounded by other characters.
void Redactor::find_words(const Text& text, Found& found) const {
  if (words_.empty()) return;
  const std::string_view bytes = text.bytes;
  for (std::size_t at = 0, end = 0; (at = next_run(bytes, classes.of_words, min_word, end)) < bytes.size();) {
    end = end_of_run(bytes, classes.of_words, at);
    const bool is_one = end - at <= longest_word_ && words_.find(bytes.substr(at, end - at)) != words_.end();
    if (is_one && !found.add(text, at, end, token_replacement)) return;
  }
}

void Redactor::find_base64(const Text& text, int layers, Found& found) const {
  const std::string_view bytes = text.bytes;
  const std::size_t least_digits = (least_bytes() * 4 + 2) / 3;
  std::string digits;
  // Encoders break lines (RFC 2045, section 6.8), so line ends between digits are skipped.
  for (std::size_t at = 0, end = 0; (at = next_run(bytes, classes.base64_in_lines, least_digits, end)) < bytes.size();) {
    while (at < bytes.size() && !is_base64(bytes[at]) && classes.base64_in_lines[value_of(bytes[at])]) ++at;
    end = end_of_run(bytes, classes.base64_in_lines, at);
    digits.clear();
    std::copy_if(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin() + static_cast<std::ptrdiff_t>(end), std::back_inserter(digits), is_base64);
    while (end > at && end < bytes.size() && bytes[end] == '=') ++end;  // another encoding may follow the padding at once
    const bool is_cut = bytes.substr(end).starts_with(ellipsis) || bytes.substr(end).starts_with("\"…");
    // The encoding may begin in the middle of what looks like its digits: try all four alignments.
    for (std::size_t skipped = 0; skipped < 4 && digits.size() >= least_digits + skipped; ++skipped) {
      std::string decoded = decode_base64_digits(std::string_view(digits).substr(skipped));
      if (is_cut) decoded.replace((digits.size() - skipped) * 3 / 4, std::string::npos, ellipsis);  // behind the last whole byte
      const char* inside = find_nested(std::move(decoded), layers - 1);
      if (inside == nullptr) continue;
      if (!found.add(text, at, end, inside)) return;
      break;
    }
  }
}

void Redactor::find_hexadecimal(const Text& text, const std::string& bare, int layers, Found& found) const {
  const std::size_t least_digits = 2 * least_bytes();
  Places places(text.bytes);
  for (std::size_t at = 0, end = 0; (at = next_run(bare, classes.hexadecimal_digit, least_digits, end)) < bare.size();) {
    end = end_of_run(bare, classes.hexadecimal_digit, at);
    // As above: two alignments.
    for (std::size_t skipped = 0; skipped < 2 && end - at >= least_digits + skipped; ++skipped) {
      const char* inside = find_nested(decode_hexadecimal(std::string_view(bare).substr(at + skipped, end - at - skipped)), layers - 1);
      if (inside == nullptr) continue;
      const std::size_t begin = places.of(at);
      if (!found.add(text, begin, places.of(end - 1) + 1, inside)) return;
      break;
    }
  }
}

}  // namespace meterproof::redact
