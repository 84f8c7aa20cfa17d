// SPDX-License-Identifier: Apache-2.0
#include "core/redact/redactor.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/auth/base64.hpp"
#include "core/text/text.hpp"

namespace meterproof::redact {

/// A byte of a decoded text, and the range of the original text that it was decoded from.
struct Redactor::MappedByte {
  char byte;
  std::size_t begin, end;
};

namespace {

constexpr std::size_t md5_digits = 32;
constexpr std::size_t min_word = 8;
constexpr std::size_t min_secret = 4, max_short_secret = 7;
constexpr int max_layers = 3;
constexpr const char* token_replacement = "[token]";
constexpr const char* secret_replacement = "[secret]";

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hexadecimal(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_base64(char c) { return is_alphanumeric(c) || c == '+' || c == '/' || c == '-' || c == '_'; }

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

/// The bytes of [begin, end) without their ranges.
template <class MappedBytes>
std::string to_text(const MappedBytes& bytes, std::size_t begin = 0, std::size_t end = std::string::npos) {
  std::string out;
  for (std::size_t i = begin; i < std::min(end, bytes.size()); ++i) out += bytes[i].byte;
  return out;
}

/// Decodes one layer of escapes in place. Returns false if there was none.
template <class MappedBytes>
bool decode_escapes(MappedBytes& bytes) {
  const std::string text = to_text(bytes);
  if (text.find_first_of("%\\&") == std::string::npos) return false;
  MappedBytes out;
  bool any = false;
  for (std::size_t i = 0; i < bytes.size();) {
    // The decoded byte covers the whole escape, so that redacting it removes the escape.
    const auto one = decode_character(std::string_view(text).substr(i));
    const std::size_t length = one ? one->second : 1;
    out.push_back({one ? one->first : text[i], bytes[i].begin, bytes[i + length - 1].end});
    any = any || one;
    i += length;
  }
  bytes = std::move(out);
  return any;
}

/// Letters and digits only, in lower case: what remains if case and separators do not matter.
template <class MappedBytes>
MappedBytes normalized(const MappedBytes& bytes) {
  MappedBytes out;
  for (const auto& one : bytes)
    if (is_alphanumeric(one.byte)) out.push_back({core::to_lower(one.byte), one.begin, one.end});
  return out;
}

std::string normalized_text(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (is_alphanumeric(c)) out += core::to_lower(c);
  return out;
}

/// Decodes Base64 digits of either alphabet (RFC 4648, sections 4 and 5). An incomplete group at the end is padded or dropped.
std::string decode_base64_digits(std::string digits) {
  for (char& c : digits) c = c == '-' ? '+' : c == '_' ? '/' : c;
  constexpr std::size_t group = 4;
  const std::size_t rest = digits.size() % group;
  if (rest == 1) digits.pop_back();
  else if (rest > 1) digits.append(group - rest, 'A');
  return auth::base64_decode(digits).value_or("");
}

std::string decode_hexadecimal(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i + 2 <= digits.size(); i += 2) out += static_cast<char>(*parse_number(digits.substr(i, 2), 16));
  return out;
}

}  // namespace

Redactor::Redactor(const std::vector<auth::App>& apps) {
  // A secret is searched for as it is and in its normalized form.
  const auto add = [this](const std::string& secret) {
    if (secret.size() <= max_short_secret) return;
    secrets_.push_back(secret);
    if (std::string bare = normalized_text(secret); bare.size() > max_short_secret) bare_secrets_.push_back(std::move(bare));
  };
  for (const auth::App& app : apps) {
    if (app.secret.size() < min_secret) continue;
    if (app.secret.size() <= max_short_secret) short_secrets_.push_back(app.secret);
    add(app.secret);
    // Servers print what they hash: appId and secret together.
    add(app.id + app.secret);
  }
}

void Redactor::add_token(std::string_view token) {
  if (token.size() == md5_digits && std::all_of(token.begin(), token.end(), is_hexadecimal)) tokens_.insert(core::to_lower(token));
  else add_word(token);
}

void Redactor::add_word(std::string_view word) {
  if (word.size() < min_word) return;
  words_.emplace(word);
  words_.insert(auth::base64(word));
}

void Redactor::redact(std::string& text) const {
  Spans spans = find(text, max_layers);
  if (spans.empty()) return;
  // Spans may overlap, if one secret was found in several encodings: the first one wins.
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
  std::string out;
  std::size_t done = 0;
  for (const Span& span : spans) {
    if (span.begin >= done) {
      out.append(text, done, span.begin - done);
      out += span.replacement;
    }
    done = std::max(done, span.end);
  }
  text = out.append(text, done);
}

Redactor::Spans Redactor::find(std::string_view text, int layers) const {
  MappedBytes plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) plain.push_back({text[i], i, i + 1});
  Spans out;
  find_words(text, out);
  // Search the text as it is, then with one layer of escapes decoded after the other.
  for (int escapes = max_layers; escapes >= 0; --escapes) {
    const MappedBytes bare = normalized(plain);
    find_secrets(plain, bare, out);
    find_tokens(bare, out);
    if (layers > 0) {
      find_base64(plain, layers, out);
      find_hexadecimal(bare, layers, out);
    }
    if (!decode_escapes(plain)) break;
  }
  return out;
}

void Redactor::find_secrets(const MappedBytes& plain, const MappedBytes& bare, Spans& out) const {
  const auto find = [&](const std::vector<std::string>& all, const MappedBytes& bytes, bool as_words) {
    const std::string text = to_text(bytes);
    const auto is_word_character = [&](std::size_t at) { return at < text.size() && is_alphanumeric(text[at]); };
    for (const std::string& secret : all)
      for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + secret.size()))
        if (!as_words || (!is_word_character(at - 1) && !is_word_character(at + secret.size())))
          out.push_back({bytes[at].begin, bytes[at + secret.size() - 1].end, secret_replacement});
  };
  find(secrets_, plain, false);
  find(short_secrets_, plain, true);
  find(bare_secrets_, bare, false);
}

void Redactor::find_tokens(const MappedBytes& bare, Spans& out) const {
  const std::string text = to_text(bare);
  std::size_t digits = 0;
  // A sliding window of 32 hexadecimal digits over the normalized text.
  for (std::size_t at = 0; at < text.size(); ++at) {
    digits = is_hexadecimal(text[at]) ? digits + 1 : 0;
    if (digits < md5_digits || tokens_.count(text.substr(at + 1 - md5_digits, md5_digits)) == 0) continue;
    out.push_back({bare[at + 1 - md5_digits].begin, bare[at].end, token_replacement});
    digits = 0;
  }
}

/// Finds added words that are surrounded by other characters.
void Redactor::find_words(std::string_view text, Spans& out) const {
  const auto is_word_character = [](char c) { return is_alphanumeric(c) || c == '+' || c == '/' || c == '='; };
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::size_t end = at;
    while (end < text.size() && is_word_character(text[end])) ++end;
    if (end - at >= min_word && words_.count(std::string(text.substr(at, end - at))) > 0) out.push_back({at, end, token_replacement});
    at = end;
  }
}

void Redactor::find_base64(const MappedBytes& plain, int layers, Spans& out) const {
  constexpr std::size_t min_digits = 6;                                               // Base64 digits of the shortest secret
  for (std::size_t at = 0, end = 0; at < plain.size(); at = std::max(end, at + 1)) {  // another encoding may follow the padding at once
    end = at;
    std::string digits;
    // Encoders break lines (RFC 2045, section 6.8), so line ends between digits are skipped.
    for (; end < plain.size() && (is_base64(plain[end].byte) || (!digits.empty() && (plain[end].byte == '\r' || plain[end].byte == '\n'))); ++end)
      if (is_base64(plain[end].byte)) digits += plain[end].byte;
    while (end > at && end < plain.size() && plain[end].byte == '=') ++end;
    // The encoding may begin in the middle of what looks like its digits: try all four alignments.
    for (std::size_t skipped = 0; skipped < 4 && digits.size() >= min_digits + skipped; ++skipped) {
      const Spans inside = find(decode_base64_digits(digits.substr(skipped)), layers - 1);
      if (inside.empty()) continue;
      out.push_back({plain[at].begin, plain[end - 1].end, inside.front().replacement});
      break;
    }
  }
}

void Redactor::find_hexadecimal(const MappedBytes& bare, int layers, Spans& out) const {
  constexpr std::size_t min_digits = 2 * min_secret;
  for (std::size_t at = 0; at < bare.size(); ++at) {
    std::size_t end = at;
    while (end < bare.size() && is_hexadecimal(bare[end].byte)) ++end;
    // As above: two alignments.
    for (std::size_t skipped = 0; skipped < 2 && end - at >= min_digits + skipped; ++skipped) {
      const Spans inside = find(decode_hexadecimal(to_text(bare, at + skipped, end)), layers - 1);
      if (inside.empty()) continue;
      out.push_back({bare[at].begin, bare[end - 1].end, inside.front().replacement});
      break;
    }
    at = end;
  }
}

}  // namespace meterproof::redact
