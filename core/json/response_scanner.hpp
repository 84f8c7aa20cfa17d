// SPDX-License-Identifier: Apache-2.0
// Reads from a regular response body what a load generator needs: its result code, and some values of the first row. One pass, no tree, and no parse at
// all for a body of the same shape as an earlier one (see response_template.hpp).
//
// Fast path. WHY: nearly all replies are regular, and need no tree. GAIN: of a reply with three rows 680 ns against 2,350, with a learned shape 110 against
// 1,130 (2026-11-27, -O2). REFERENCE: read_reply in reply_reading.hpp, which reads whatever is not regular. TEST: OneReading.*, fuzz/reply_scan. DELETE
// WHEN: the gain is below 1 % of the generator's CPU.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json/response_template.hpp"
#include "core/model/interface.hpp"

namespace meterproof::json {

struct ScannedResponse {
  bool is_json = false;     // the body is one valid JSON object (RFC 8259) in UTF-8, with nothing behind it
  std::optional<int> code;  // if the code is an integer
  /// read_reply finds the same code, no problem and nothing irregular (of the status it knows nothing). Only then the rest is meant to be used.
  bool regular = false;
  /// By index of the wanted names: a text without its escapes, or a number as it is written; empty if the first row does not have the member.
  /// Valid as long as the body, and until the next scan.
  std::vector<std::optional<std::string_view>> values;
};

/// For one thread.
class ResponseScanner {
 public:
  /// `wanted`: names of members of a row. Names are compared exactly.
  ResponseScanner(core::Envelope envelope, std::vector<std::string> wanted) : envelope_(std::move(envelope)), wanted_(std::move(wanted)) {}

  const std::vector<std::string>& wanted() const { return wanted_; }

  /// The result is valid until the next call.
  const ScannedResponse& scan(std::string_view body);

 private:
  class Scanner;
  /// The role of a value: not negative, an index of `wanted_`; otherwise one of these.
  enum Role { code_role = -2, unwanted = -1 };

  bool scan_members(Scanner& scan);
  bool scan_member(Scanner& scan, std::string_view name);
  bool scan_first_row(Scanner& scan);
  /// Adds a value to what the template may learn. `first`: its first character; `escaped`: it contains a backslash.
  void remember_value(const ResponseTemplate::Value& value, char first, bool escaped);
  void store(const ResponseTemplate::Value& value);

  core::Envelope envelope_;
  std::vector<std::string> wanted_;
  std::deque<std::string> unescaped_;    // texts without their escapes, which no longer lie in the body
  std::vector<std::string_view> names_;  // of the members of the objects that are open, as they are written
  ResponseTemplate template_;
  std::vector<ResponseTemplate::Value> values_;  // of the body in progress
  bool learnable_ = false;                       // every value that may change is among values_
  bool has_message_ = false;
  unsigned misses_ = 0;         // bodies of another shape since the template was learned
  unsigned relearn_after_ = 0;  // how many of them until another one is learned; doubles each time, up to 1,000
  ScannedResponse reply_;
};

}  // namespace meterproof::json
