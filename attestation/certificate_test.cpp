// SPDX-License-Identifier: Apache-2.0
#include "attestation/certificate.hpp"

#include <gtest/gtest.h>

#include "tests/support/in_process.hpp"

namespace meterproof::attestation {
namespace certificate_test {

/// All that is wrong with a file, line by line.
std::string findings_of(const std::string& text) {
  static const Key key = Key::generated();
  std::string out;
  for (const i18n::Message& finding : verify(text, key, test::specification(), {}, core::DateTime{1'800'000'000}).findings)
    out += render(finding, i18n::Language::en) + "\n" + render(finding, i18n::Language::zh) + "\n";
  return out;
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

// The words of the JSON library ("[json.exception.parse_error.101]") are none for the reader of a certificate.
TEST(Certificate, SaysInItsOwnWordsWhyItCannotBeRead) {
  for (const char* version : {"2", "3"}) {
    const std::string begin = "{\n \"schema\": \"meterproof/certificate/" + std::string(version) + "\"",
                      rest = ",\n \"key\": \"k\",\n \"signature\": \"s\"\n}\n";
    std::string many;
    for (int i = 0; i < 2'001; ++i) many += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
    const struct {
      const char* what;
      std::string text, says;
    } table[] = {
        {"nothing", "", "file: it cannot be read: it is empty"},
        {"cut short", begin, "file: it cannot be read: "},
        {"a comma too many", begin + ",\n}", "before the closing bracket, at line 2, column"},
        {"a number that is none", begin + ",\n \"statement\": {\"a\": NaN}" + rest, "at line 3, column 21"},
        {"a number beyond all", begin + ",\n \"statement\": {\"a\": 1e999}" + rest,
         "file: it cannot be read: 1e999 is too large a number, at line 3, column 21"},
        {"bytes that are no UTF-8", begin + ",\n \"statement\": {\"a\": \"\xff\"}" + rest, "at line 3, column 22"},
        {"no statement", begin + rest, "statement: it is missing"},
        {"no key", begin + ",\n \"statement\": {}\n}\n", "key: it is missing"},
        {"no signature", begin + ",\n \"statement\": {},\n \"key\": \"k\"\n}\n", "signature: it is missing"},
        {"a statement that is a list", begin + ",\n \"statement\": []" + rest, "\"statement\" has a value of the wrong type"},
        {"a key that is a number", begin + ",\n \"statement\": {},\n \"key\": 1,\n \"signature\": \"s\"\n}\n", "\"key\" has a value of the wrong type"},
        {"an empty statement", begin + ",\n \"statement\": {}" + rest, "file: it cannot be read: a part is missing, or of the wrong type"},
        {"a schema that is a number", "{\"schema\": 1}", "file: it cannot be read: a part is missing, or of the wrong type"},
        {"a list", "[1, 2]", "file: it is not a certificate"},
        {"UTF-16", std::string("\xFF\xFE{\0\"\0}\0", 8), "file: it cannot be read: it is in UTF-16LE"},
        {"nested", begin + ",\n \"statement\": {\"a\": " + repeated("[", 70) + repeated("]", 70) + "}" + rest, "file: it is nested too deeply"},
        {"nested without an end", begin + ",\n \"statement\": " + repeated("{\"a\":", 100'000), "file: it is nested too deeply"},
        {"too many members", begin + ",\n \"statement\": {" + many + "}" + rest, "more than 2000 members"},
    };
    for (const auto& row : table) {
      const std::string found = findings_of(row.text);
      EXPECT_NE(found.find(row.says), std::string::npos) << version << ", " << row.what << ": " << found;
      for (const char* foreign : {"exception", "[json", "nlohmann", "parse error"})
        EXPECT_EQ(found.find(foreign), std::string::npos) << row.what << ": " << found;
    }
  }
}

}  // namespace certificate_test
}  // namespace meterproof::attestation
