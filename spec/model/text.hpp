// A wording in the paper's language and in English; and lists of words as one text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meterproof::spec {

struct Text {
  std::string zh;
  std::string en;
};

std::string joined(const std::vector<std::string>& words, std::string_view between = ", ");

/// A media type as it can be compared: small letters, no blanks and no quotes (RFC 9110, section 8.3.1).
std::string plain_media_type(std::string_view header);

}  // namespace meterproof::spec
