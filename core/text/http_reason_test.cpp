// SPDX-License-Identifier: Apache-2.0
#include "core/text/http_reason.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

namespace meterproof::core {
namespace http_reason_test {

// The reasons are English texts in net/http; a new one must not reach a reader in one language only.
TEST(HttpReason, EveryReasonOfTheParserIsToldInChinese) {
  std::size_t seen = 0;
  for (const char* file : {"message_head.cpp", "beast_parser.cpp", "http_parser.cpp", "chunked_body.cpp"}) {
    std::stringstream source;
    source << std::ifstream(std::string(METERPROOF_SOURCE) + "/net/http/" + file).rdbuf();
    const std::string text = source.str();
    const std::regex reasons(R"re(\b(?:bad|fail)\((?:HttpState::bad, )?(?:kind_ == Kind::request \? )?"([^"]+)")re");
    for (std::sregex_iterator one(text.begin(), text.end(), reasons), end; one != end; ++one, ++seen)
      EXPECT_NE(http_reason_in_chinese((*one)[1].str()), "") << file << ": " << (*one)[1];
  }
  EXPECT_GT(seen, 25U);
  for (const char* limit : {"header > 16 KiB", "body > 1 MiB", "chunk extensions and trailers > 16 KiB", "all heads at once > 20 KiB"})
    EXPECT_NE(http_reason_in_chinese(limit), "") << limit;
}

}  // namespace http_reason_test
}  // namespace meterproof::core
