// SPDX-License-Identifier: Apache-2.0
// Removes secrets and tokens from what a target sends, also if it sends them in another encoding.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/redact/pattern_set.hpp"

namespace meterproof::redact {

/// Recognizes a secret or token in upper or lower case, with separators between its characters, percent-encoded (RFC 3986), JSON-escaped (RFC
/// 8259), as HTML character references, in hexadecimal, in Base64 together with other text, and in up to three of these encodings nested.
///
/// Where a text was cut before it came here, and ends in "…", half a secret is recognized too: as it is, escaped, or in Base64.
///
/// The time is linear in the text, whatever stands in it: some 0.1 s for a megabyte of Base64. It takes about ten bytes of memory for each of its bytes.
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
  /// The same for a text of which only the first bytes are kept: a secret that the cut would divide is gone as well. Only so much behind the cut is looked
  /// at that the cost does not depend on the rest.
  void redact_beginning(std::string& text, std::size_t kept) const;

 private:
  struct Span {
    std::size_t begin, end;
    const char* replacement;
  };
  struct Text;
  struct Found;
  struct TokenHash {
    std::size_t operator()(const std::array<std::uint64_t, 2>& token) const { return token[1]; }  // an MD5 is evenly distributed
  };
  struct WordHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view word) const { return std::hash<std::string_view>()(word); }
  };

  /// `layers`: how many nested encodings may still be decoded.
  void find(Text& text, int layers, Found& found) const;
  const char* find_nested(std::string&& text, int layers) const;
  void find_secrets(const Text& text, Found& found) const;
  void find_cut_secrets(const Text& text, Found& found) const;
  std::size_t cut_secret_before(std::string_view text) const;
  void find_bare(const Text& text, int layers, Found& found) const;
  void find_tokens(const Text& text, const std::string& bare, Found& found) const;
  void find_words(const Text& text, Found& found) const;
  void find_base64(const Text& text, int layers, Found& found) const;
  void find_hexadecimal(const Text& text, const std::string& bare, int layers, Found& found) const;
  std::size_t least_bytes() const;

  PatternSet<8> secrets_, bare_secrets_;  // bare: letters and digits only, in lower case
  PatternSet<4> short_secrets_;
  std::vector<std::string> sorted_secrets_;  // those of at least eight bytes
  std::array<bool, 256> begins_secret_{};    // by their first bytes
  std::size_t longest_secret_ = 0;
  std::unordered_set<std::array<std::uint64_t, 2>, TokenHash> tokens_;
  std::unordered_set<std::string, WordHash, std::equal_to<>> words_;
  std::size_t longest_word_ = 0;
};

}  // namespace meterproof::redact
