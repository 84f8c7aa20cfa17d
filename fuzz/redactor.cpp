// SPDX-License-Identifier: Apache-2.0
// Redactor: a secret and a token put into any text, in one of the spellings that the redactor promises to know, are gone afterwards.
#include <algorithm>
#include <string>

#include "core/auth/base64.hpp"
#include "core/redact/redactor.hpp"
#include "fuzz/check.hpp"

namespace {

using namespace meterproof;

const std::string secret = "kQ7vXw2ZpLr9";
const std::string token = "5f4dcc3b5aa765d61d8327deb882cf99";

std::string in_hexadecimal(const std::string& text, const char* before) {
  constexpr const char* digits = "0123456789abcdef";
  std::string out;
  for (const char c : text) out.append(before) += {digits[static_cast<unsigned char>(c) / 16U], digits[static_cast<unsigned char>(c) % 16U]};
  return out;
}

std::string in_capitals(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return text;
}

std::string spelled(const std::string& text, unsigned way) {
  switch (way % 8) {
    case 1: return auth::base64(text);
    case 2: return in_hexadecimal(text, "%");
    case 3: return in_hexadecimal(text, "\\u00");
    case 4: return in_capitals(text);
    case 5: return in_hexadecimal(text, "");
    case 6: return auth::base64("GET /?x=" + text + "&y=1");
    case 7: return text.substr(0, 4) + "-" + text.substr(4);
    default: return text;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const redact::Redactor redactor = [] {
    redact::Redactor out({{"demo", secret}});
    out.add_token(token);
    return out;
  }();
  if (size < 2) return 0;
  const std::string_view text = fuzz::text_of(data + 2, size - 2);
  std::string any(text);
  redactor.redact(any);
  fuzz::require(any.find(secret) == std::string::npos && any.find(token) == std::string::npos, "nothing secret stays as it is");

  // Between blanks, because letters that go before Base64 are part of it, and an escape may take the first letter of what follows.
  const std::size_t at = data[0] % (text.size() + 1);
  const std::string hidden = spelled((data[1] & 0x80U) != 0 ? token : secret, data[1]);
  std::string with(text.substr(0, at));
  with.append("  ").append(hidden).append("  ").append(text.substr(at));
  redactor.redact(with);
  fuzz::require(with.find(hidden) == std::string::npos, "nothing secret stays in a spelling that is known");
  return 0;
}
