// SPDX-License-Identifier: Apache-2.0
// The fast path for responses: remembers the constant text between the values of the last response shape. A body with the same constants at
// the same places is valid JSON, and its values are found, without a parse.
//
// Fast path. WHY: all successful responses of an interface have the same constants. GAIN: 2,800 of 24,400 user-space instructions of a report,
// about 5 % of the generator's CPU (2026-11-27, `bench/instructions`, match returning false). REFERENCE: ResponseScanner's own scanner. TEST:
// ResponseScanner.AgreesWithAScannerThatHasLearnedNothing (100,000 bodies). DELETE WHEN: the gain is below 1 %.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/text/prefix16.hpp"

namespace meterproof::json {

/// For one server and one interface: its responses differ in their values only.
class ResponseTemplate {
 public:
  /// A text without its quotes, which contains no backslash, or a number. `role` is the caller's; match() returns what learn() was given.
  struct Value {
    std::string_view text;
    bool quoted = false;
    int role = 0;
  };

  /// Learns a shape. `body` must be valid JSON; `values` are those that may change, in their order, and point into it.
  void learn(std::string_view body, const std::vector<Value>& values);
  /// Returns true if the body has the learned shape: it is then valid JSON, and `out` has its values, texts where texts were and numbers where
  /// numbers were. They point into `body`. Otherwise returns false and leaves `out` unspecified.
  bool match(std::string_view body, std::vector<Value>& out) const;

 private:
  struct Gap {
    core::Prefix16 before;  // the constant text in front of the value
    bool quoted = false;
    int role = 0;
  };
  std::vector<Gap> gaps_;
  core::Prefix16 end_{""};  // the constant text behind the last value
};

}  // namespace meterproof::json
