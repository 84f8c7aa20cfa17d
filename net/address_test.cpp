// SPDX-License-Identifier: Apache-2.0
#include "net/address.hpp"

#include <gtest/gtest.h>

namespace meterproof::net {
namespace address_test {

TEST(Address, ParsesAddresses) {
  const struct {
    const char* url;
    const char* text;
  } table[] = {{"http://127.0.0.1:8080", "http://127.0.0.1:8080"}, {"http://host", "http://host:80"},    {"http://host:1/", "http://host:1"},
               {"http://host:1/a/b/", "http://host:1/a/b"},        {"http://[::1]:9", "http://[::1]:9"}, {"https://host", "https://host:443"},
               {"https://host:8443/a", "https://host:8443/a"}};
  i18n::Message why;
  for (const auto& row : table) {
    const auto address = parse_address(row.url, why);
    ASSERT_TRUE(address) << row.url << render(why, i18n::Language::en);
    EXPECT_EQ(address->to_string(), row.text);
  }
}

TEST(Address, RejectsOtherTextWithAReason) {
  for (const char* url : {"", "host:80", "ftp://host", "https://", "https://:443", "http://", "http://:80", "http://host:0", "http://host:99999",
                          "http://host:x", "http://a b", "http://u@h", "http://h/?q", "http://[::1", "http://[::1]x:80", "http://::1]"}) {
    i18n::Message why;
    EXPECT_FALSE(parse_address(url, why)) << url;
    EXPECT_FALSE(why.empty()) << url;
  }
}

TEST(Address, TellsWhatOnlyThisMachineCanReach) {
  for (const char* const host : {"127.0.0.1", "127.255.0.9", "localhost", "::1"}) EXPECT_TRUE(is_loopback(host)) << host;
  for (const char* const host : {"0.0.0.0", "::", "128.0.0.1", "10.0.0.127", "fe80::1", "::ffff:0:0", "localhost.example", ""})
    EXPECT_FALSE(is_loopback(host)) << host;
}

}  // namespace address_test
}  // namespace meterproof::net
