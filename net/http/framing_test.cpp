// SPDX-License-Identifier: Apache-2.0
// One request in, at the most one reply out; and no byte of a body, or of what is no request, becomes a second request.
#include <gtest/gtest.h>

#include <random>

#include "tests/support/http_framing.hpp"

namespace meterproof::net {
namespace framing_test {

using test::converse;
using test::smuggled;

const std::string post = "POST /a HTTP/1.1\r\nHost: h\r\n", smuggler = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

struct Row {
  std::string name, bytes;
  std::size_t requests;
  int refusal;
};

std::vector<Row> rows() {
  const auto length = [&](const std::string& text) { return post + "Content-Length: " + text + "\r\n\r\n"; };
  const std::string size = std::to_string(smuggler.size());
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  char hex[8];
  std::snprintf(hex, sizeof hex, "%zx", smuggler.size());
  return {
      {"two requests", smuggler + smuggler, 2, 0},
      {"a request as a body", length(size) + smuggler, 1, 0},
      {"a request as a chunk", chunked + hex + "\r\n" + smuggler + "\r\n0\r\n\r\n", 1, 0},
      {"a request behind a chunked body", chunked + "2\r\n{}\r\n0\r\n\r\n" + smuggler, 2, 0},
      {"a request as an extension", chunked + "2;x=\"GET /smuggled HTTP/1.1\"\r\n{}\r\n0\r\n\r\n", 1, 0},
      {"a request as a trailer", chunked + "0\r\nX: GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", 1, 0},
      {"a length in a trailer", chunked + "0\r\nContent-Length: 5\r\n\r\n" + smuggler, 2, 0},
      {"a length that is no number", length("+4") + smuggler, 0, 400},
      {"a length in hex", length("0x4") + smuggler, 0, 400},
      {"two lengths", post + "Content-Length: 0\r\nContent-Length: " + size + "\r\n\r\n" + smuggler, 0, 400},
      {"a length and a coding", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggler, 0, 400},
      {"a coding and a length", post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + smuggler, 0, 400},
      {"an unknown coding", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggler, 0, 400},
      {"two codings", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggler, 0, 400},
      {"a coding before chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + smuggler, 0, 501},
      {"a space behind the name", post + "Transfer-Encoding : chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + smuggler, 0, 400},
      {"a space before the name", post + "X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n" + smuggler, 2, 0},
      {"a chunk with a longer content", chunked + "1\r\n{}\r\n0\r\n\r\n" + smuggler, 0, 400},
      {"a chunk that ends in LF", chunked + "2\r\n{}\n0\r\n\r\n" + smuggler, 0, 400},
      {"a carriage return in a field", post + "X: y\rContent-Length: 4\r\n\r\n" + smuggler, 0, 400},
      {"garbage and a request", "\x01\x02\r\n\r\n" + smuggler, 0, 400},
      {"a request that closes", "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + smuggler, 1, 0},
  };
}

TEST(Framing, NoByteOfABodyBecomesARequest) {
  for (const Row& row : rows()) {
    const auto seen = converse(row.bytes, row.bytes.size(), {});
    EXPECT_EQ(seen.requests.size(), row.requests) << row.name;
    EXPECT_EQ(seen.refusal, row.refusal) << row.name;
    EXPECT_EQ(smuggled(row.bytes, {}), "") << row.name;
  }
}

// The same for bytes that nobody thought of. A fixed seed: a failure repeats.
TEST(Framing, NoByteOfADamagedBodyBecomesARequest) {
  const auto whole = rows();
  const std::string pieces[] = {"\r",
                                "\n",
                                "\r\n",
                                " ",
                                "\t",
                                ":",
                                ";",
                                ",",
                                "0",
                                "1",
                                "2",
                                "a",
                                "\x01",
                                "\x80",
                                "chunked",
                                "Transfer-Encoding: chunked\r\n",
                                "Content-Length: 2\r\n",
                                "Host: h\r\n",
                                "\r\n\r\n",
                                std::string(1, '\0')};
  std::mt19937 random(20261127);
  const auto below = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
  constexpr HttpLimits limits{512, 256};
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = whole[below(whole.size())].bytes;
    for (std::size_t times = 1 + below(3); times > 0; --times) {
      const std::size_t at = below(bytes.size() + 1);
      if (below(3) == 0) bytes.erase(at, 1 + below(4));
      else bytes.insert(at, pieces[below(std::size(pieces))]);
    }
    ASSERT_EQ(smuggled(bytes, limits), "") << i << ": " << bytes;
  }
}

}  // namespace framing_test
}  // namespace meterproof::net
