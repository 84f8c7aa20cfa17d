// SPDX-License-Identifier: Apache-2.0
// The catalogues of messages. That ids, their order and placeholders agree, and that each msg<"…"> has an entry, is an error of the build.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <span>

#include "core/i18n/catalog.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace catalog_test {

/// All sources, tests aside.
const std::string& sources() {
  static const std::string all = [] {
    std::string out;
    for (const char* folder :
         {"core", "net", "reports", "mutation", "mockserver", "conformance", "client_conformance", "caller", "loadgen", "attestation", "history", "cli"})
      for (const auto& entry : std::filesystem::recursive_directory_iterator(std::string(METERPROOF_SOURCE) + "/" + folder)) {
        const std::string name = entry.path().filename();
        if ((name.ends_with(".cpp") || name.ends_with(".hpp")) && !name.ends_with("_test.cpp")) out += test::read_file(entry.path());
      }
    return out;
  }();
  return all;
}

TEST(Catalog, EveryMessageIsUsed) {
  for (const i18n::CatalogEntry& entry : i18n::english) {
    // Labels: the rest of their id is that of the record.
    const bool is_label = entry.id.starts_with("calibration.") || entry.id.starts_with("kind.");
    const std::string_view key =
        is_label && sources().find('"' + std::string(entry.id) + '"') == std::string::npos ? entry.id.substr(entry.id.find('.') + 1) : entry.id;
    EXPECT_NE(sources().find('"' + std::string(key) + '"'), std::string::npos) << entry.id << " is used nowhere";
  }
}

TEST(Catalog, EveryTextIsTranslated) {
  constexpr std::size_t longest = 12;  // an ASCII text beyond that was copied, not translated
  for (const i18n::CatalogEntry& entry : i18n::chinese) {
    EXPECT_FALSE(entry.text.empty()) << entry.id;
    std::string own;  // without placeholders, which may be long
    for (std::size_t at = 0; at < entry.text.size(); ++at) {
      if (entry.text[at] == '{') at = entry.text.find('}', at);
      else own += entry.text[at];
    }
    const bool ascii = std::all_of(own.begin(), own.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80U; });
    EXPECT_FALSE(ascii && own.size() > longest) << entry.id << ": " << entry.text;
  }
}

}  // namespace catalog_test
}  // namespace meterproof
