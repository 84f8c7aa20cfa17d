#include "spec/model/text.hpp"

#include <cctype>

namespace meterproof::spec {

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) {
    if (&word != &words.front()) out += between;
    out += word;
  }
  return out;
}

std::string plain_media_type(std::string_view header) {
  std::string out;
  for (const char c : header)
    if (c != ' ' && c != '\t' && c != '"') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace meterproof::spec
