// SPDX-License-Identifier: Apache-2.0
// Removes secrets and tokens from what a target sends, also if it sends them in another encoding.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/auth/signer.hpp"

namespace meterproof::redact {

/// Recognizes a secret or token in upper or lower case, with separators between its characters, percent-encoded (RFC 3986), JSON-escaped (RFC
/// 8259), as HTML character references, in hexadecimal, in Base64 together with other text, and in up to three of these encodings nested.
class Redactor {
 public:
  /// A secret of four to seven characters is only recognized as a separate word and directly behind its appId: 1234 is part of many numbers. A
  /// shorter one is not recognized at all.
  explicit Redactor(const std::vector<auth::App>& apps);

  /// Adds a token. One of 32 hexadecimal digits is recognized in every encoding, any other only as a word (see add_word).
  void add_token(std::string_view token);
  /// Adds a value that is recognized only as it is, and as its Base64, between other characters than letters, digits, +, / and =. At least eight
  /// bytes; shorter ones are ignored.
  void add_word(std::string_view word);

  /// Replaces what is found by [secret] or [token]. Thread-safe as long as nothing is added.
  void redact(std::string& text) const;

 private:
  struct Span {
    std::size_t begin, end;
    const char* replacement;
  };
  using Spans = std::vector<Span>;
  struct MappedByte;
  using MappedBytes = std::vector<MappedByte>;

  /// `layers`: how many nested encodings may still be decoded.
  Spans find(std::string_view text, int layers) const;
  void find_secrets(const MappedBytes& plain, const MappedBytes& bare, Spans& out) const;
  void find_tokens(const MappedBytes& bare, Spans& out) const;
  void find_words(std::string_view text, Spans& out) const;
  void find_base64(const MappedBytes& plain, int layers, Spans& out) const;
  void find_hexadecimal(const MappedBytes& bare, int layers, Spans& out) const;

  std::vector<std::string> secrets_, short_secrets_;
  std::vector<std::string> bare_secrets_;  // letters and digits only, in lower case
  std::unordered_set<std::string> tokens_;
  std::unordered_set<std::string> words_;
};

}  // namespace meterproof::redact
