// Takes secrets and tokens out of what a target says, also where it says them in another spelling.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/auth/signer.hpp"

namespace meterproof::redact {

/// It recognizes a secret or token in any case, with separators, percent-encoded (RFC 3986), JSON-escaped (RFC 8259), as HTML character
/// references, in hexadecimal digits and in Base64, also of more than it, and in each of these within another.
class Redactor {
 public:
  /// Of four to seven letters, a secret is only known as a word of its own and right behind its appId: 1234 stands in many a number. What is
  /// shorter stands everywhere, and is not known.
  explicit Redactor(const std::vector<auth::App>& apps);

  /// From now on this is a token: of 32 hexadecimal digits in any case. Others are only known as words.
  void add_token(std::string_view token);
  /// From now on this value, as it stands, is as secret as a token.
  void add_word(std::string_view word);

  /// What is found becomes [secret] or [token].
  void redact(std::string& text) const;

 private:
  struct Span {
    std::size_t begin, end;
    const char* by;
  };
  using Spans = std::vector<Span>;
  struct MappedByte;
  using MappedBytes = std::vector<MappedByte>;

  /// `layers`: how many encodings may still be taken off.
  Spans found(std::string_view text, int layers) const;
  void find_secrets(const MappedBytes& plain, const MappedBytes& bare, Spans& out) const;
  void find_tokens(const MappedBytes& bare, Spans& out) const;
  void find_words(std::string_view text, Spans& out) const;
  void find_base64(const MappedBytes& plain, int layers, Spans& out) const;
  void find_hexadecimal(const MappedBytes& bare, int layers, Spans& out) const;

  std::vector<std::string> secrets_, short_secrets_;
  std::vector<std::string> bare_secrets_;  // letters and digits alone, in small letters
  std::unordered_set<std::string> tokens_;
  std::unordered_set<std::string> words_;
};

}  // namespace meterproof::redact
