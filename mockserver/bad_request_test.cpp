// SPDX-License-Identifier: Apache-2.0
#include "mockserver/bad_request.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

namespace meterproof::mockserver {
namespace {

// The reasons are English texts in net/http; a new one must not reach a reader in one language only.
TEST(BadRequest, EveryReasonOfTheParserIsToldInChinese) {
  std::size_t seen = 0;
  for (const char* file : {"message_head.cpp", "beast_parser.cpp", "http_parser.cpp", "chunked_body.cpp"}) {
    std::stringstream source;
    source << std::ifstream(std::string(METERPROOF_SOURCE) + "/net/http/" + file).rdbuf();
    const std::string text = source.str();
    const std::regex reasons(R"re(\b(?:bad|fail)\((?:HttpState::bad, )?(?:kind_ == Kind::request \? )?"([^"]+)")re");
    for (std::sregex_iterator one(text.begin(), text.end(), reasons), end; one != end; ++one, ++seen)
      EXPECT_NE(in_chinese((*one)[1]), "") << file << ": " << (*one)[1];
  }
  EXPECT_GT(seen, 25U);
  for (const char* limit : {"header > 16 KiB", "body > 1 MiB", "chunk extensions and trailers > 16 KiB"}) EXPECT_NE(in_chinese(limit), "") << limit;
}

TEST(BadRequest, NamesTheProtocolThatCame) {
  net::HttpParser parser(net::HttpParser::Kind::request, {});
  parser.feed(std::string("\x16\x03\x01\x02\x00\x01\x00", 7));
  ASSERT_EQ(parser.state(), net::HttpState::bad);
  const BadRequest bad = explain_bad_request(parser, 400, net::Arrival::Ended::no);
  EXPECT_EQ(bad.kind, "tls");
  EXPECT_NE(bad.why.en.find("TLS"), std::string::npos);
  EXPECT_NE(bad.why.zh.find("TLS"), std::string::npos);
}

TEST(BadRequest, AnUnfinishedRequestIsOneWhetherItIsAnsweredOrNot) {
  net::HttpParser parser(net::HttpParser::Kind::request, {});
  parser.feed("POST / HTT");
  for (const int status : {0, 408}) {
    const BadRequest bad = explain_bad_request(parser, status, net::Arrival::Ended::by_timeout);
    EXPECT_EQ(bad.kind, "incomplete") << status;
    EXPECT_NE(bad.why.en.find("in time"), std::string::npos) << status;
    EXPECT_NE(bad.why.zh.find("时限"), std::string::npos) << status;
  }
}

}  // namespace
}  // namespace meterproof::mockserver
