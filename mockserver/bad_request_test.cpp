// SPDX-License-Identifier: Apache-2.0
#include "mockserver/bad_request.hpp"

#include <gtest/gtest.h>

namespace meterproof::mockserver {
namespace bad_request_test {

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

}  // namespace bad_request_test
}  // namespace meterproof::mockserver
