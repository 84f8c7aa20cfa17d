#include "core/redact/redactor.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/text/text.hpp"

namespace meterproof::redact {

/// A byte of a text whose encoding was taken off, and where it stood.
struct Redactor::MappedByte {
  char byte;
  std::size_t begin, end;
};

namespace {

constexpr std::size_t md5_digits = 32;
constexpr std::size_t shortest_word = 8;
constexpr std::size_t shortest_secret = 4, short_secret = 7;
constexpr int most_layers = 3;
constexpr const char* token_gone = "[token]";
constexpr const char* secret_gone = "[secret]";

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hexadecimal(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_base64(char c) { return is_alphanumeric(c) || c == '+' || c == '/' || c == '-' || c == '_'; }

std::optional<unsigned> number_in(std::string_view digits, int base) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// An encoded ASCII character at the beginning of `text`: what it stands for, and how long it is.
std::optional<std::pair<char, std::size_t>> encoded(std::string_view text) {
  const auto ascii = [](std::optional<unsigned> code, std::size_t length) -> std::optional<std::pair<char, std::size_t>> {
    constexpr unsigned beyond = 0x80;
    if (!code || *code >= beyond) return std::nullopt;
    return std::pair(static_cast<char>(*code), length);
  };
  if (text.size() > 2 && text[0] == '%') return ascii(number_in(text.substr(1, 2), 16), 3);
  if (text.size() > 1 && text[0] == '\\') {
    if (text[1] == 'u' && text.size() > 5) return ascii(number_in(text.substr(2, 4), 16), 6);
    if (text[1] == 'x' && text.size() > 3) return ascii(number_in(text.substr(2, 2), 16), 4);
    if (text[1] == 'n' || text[1] == 'r' || text[1] == 't') return std::pair('\n', 2);
    return std::pair(text[1], 2);
  }
  if (text.starts_with("&#")) {
    constexpr std::size_t longest = 10;
    const std::size_t end = text.substr(0, longest).find(';');
    if (end == std::string_view::npos) return std::nullopt;
    const bool hexadecimal = text[2] == 'x' || text[2] == 'X';
    return ascii(number_in(text.substr(hexadecimal ? 3 : 2, end - (hexadecimal ? 3 : 2)), hexadecimal ? 16 : 10), end + 1);
  }
  return std::nullopt;
}

/// The bytes of letters, or of a part of them.
template <class MappedBytes>
std::string decode_bytes(const MappedBytes& letters, std::size_t begin = 0, std::size_t end = std::string::npos) {
  std::string out;
  for (std::size_t i = begin; i < std::min(end, letters.size()); ++i) out += letters[i].byte;
  return out;
}

/// Without one layer of escapes; false where there is none.
template <class MappedBytes>
bool take_off_escapes(MappedBytes& letters) {
  const std::string text = decode_bytes(letters);
  if (text.find_first_of("%\\&") == std::string::npos) return false;
  MappedBytes out;
  bool any = false;
  for (std::size_t i = 0; i < letters.size();) {
    const auto one = encoded(std::string_view(text).substr(i));
    const std::size_t length = one ? one->second : 1;
    out.push_back({one ? one->first : text[i], letters[i].begin, letters[i + length - 1].end});
    any = any || one;
    i += length;
  }
  letters = std::move(out);
  return any;
}

/// Letters and digits alone, in small letters.
template <class MappedBytes>
MappedBytes bare_of(const MappedBytes& letters) {
  MappedBytes out;
  for (const auto& one : letters)
    if (is_alphanumeric(one.byte)) out.push_back({core::to_lower(one.byte), one.begin, one.end});
  return out;
}

std::string bare_text(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (is_alphanumeric(c)) out += core::to_lower(c);
  return out;
}

/// What Base64 digits of either alphabet (RFC 4648, sections 4 and 5) stand for; those that make no whole group are left out.
std::string bytes_in_base64(std::string digits) {
  for (char& c : digits) c = c == '-' ? '+' : c == '_' ? '/' : c;
  constexpr std::size_t group = 4;
  const std::size_t rest = digits.size() % group;
  if (rest == 1) digits.pop_back();
  else if (rest > 1) digits.append(group - rest, 'A');
  return auth::base64_decode(digits).value_or("");
}

std::string bytes_in_hexadecimal(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i + 2 <= digits.size(); i += 2) out += static_cast<char>(*number_in(digits.substr(i, 2), 16));
  return out;
}

}  // namespace

Redactor::Redactor(const std::vector<auth::App>& apps) {
  const auto know = [this](const std::string& secret) {
    if (secret.size() <= short_secret) return;
    secrets_.push_back(secret);
    if (std::string bare = bare_text(secret); bare.size() > short_secret) bare_secrets_.push_back(std::move(bare));
  };
  for (const auth::App& app : apps) {
    if (app.secret.size() < shortest_secret) continue;
    if (app.secret.size() <= short_secret) short_secrets_.push_back(app.secret);
    know(app.secret);
    know(app.id + app.secret);
  }
}

void Redactor::add_token(std::string_view token) {
  if (token.size() == md5_digits && std::all_of(token.begin(), token.end(), is_hexadecimal)) tokens_.insert(core::to_lower(token));
  else add_word(token);
}

void Redactor::add_word(std::string_view word) {
  if (word.size() < shortest_word) return;
  words_.emplace(word);
  words_.insert(auth::base64(word));
}

void Redactor::redact(std::string& text) const {
  Spans spans = found(text, most_layers);
  if (spans.empty()) return;
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
  std::string out;
  std::size_t done = 0;
  for (const Span& span : spans) {
    if (span.begin >= done) {
      out.append(text, done, span.begin - done);
      out += span.by;
    }
    done = std::max(done, span.end);
  }
  text = out.append(text, done);
}

Redactor::Spans Redactor::found(std::string_view text, int layers) const {
  MappedBytes plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) plain.push_back({text[i], i, i + 1});
  Spans out;
  find_words(text, out);
  for (int escapes = most_layers; escapes >= 0; --escapes) {
    const MappedBytes bare = bare_of(plain);
    find_secrets(plain, bare, out);
    find_tokens(bare, out);
    if (layers > 0) {
      find_base64(plain, layers, out);
      find_hexadecimal(bare, layers, out);
    }
    if (!take_off_escapes(plain)) break;
  }
  return out;
}

void Redactor::find_secrets(const MappedBytes& plain, const MappedBytes& bare, Spans& out) const {
  const auto find = [&](const std::vector<std::string>& all, const MappedBytes& letters, bool as_words) {
    const std::string text = decode_bytes(letters);
    const auto in_word = [&](std::size_t at) { return at < text.size() && is_alphanumeric(text[at]); };
    for (const std::string& secret : all)
      for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + secret.size()))
        if (!as_words || (!in_word(at - 1) && !in_word(at + secret.size())))
          out.push_back({letters[at].begin, letters[at + secret.size() - 1].end, secret_gone});
  };
  find(secrets_, plain, false);
  find(short_secrets_, plain, true);
  find(bare_secrets_, bare, false);
}

void Redactor::find_tokens(const MappedBytes& bare, Spans& out) const {
  const std::string text = decode_bytes(bare);
  std::size_t digits = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    digits = is_hexadecimal(text[at]) ? digits + 1 : 0;
    if (digits < md5_digits || tokens_.count(text.substr(at + 1 - md5_digits, md5_digits)) == 0) continue;
    out.push_back({bare[at + 1 - md5_digits].begin, bare[at].end, token_gone});
    digits = 0;
  }
}

/// Words that are known, each where it stands alone.
void Redactor::find_words(std::string_view text, Spans& out) const {
  const auto in_word = [](char c) { return is_alphanumeric(c) || c == '+' || c == '/' || c == '='; };
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::size_t end = at;
    while (end < text.size() && in_word(text[end])) ++end;
    if (end - at >= shortest_word && words_.count(std::string(text.substr(at, end - at))) > 0) out.push_back({at, end, token_gone});
    at = end;
  }
}

void Redactor::find_base64(const MappedBytes& plain, int layers, Spans& out) const {
  constexpr std::size_t shortest = 6;  // digits of the shortest secret
  for (std::size_t at = 0; at < plain.size(); ++at) {
    std::size_t end = at;
    std::string digits;
    // Encoders break their lines.
    for (; end < plain.size() && (is_base64(plain[end].byte) || (!digits.empty() && (plain[end].byte == '\r' || plain[end].byte == '\n'))); ++end)
      if (is_base64(plain[end].byte)) digits += plain[end].byte;
    while (end > at && end < plain.size() && plain[end].byte == '=') ++end;
    for (std::size_t skipped = 0; skipped < 4 && digits.size() >= shortest + skipped; ++skipped) {
      const Spans inside = found(bytes_in_base64(digits.substr(skipped)), layers - 1);
      if (inside.empty()) continue;
      out.push_back({plain[at].begin, plain[end - 1].end, inside.front().by});
      break;
    }
    at = end;
  }
}

void Redactor::find_hexadecimal(const MappedBytes& bare, int layers, Spans& out) const {
  constexpr std::size_t shortest = 2 * shortest_secret;
  for (std::size_t at = 0; at < bare.size(); ++at) {
    std::size_t end = at;
    while (end < bare.size() && is_hexadecimal(bare[end].byte)) ++end;
    for (std::size_t skipped = 0; skipped < 2 && end - at >= shortest + skipped; ++skipped) {
      const Spans inside = found(bytes_in_hexadecimal(decode_bytes(bare, at + skipped, end)), layers - 1);
      if (inside.empty()) continue;
      out.push_back({bare[at].begin, bare[end - 1].end, inside.front().by});
      break;
    }
    at = end;
  }
}

}  // namespace meterproof::redact
