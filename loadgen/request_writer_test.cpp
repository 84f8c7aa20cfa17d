// SPDX-License-Identifier: Apache-2.0
#include "loadgen/request_writer.hpp"

#include <gtest/gtest.h>

#include "tests/support/in_process.hpp"

namespace meterproof::loadgen {
namespace request_writer_test {

TEST(RequestHead, SaysWhoItIsAndWantsPlainBodies) {
  const core::Spec& spec = test::specification();
  for (const core::Interface& interface : spec.interfaces) {
    const std::string head = request_head(spec, {"h", 80, ""}, interface);
    EXPECT_NE(head.find("\r\nUser-Agent: meterproof/"), std::string::npos) << head;
    EXPECT_NE(head.find("\r\nAccept-Encoding: identity\r\n"), std::string::npos) << head;
  }
}

}  // namespace request_writer_test
}  // namespace meterproof::loadgen
