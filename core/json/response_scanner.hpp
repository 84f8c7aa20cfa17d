// SPDX-License-Identifier: Apache-2.0
// Reads from a response body what a load generator needs: whether it is valid JSON, its result code, and some values of the first row. One
// pass, no tree, and no parse at all for a body of the same shape as an earlier one (see response_template.hpp).
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json/response_template.hpp"

namespace meterproof::json {

struct ScannedResponse {
  bool is_json = false;     // the body is one valid JSON object (RFC 8259) in UTF-8, with nothing behind it
  std::optional<int> code;  // if the code is an integer
  /// By index of the wanted names: a text without its escapes, or a number as it is written; empty if the first row does not have the member.
  /// Valid as long as the body, and until the next scan.
  std::vector<std::optional<std::string_view>> values;
};

/// For one thread.
class ResponseScanner {
 public:
  /// `code`: the name of the result code's member; `rows`: of the array of rows; `wanted`: of members of a row. Names are compared exactly.
  ResponseScanner(std::string code, std::string rows, std::vector<std::string> wanted)
      : code_(std::move(code)), rows_(std::move(rows)), wanted_(std::move(wanted)) {}

  /// The result is valid until the next call.
  const ScannedResponse& scan(std::string_view body);

 private:
  class Scanner;
  /// The role of a value: not negative, an index of `wanted_`; otherwise one of these.
  enum Role { code_role = -2, unwanted = -1 };

  bool scan_members(Scanner& scan);
  bool scan_first_row(Scanner& scan);
  /// Adds a value to what the template may learn. `first`: its first character; `escaped`: it contains a backslash.
  void remember_value(const ResponseTemplate::Value& value, char first, bool escaped);
  void store(const ResponseTemplate::Value& value);

  std::string code_, rows_;
  std::vector<std::string> wanted_;
  std::deque<std::string> unescaped_;  // texts without their escapes, which no longer lie in the body
  ResponseTemplate template_;
  std::vector<ResponseTemplate::Value> values_;  // of the body in progress
  bool learnable_ = false;                       // every value that may change is among values_
  unsigned misses_ = 0;                          // bodies of another shape since the template was learned
  unsigned relearn_after_ = 0;                   // how many of them until another one is learned; doubles each time, up to 1,000
  ScannedResponse reply_;
};

}  // namespace meterproof::json
